import { resolve } from 'node:path';
import { existsSync } from 'node:fs';
import { writeOutput } from '../../compiler/index.js';
import { proveImport } from '../../compiler/tools.js';
import { textOption } from '../arguments.js';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { loadConfiguration } from '../support/load-configuration.js';
import { printDiagnostics } from '../support/print-diagnostics.js';

/** `envoy3 import envoy.yaml`: the same configuration in TypeScript. */
export const importCommand: Command = {
  name: 'import',
  summary: 'write an existing configuration as TypeScript',
  usage: 'FILE [-o FILE]',
  description:
    "Writes a bootstrap in YAML or JSON (a file, '-', or the /config_dump of a running proxy by its URL) as a configuration\nmodule: builders where they fit, repeated parts once, names from the resources. The module is compiled before it is\ngiven out, and must give the same configuration to the byte. Comments of the YAML are not kept.",
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: "output (default '-', standard output)",
    },
    force: { type: 'boolean', short: 'f', description: 'overwrite the output' },
  },
  maxPositionals: 1,
  examples: [
    ['envoy3 import envoy.yaml -o envoy3.config.ts', 'from now on in TypeScript'],
    ['envoy3 import http://127.0.0.1:9901', 'what a running proxy has'],
  ],
  async run(args, io) {
    const [from] = args.positionals;
    if (from === undefined) throw new UsageError('name a configuration: envoy3 import envoy.yaml');
    const output = textOption(args, 'output') ?? '-';
    const path = resolve(io.cwd, output);
    if (output !== '-' && existsSync(path) && args.values.force !== true) {
      throw new UsageError(`'${output}' exists; --force overwrites it`);
    }
    const loaded = await loadConfiguration(from, io);
    if (loaded.kind !== 'bootstrap')
      throw new UsageError(`'${from}' is a route configuration, not a bootstrap`);
    if (loaded.errors.length > 0) {
      await printDiagnostics(loaded.errors, undefined, io);
      return 1;
    }
    const { errors, plain, text } = await proveImport(loaded.value);
    if (text === undefined) {
      await printDiagnostics(errors, undefined, io);
      io.stderr("envoy3: the configuration has errors; mend them first (see 'envoy3 check')\n");
      return 1;
    }
    if (plain) io.stderr("envoy3: builders do not fit this configuration; it is in Envoy's own shape\n");
    if (output === '-') io.stdout(text);
    else {
      writeOutput(path, text);
      io.stderr(`envoy3: ${output} written; it compiles to the same configuration\n`);
    }
    return 0;
  },
};
