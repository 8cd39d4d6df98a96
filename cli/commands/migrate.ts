import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkText, writeOutput } from '../../compiler/index.js';
import { migrateYaml } from '../../compiler/tools.js';
import { textOption } from '../arguments.js';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { hasErrors, printDiagnostics } from '../support/print-diagnostics.js';

/** `envoy3 migrate`: v2 -> v3. */
export const migrate: Command = {
  name: 'migrate',
  summary: 'rewrite a configuration of an older Envoy for v3',
  usage: 'FILE [-o FILE | --write]',
  description:
    "Rewrites what Envoy's v2 API, and the first years of v3, wrote otherwise: hosts, tls_context, config, names and types\nof extensions, protocol options, matchers, durations as objects. Comments stay. Each rewrite is told with its line;\nthen the result is checked as by 'envoy3 check', and the exit code is 1 when errors are left for you.",
  options: {
    output: {
      type: 'string',
      short: 'o',
      value: 'FILE',
      description: "output (default '-', standard output)",
    },
    write: { type: 'boolean', short: 'w', description: 'rewrite FILE itself' },
    format: {
      type: 'string',
      choices: ['text', 'json'],
      description: 'how rewrites are told; json goes to standard output in the place of the YAML',
    },
  },
  maxPositionals: 1,
  examples: [
    ['envoy3 migrate envoy-v2.yaml -o envoy.yaml', 'what was rewritten is on standard error'],
    ['envoy3 migrate --write envoy.yaml', 'in place'],
    ['envoy3 migrate - < old.yaml > new.yaml', 'in a pipe'],
  ],
  async run(args, io) {
    const [from] = args.positionals;
    if (from === undefined) throw new UsageError("name a file, or '-'");
    if (from !== '-' && !existsSync(resolve(io.cwd, from)))
      throw new UsageError(`there is no file '${from}'`);
    if (from === '-' && args.values.write === true)
      throw new UsageError('standard input cannot be rewritten');
    const before = from === '-' ? await io.stdin() : readFileSync(resolve(io.cwd, from), 'utf8');
    const name = from === '-' ? '<stdin>' : from;
    const { errors, rewrites, text } = migrateYaml(before);
    for (const { column, line, message } of errors) io.stderr(`${name}:${line}:${column}: ${message}\n`);
    if (errors.length > 0) return 1;
    const isJson = textOption(args, 'format') === 'json';
    if (isJson) io.stdout(`${JSON.stringify({ version: 1, file: name, rewrites })}\n`);
    else
      for (const { column, line, message } of rewrites) io.stderr(`${name}:${line}:${column}: ${message}\n`);
    const output = args.values.write === true ? from : (textOption(args, 'output') ?? '-');
    if (output !== '-') writeOutput(resolve(io.cwd, output), text);
    else if (!isJson) io.stdout(text);
    const left = checkText(text, { file: output === '-' ? name : output }).filter(
      ({ severity }) => severity === 'error',
    );
    await printDiagnostics(left, undefined, io);
    io.stderr(`envoy3: ${rewrites.length} rewritten, ${left.length} errors left\n`);
    return hasErrors(left) ? 1 : 0;
  },
};
