/**
 * Changes as edits of the text that a person wrote: TypeScript, YAML or JSON. Only what is written out as `key: value` at
 * the place of the finding is touched; everything else is left to the person.
 */
import type { PathStep } from '../../dsl/api/index.js';
import type { SourceLocation } from '../diagnostics/diagnostic.js';
import type { Change, TextEdit } from './change.js';

/** `key: value` on one line; the value is a scalar. */
const member =
  /^(["']?)([\w@.]+)\1(\s*:[ \t]*)("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.|'')*'|[^\s,{}[\]#'"&*!|>`][^,{}[\]#\n]*?)?(?=\s*(?:[,}\]\n]|#|\/\/|$))/;

/** What a program may not have computed: in TypeScript only literals are replaced. */
const literal = /^(?:'.*'|".*"|[-+]?[\d.]+|true|false)$/;

function offsetOf(text: string, line: number, column: number): number {
  let start = 0;
  for (let row = 1; row < line; row++) {
    const end = text.indexOf('\n', start);
    if (end < 0) return text.length;
    start = end + 1;
  }
  return start + column - 1;
}

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/**
 * @param location of the member, key first
 * @param step the last step of the path: the key must be that
 * @returns undefined when the place does not have that form
 */
export function editFor(
  text: string,
  location: SourceLocation,
  step: PathStep | undefined,
  change: Change,
): TextEdit | undefined {
  const from = offsetOf(text, location.line, location.column);
  const match = member.exec(text.slice(from, from + 2000));
  const [, quote = '', key, colon = '', value] = match ?? [];
  if (key === undefined || (key !== step && snake(key) !== step)) return undefined;
  const keyAt = from + quote.length;
  if (change.kind === 'rename') {
    return { file: location.file, start: keyAt, end: keyAt + key.length, text: change.to };
  }
  const isCode = /\.[cm]?[jt]s$/.test(location.file);
  if (value === undefined || (isCode && !literal.test(value))) return undefined;
  const start = keyAt + key.length + quote.length + colon.length;
  // JSON has double quotes only; both are good in YAML and TypeScript.
  const mark = quote === '"' || value.startsWith('"') ? '"' : "'";
  return { file: location.file, start, end: start + value.length, text: `${mark}${change.to}${mark}` };
}

/** The text with the edits made; of two that overlap the first one. @returns also how many were made */
export function applyEdits(
  text: string,
  edits: readonly TextEdit[],
): { readonly text: string; readonly count: number } {
  const sorted = [...edits].sort((a, b) => a.start - b.start || a.end - b.end);
  let out = '';
  let at = 0;
  let count = 0;
  for (const { start, end, text: replacement } of sorted) {
    if (start < at || end > text.length) continue;
    out += text.slice(at, start) + replacement;
    at = end;
    count++;
  }
  return { text: out + text.slice(at), count };
}
