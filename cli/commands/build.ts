import { resolve } from 'node:path';
import { compile } from '../../compiler/compile.js';
import { writeOutput } from '../../compiler/write-output.js';
import { textOption } from '../arguments.js';
import type { Command } from '../command.js';
import { nodeFlags, nodeOptions } from '../support/node-flags.js';
import { formatOption, hasErrors, printDiagnostics } from '../support/print-diagnostics.js';

/** `envoy3 build`: one configuration module -> one YAML file. Nothing is written when there are errors. */
export const build: Command = {
  name: 'build',
  summary: 'compile a configuration into envoy3.yaml',
  usage: '[ENTRY] [-o FILE]',
  description:
    'Type-checks, evaluates, checks and lints ENTRY (default envoy3.config.ts) and writes the bootstrap that its default\nexport is. With errors nothing is written; an output that is equal already is left untouched.',
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: "output (default envoy3.yaml; '-' is standard output)",
    },
    format: formatOption,
    ...nodeFlags,
  },
  maxPositionals: 1,
  examples: [
    ['envoy3 build', 'envoy3.config.ts -> envoy3.yaml'],
    ['envoy3 build edge.ts -o /etc/envoy/envoy.yaml', 'replaces the file in one step'],
    ['envoy3 build -o - | envoy --mode validate -c /dev/stdin', 'asks real Envoy'],
  ],
  async run(args, io) {
    const entry = args.positionals[0] ?? 'envoy3.config.ts';
    const output = textOption(args, 'output') ?? 'envoy3.yaml';
    const { diagnostics, yaml } = await compile({ entry, cwd: io.cwd, ...nodeOptions(args) });
    await printDiagnostics(diagnostics, textOption(args, 'format'), io);
    if (hasErrors(diagnostics) || yaml === undefined) return 1;
    if (output === '-') {
      io.stdout(yaml);
      return 0;
    }
    let written: boolean;
    try {
      written = writeOutput(resolve(io.cwd, output), yaml);
    } catch (error) {
      io.stderr(`envoy3: ${output} could not be written: ${(error as Error).message}\n`);
      return 1;
    }
    io.stderr(`envoy3: ${output} ${written ? 'written' : 'is up to date'}\n`);
    return 0;
  },
};
