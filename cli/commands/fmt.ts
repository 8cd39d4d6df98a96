import { existsSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeOutput } from '../../compiler/index.js';
import { formatYaml } from '../../compiler/tools.js';
import type { Command, Io } from '../command.js';
import { UsageError } from '../command.js';
import { findFiles } from '../support/find-files.js';

function filesOf(path: string, io: Io): string[] {
  const full = resolve(io.cwd, path);
  if (!existsSync(full)) throw new UsageError(`there is no file '${path}'`);
  if (!statSync(full).isDirectory()) return [path];
  return findFiles(full, /\.ya?ml$/).map((name) => join(path, name));
}

/** `envoy3 fmt`. */
export const fmt: Command = {
  name: 'fmt',
  summary: 'format configurations in YAML, comments kept',
  usage: 'PATH... [--check]',
  description:
    "Puts the fields of each message into the order of Envoy's API and indents by two spaces. Comments, quotes and the\ncontent stay as they are. A folder stands for its YAML files; '-' formats standard input to standard output.",
  options: {
    check: {
      type: 'boolean',
      description: 'write nothing; name the files that would change, exit code 1 when there are some',
    },
  },
  maxPositionals: Number.POSITIVE_INFINITY,
  examples: [
    ['envoy3 fmt envoy.yaml', 'rewrites the file in one step'],
    ['envoy3 fmt --check configs/', 'for CI'],
    ['envoy3 fmt - < envoy.yaml', 'to standard output'],
  ],
  async run(args, io) {
    if (args.positionals.length === 0) throw new UsageError('name a file, a folder, or -');
    const files = args.positionals.flatMap((path) => (path === '-' ? ['-'] : filesOf(path, io)));
    let code = 0;
    let changed = 0;
    for (const file of files) {
      const name = file === '-' ? '<stdin>' : file;
      const before = file === '-' ? await io.stdin() : readFileSync(resolve(io.cwd, file), 'utf8');
      const formatted = formatYaml(before);
      if ('errors' in formatted) {
        for (const { column, line, message } of formatted.errors)
          io.stderr(`${name}:${line}:${column}: ${message}\n`);
        code = 1;
        continue;
      }
      if (file === '-' && args.values.check !== true) {
        io.stdout(formatted.text);
        continue;
      }
      if (formatted.text === before) continue;
      changed++;
      if (args.values.check === true) io.stdout(`${name}\n`);
      else {
        writeOutput(resolve(io.cwd, file), formatted.text);
        io.stderr(`envoy3: ${file} formatted\n`);
      }
    }
    return args.values.check === true && changed > 0 ? 1 : code;
  },
};
