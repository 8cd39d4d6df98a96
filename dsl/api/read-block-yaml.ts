/**
 * The plain part of YAML, read line by line: nested blocks of keys and list entries, scalars on one line, literal blocks.
 * It is what this package writes, and most of what people do. Anything else (flow collections with something in them,
 * anchors, tags, folded or continued scalars, comments behind values, keys that stand twice, a second document ...) is not
 * read here at all, and left to the library, which knows all of YAML and takes ten times as long.
 */
import type { Path } from './issue.js';
import type { YamlPosition } from './read-yaml.js';
import { resolvePlainScalar } from './yaml-scalar.js';

export interface BlockYaml {
  readonly value: Readonly<Record<string, unknown>>;
  /** Position of the key (or list entry) at the path, or of its nearest ancestor that is there; either spelling. */
  locate(path: Path): YamlPosition;
}

/** Thrown, and caught below: this text is for the library. */
const notPlain = new Error('not plain YAML');

/** Deeper texts are somebody else's to refuse. */
const maxDepth = 90;

/** Longer keys need a mark of their own. */
const maxKey = 1000;

/** A text without an indicator in front, colons and comment signs; not ending in white space. */
const plain = /^(?:[A-Za-z0-9_/.+]|-(?=[A-Za-z0-9_/.+]))(?:[^:#\x00-\x1f\x7f-\uffff]|:(?=[^\s:]))*$/;
const plainKey = /^[A-Za-z0-9_/.][\w/.@-]*$/;
const quotable = /^[\x20-\x7e\xa0-\u2027\u202a-\ud7ff]*$/;

function quoted(text: string): string {
  // Halves of UTF-16 pairs by their numbers are left to the library.
  if (!quotable.test(text) || /\\u[dD]/.test(text)) throw notPlain;
  if (text.startsWith("'")) {
    const inside = text.slice(1, -1);
    if (text.length < 2 || !text.endsWith("'") || inside.includes("'")) throw notPlain;
    return inside;
  }
  try {
    return JSON.parse(text) as string;
  } catch {
    throw notPlain;
  }
}

function indentOf(line: string): number {
  let at = 0;
  while (line.charCodeAt(at) === 0x20) at++;
  return at;
}

/** Whether a `-` with something or nothing behind it begins there. */
function isEntry(line: string, start: number): boolean {
  return line.charCodeAt(start) === 0x2d && (line.length === start + 1 || line[start + 1] === ' ');
}

/** How an entry begins that is an object. */
const quotedStart = /^(?:"[^"\\]*"|'[^']*'):(?: |$)/;
const plainStart = /^[^:"'{[]*:(?: |$)/;

class BlockReading {
  readonly #lines: readonly string[];
  #at = 0;
  /** What follows the colon of the key that was read last. */
  #rest = '';
  /**
   * Of every key and list entry, in the order of the document: its line, its column, and the number of the next one that
   * is not inside of it. Plain numbers, since there may be millions.
   */
  readonly #line: Int32Array;
  readonly #column: Int32Array;
  readonly #next: Int32Array;
  #count = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
    // A line begins one list entry and one key at most.
    const most = 2 * lines.length;
    this.#line = new Int32Array(most);
    this.#column = new Int32Array(most);
    this.#next = new Int32Array(most);
  }

  document(): Readonly<Record<string, unknown>> {
    if (this.#peek() === '---') this.#at++;
    const first = this.#peek();
    if (first === undefined) throw notPlain;
    const value = this.#object(indentOf(first), 0, first);
    if (this.#peek() !== undefined) throw notPlain;
    return value;
  }

  /** @param value what `document` gave */
  locate(value: unknown, path: Path): YamlPosition {
    let at = { line: (this.#line[0] ?? 0) + 1, column: (this.#column[0] ?? 0) + 1 };
    let [first, end] = [0, this.#count];
    let inside = value;
    for (const step of path) {
      const found = Array.isArray(inside)
        ? this.#entryAt(first, end, Number(step))
        : this.#keyAt(first, end, String(step));
      if (found === undefined) break;
      at = { line: (this.#line[found] ?? 0) + 1, column: (this.#column[found] ?? 0) + 1 };
      inside = Array.isArray(inside) ? inside[Number(step)] : this.#inside(inside, found);
      [first, end] = [found + 1, this.#next[found] ?? end];
    }
    return at;
  }

  #entryAt(first: number, end: number, index: number): number | undefined {
    let number = first;
    for (let left = index; left > 0 && number < end; left--) number = this.#next[number] ?? end;
    return index >= 0 && number < end ? number : undefined;
  }

  #keyAt(first: number, end: number, step: string): number | undefined {
    const camel = step.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
    let other: number | undefined;
    for (let number = first; number < end; number = this.#next[number] ?? end) {
      const name = this.#name(number);
      if (name === step) return number;
      if (name === camel) other = number;
    }
    return other;
  }

  #name(number: number): string {
    return this.#key(this.#lines[this.#line[number] ?? 0] ?? '', this.#column[number] ?? 0);
  }

  #inside(value: unknown, number: number): unknown {
    return (value as Readonly<Record<string, unknown>> | null)?.[this.#name(number)];
  }

  #begin(column: number): number {
    const number = this.#count++;
    this.#line[number] = this.#at;
    this.#column[number] = column;
    return number;
  }

  #end(number: number): void {
    this.#next[number] = this.#count;
  }

  /** The next line that says something, or undefined at the end. Skips blank lines and comments. */
  #peek(): string | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as string;
      const indent = indentOf(line);
      if (indent === line.length) continue;
      if (line.charCodeAt(indent) !== 0x23) return line;
    }
    return undefined;
  }

  /** @param first the line of the first key, which may begin behind the `-` of a list entry */
  #object(indent: number, depth: number, first: string): Record<string, unknown> {
    if (depth > maxDepth) throw notPlain;
    const value: Record<string, unknown> = {};
    let line: string | undefined = first;
    while (line !== undefined) {
      const key = this.#key(line, indent);
      if (key in value || key === '<<' || key === '__proto__') throw notPlain;
      const number = this.#begin(indent);
      value[key] = this.#member(this.#rest, indent, depth);
      this.#end(number);
      line = this.#peek();
      if (line === undefined) break;
      const start = indentOf(line);
      if (start < indent) break;
      if (start > indent) throw notPlain;
      // A list entry on the level of the keys belongs to the list outside.
      if (isEntry(line, start)) break;
    }
    return value;
  }

  #key(line: string, start: number): string {
    const quote = line.charCodeAt(start);
    if (quote === 0x22 || quote === 0x27) {
      const end = line.indexOf(quote === 0x22 ? '":' : "':", start + 1);
      if (end < 0) throw notPlain;
      const text = line.slice(start, end + 1);
      // What may be escaped is for the library.
      if (text.includes('\\') || text.length > maxKey) throw notPlain;
      this.#rest = line.slice(end + 2);
      return quoted(text);
    }
    const end = line.indexOf(':', start);
    if (end < 0 || end - start > maxKey) throw notPlain;
    const key = line.slice(start, end);
    if (!plainKey.test(key)) throw notPlain;
    this.#rest = line.slice(end + 1);
    return key;
  }

  /** What follows the colon of a key whose line is the current one. @param rest of that line, with its space in front */
  #member(rest: string, indent: number, depth: number): unknown {
    if (rest !== '') {
      if (rest.charCodeAt(0) !== 0x20) throw notPlain;
      return this.#scalar(rest.trimStart(), indent);
    }
    this.#at++;
    const next = this.#peek();
    if (next === undefined) return null;
    const inner = indentOf(next);
    if (isEntry(next, inner) && inner >= indent) return this.#list(inner, depth + 1);
    return inner > indent ? this.#object(inner, depth + 1, next) : null;
  }

  #list(indent: number, depth: number): unknown[] {
    if (depth > maxDepth) throw notPlain;
    const value: unknown[] = [];
    for (let line = this.#peek(); line !== undefined; line = this.#peek()) {
      const start = indentOf(line);
      if (start < indent) break;
      if (start > indent) throw notPlain;
      if (line.charCodeAt(start) !== 0x2d) break;
      const number = this.#begin(indent + 2);
      value.push(this.#entry(line, indent, depth));
      this.#end(number);
    }
    return value;
  }

  #entry(line: string, indent: number, depth: number): unknown {
    // An entry whose content begins on another line has its place there.
    if (line.length < indent + 3 || line[indent + 1] !== ' ') throw notPlain;
    const content = line.slice(indent + 2);
    const first = content.charCodeAt(0);
    if (first === 0x20 || first === 0x2d) throw notPlain;
    const isQuote = first === 0x22 || first === 0x27;
    const isKey = (isQuote ? quotedStart : plainStart).test(content);
    return isKey ? this.#object(indent + 2, depth + 1, line) : this.#scalar(content, indent);
  }

  /** A scalar that begins on the current line, which is done with it. @param indent of what holds it */
  #scalar(text: string, indent: number): unknown {
    this.#at++;
    if (text === '|' || text === '|-') return this.#literal(text === '|', indent);
    if (text === '{}') return {};
    if (text === '[]') return [];
    const first = text.charCodeAt(0);
    const value = first === 0x22 || first === 0x27 ? quoted(text) : undefined;
    if (value === undefined && (!plain.test(text) || text.endsWith(' '))) throw notPlain;
    // On a deeper line it would go on.
    const next = this.#peek();
    if (next !== undefined && indentOf(next) > indent) throw notPlain;
    return value ?? resolvePlainScalar(text);
  }

  /** Lines of a literal block. Odd white space at its beginning is for the library. */
  #literal(clip: boolean, indent: number): string {
    const first = this.#lines[this.#at];
    const inner = first === undefined ? 0 : indentOf(first);
    if (first === undefined || inner <= indent || inner === first.length) throw notPlain;
    const out: string[] = [];
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as string;
      const start = indentOf(line);
      if (start === line.length && start > 0) throw notPlain;
      if (line !== '' && start < inner) {
        if (start > indent) throw notPlain;
        break;
      }
      out.push(line.slice(inner));
    }
    while (out.at(-1) === '') out.pop();
    const text = out.join('\n');
    if (/[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff]/.test(text)) throw notPlain;
    return clip ? `${text}\n` : text;
  }
}

/** @returns undefined for a text that is not plain. Never throws */
export function readBlockYaml(text: string): BlockYaml | undefined {
  if (!text.endsWith('\n') || /[\r\t\ufeff]/.test(text)) return undefined;
  const reading = new BlockReading(text.split('\n'));
  try {
    const value = reading.document();
    return { value, locate: (path) => reading.locate(value, path) };
  } catch (error) {
    if (error === notPlain) return undefined;
    throw error;
  }
}
