/**
 * What the compiler wrote, as diagnostics. Loaded only when it wrote something.
 */
import { existsSync, readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { olderField } from '../check/older-names.js';
import type { Diagnostic } from '../diagnostics/diagnostic.js';
import { shortTypeError, unknownProperty } from './type-error-text.js';

/** Length of the word, string or number at a position, for the mark in the code frame. */
function lengthAt(file: string, line: number, column: number): number {
  if (!existsSync(file)) return 1;
  const text =
    readFileSync(file, 'utf8')
      .split('\n')
      [line - 1]?.slice(column - 1) ?? '';
  return /^(?:[\w$]+|'[^'\n]*'|"[^"\n]*"|`[^`\n]*`)/.exec(text)?.[0].length ?? 1;
}

/** TypeScript would have people install Node's types; here Node is not there at all. */
function helpFor(message: string, code: string): string | undefined {
  const unknown = unknownProperty(message);
  if (unknown !== undefined) return olderField(unknown.message, unknown.field);
  // Top-level await, in its two forms.
  if (code === 'TS1378' || code === 'TS1309') return 'export the promise: export default load().then(...)';
  if (/@types\/node/.test(message)) {
    return "a configuration has the language and 'envoy3', nothing of Node: files are read with readFile(), the environment with env()";
  }
  return undefined;
}

/** `a.ts(3,109): error TS2820: text`, with indented lines that go on. */
export function parseCompilerOutput(output: string, cwd: string): Diagnostic[] {
  const diagnostics: { -readonly [K in keyof Diagnostic]: Diagnostic[K] }[] = [];
  for (const line of output.split(/\r?\n/)) {
    const match = /^(?:(.+)\((\d+),(\d+)\): )?(error|warning) (TS\d+): (.*)$/.exec(line);
    const last = diagnostics.at(-1);
    if (match === null) {
      // Of an explanation in many steps the last one says it; those between repeat whole types.
      if (last !== undefined && /^\s+\S/.test(line))
        last.message = `${last.message.split('\n')[0]}\n    ${shortTypeError(line.trim().replace(/\.$/, ''))}`;
      continue;
    }
    const [, file, row, column, severity, code = '', message = ''] = match;
    const path = file === undefined ? undefined : resolve(cwd, file);
    const help = helpFor(message, code);
    diagnostics.push({
      severity: severity as 'error' | 'warning',
      code,
      message: shortTypeError(
        message.replace(/ Do you need to install type definitions for node\?.*$/, '').replace(/\.$/, ''),
      ),
      ...(help === undefined ? {} : { help }),
      ...(path === undefined
        ? {}
        : {
            location: {
              file: relative(cwd, path).replaceAll('\\', '/'),
              line: Number(row),
              column: Number(column),
              length: lengthAt(path, Number(row), Number(column)),
            },
          }),
    });
  }
  return diagnostics;
}
