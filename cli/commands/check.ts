import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Diagnostic } from '../../compiler/index.js';
import { checkText, compile } from '../../compiler/index.js';
import { textOption } from '../arguments.js';
import type { Command, Io } from '../command.js';
import { UsageError } from '../command.js';
import type { NodeOptions } from '../support/node-flags.js';
import { nodeFlags, nodeOptions } from '../support/node-flags.js';
import { formatOption, hasErrors, printDiagnostics } from '../support/print-diagnostics.js';

/** A folder stands for its `envoy3.config.ts`. */
function resolveEntry(path: string, cwd: string): string {
  const full = resolve(cwd, path);
  if (!existsSync(full)) throw new UsageError(`there is no file '${path}'`);
  if (!statSync(full).isDirectory()) return path;
  if (readdirSync(full).includes('envoy3.config.ts')) return join(path, 'envoy3.config.ts');
  throw new UsageError(`the folder '${path}' has no envoy3.config.ts`);
}

/** How a module begins, behind comments. No YAML or JSON does. */
const moduleStart =
  /^(?:import|export|const|let|function|async|type|interface|class|declare)\s+[\w${*'"]|^import['"(]|^'use strict'/;

/** By the name where it tells, else by content: configurations come under any name. */
function isModule(path: string, text: string): boolean {
  if (/\.[cm]?[jt]s$/.test(path)) return true;
  if (/\.(?:ya?ml|json)$/.test(path)) return false;
  const code = text.replace(/^(?:\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\/|#![^\n]*)*/, '');
  if (!moduleStart.test(code)) return false;
  throw new UsageError(`'${path}' looks like a configuration module; give it the ending .ts`);
}

async function checkPath(path: string, node: NodeOptions, io: Io): Promise<readonly Diagnostic[]> {
  if (path === '-') return checkText(await io.stdin(), { file: '<stdin>', ...node });
  const entry = resolveEntry(path, io.cwd);
  const text = readFileSync(resolve(io.cwd, entry), 'utf8');
  if (!isModule(entry, text)) return checkText(text, { file: entry, ...node });
  return (await compile({ entry, cwd: io.cwd, ...node })).diagnostics;
}

/** `envoy3 check`: the verdict. Writes nothing, opens no port, resolves no name. */
export const check: Command = {
  name: 'check',
  summary: 'tell what is wrong with configurations, without writing anything',
  usage: '[PATH...]',
  description:
    "Checks configuration modules, and bootstraps in YAML or JSON, told apart by content; '-' is standard input. Without\nPATH it checks envoy3.config.ts. All findings are printed; the exit code is 1 when one of them is an error.",
  options: {
    quiet: { type: 'boolean', short: 'q', description: 'print errors only' },
    format: formatOption,
    ...nodeFlags,
  },
  maxPositionals: Number.POSITIVE_INFINITY,
  examples: [
    ['envoy3 check', 'envoy3.config.ts'],
    ['envoy3 check /etc/envoy/*.yaml', 'files for real Envoy'],
    ['render.sh | envoy3 check - --format json', 'a template that was just rendered'],
  ],
  async run(args, io) {
    const paths = args.positionals.length === 0 ? ['envoy3.config.ts'] : args.positionals;
    const diagnostics: Diagnostic[] = [];
    for (const path of paths) diagnostics.push(...(await checkPath(path, nodeOptions(args), io)));
    const shown =
      args.values.quiet === true ? diagnostics.filter(({ severity }) => severity === 'error') : diagnostics;
    await printDiagnostics(shown, textOption(args, 'format'), io);
    return hasErrors(diagnostics) ? 1 : 0;
  },
};
