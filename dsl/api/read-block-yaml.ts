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

/** Where the members of an object or a list stand: parallel lists, since there are many of them. */
interface Places {
  /** Of the keys, or of what the entries of a list hold. One-based. */
  readonly column: number;
  /** Zero-based lines. */
  readonly lines: number[];
  readonly children: (Places | undefined)[];
  /** Names of the keys; undefined for a list. */
  readonly names: string[] | undefined;
}

interface Read {
  readonly value: unknown;
  readonly places?: Places;
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

class BlockReading {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(lines: readonly string[]) {
    this.#lines = lines;
  }

  /** The next line that says something, or undefined at the end. Skips blank lines and comments. */
  #line(): string | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as string;
      const indent = indentOf(line);
      if (indent === line.length) continue;
      if (line.charCodeAt(indent) !== 0x23) return line;
    }
    return undefined;
  }

  document(): Read {
    if (this.#line() === '---') this.#at++;
    const first = this.#line();
    if (first === undefined) throw notPlain;
    const read = this.#object(indentOf(first), 0, first);
    if (this.#line() !== undefined) throw notPlain;
    return read;
  }

  /** @param first the line of the first key, which may begin behind the `-` of a list entry */
  #object(indent: number, depth: number, first: string): Read {
    if (depth > maxDepth) throw notPlain;
    const value: Record<string, unknown> = {};
    const places: Places = { column: indent + 1, lines: [], children: [], names: [] };
    let line: string | undefined = first;
    let start = indent;
    while (line !== undefined) {
      const { key, rest } = this.#key(line, start);
      if (key in value || key === '<<' || key === '__proto__') throw notPlain;
      places.lines.push(this.#at);
      places.names?.push(key);
      const read = this.#member(rest, indent, depth);
      value[key] = read.value;
      places.children.push(read.places);
      line = this.#line();
      if (line === undefined) break;
      start = indentOf(line);
      if (start < indent) break;
      if (start > indent) throw notPlain;
      // A list entry on the level of the keys belongs to the list outside.
      if (line.charCodeAt(start) === 0x2d && (line.length === start + 1 || line[start + 1] === ' ')) break;
    }
    return { value, places };
  }

  #key(line: string, start: number): { readonly key: string; readonly rest: string } {
    const quote = line.charCodeAt(start);
    if (quote === 0x22 || quote === 0x27) {
      const end = line.indexOf(quote === 0x22 ? '":' : "':", start + 1);
      if (end < 0) throw notPlain;
      const text = line.slice(start, end + 1);
      // What may be escaped is for the library.
      if (text.includes('\\') || text.length > maxKey) throw notPlain;
      return { key: quoted(text), rest: line.slice(end + 2) };
    }
    const end = line.indexOf(':', start);
    if (end < 0 || end - start > maxKey) throw notPlain;
    const key = line.slice(start, end);
    if (!plainKey.test(key)) throw notPlain;
    return { key, rest: line.slice(end + 1) };
  }

  /** What follows the colon of a key whose line is the current one. @param rest of that line, with its space in front */
  #member(rest: string, indent: number, depth: number): Read {
    if (rest !== '') {
      if (rest.charCodeAt(0) !== 0x20) throw notPlain;
      return this.#scalar(rest.trimStart(), indent);
    }
    this.#at++;
    const next = this.#line();
    if (next === undefined) return { value: null };
    const inner = indentOf(next);
    const isList = next.charCodeAt(inner) === 0x2d && (next.length === inner + 1 || next[inner + 1] === ' ');
    if (isList && inner >= indent) return this.#list(inner, depth + 1);
    return inner > indent ? this.#object(inner, depth + 1, next) : { value: null };
  }

  #list(indent: number, depth: number): Read {
    if (depth > maxDepth) throw notPlain;
    const value: unknown[] = [];
    const places: Places = { column: indent + 3, lines: [], children: [], names: undefined };
    for (let line = this.#line(); line !== undefined; line = this.#line()) {
      const start = indentOf(line);
      if (start < indent) break;
      if (start > indent) throw notPlain;
      if (line.charCodeAt(start) !== 0x2d) break;
      places.lines.push(this.#at);
      const read = this.#entry(line, indent, depth);
      value.push(read.value);
      places.children.push(read.places);
    }
    return { value, places };
  }

  #entry(line: string, indent: number, depth: number): Read {
    // An entry whose content begins on another line has its place there.
    if (line.length < indent + 3 || line[indent + 1] !== ' ') throw notPlain;
    const content = line.slice(indent + 2);
    const first = content.charCodeAt(0);
    if (first === 0x20 || first === 0x2d) throw notPlain;
    const isQuote = first === 0x22 || first === 0x27;
    const isKey = isQuote
      ? /^(?:"[^"\\]*"|'[^']*'):(?: |$)/.test(content)
      : /^[^:"'{[]*:(?: |$)/.test(content);
    return isKey ? this.#object(indent + 2, depth + 1, line) : this.#scalar(content, indent);
  }

  /** A scalar that begins on the current line, which is done with it. @param indent of what holds it */
  #scalar(text: string, indent: number): Read {
    this.#at++;
    if (text === '|' || text === '|-') return { value: this.#literal(text === '|', indent) };
    if (text === '{}') return { value: {} };
    if (text === '[]') return { value: [] };
    const first = text.charCodeAt(0);
    const value = first === 0x22 || first === 0x27 ? quoted(text) : undefined;
    if (value === undefined && (!plain.test(text) || text.endsWith(' '))) throw notPlain;
    // On a deeper line it would go on.
    const next = this.#line();
    if (next !== undefined && indentOf(next) > indent) throw notPlain;
    return { value: value ?? resolvePlainScalar(text) };
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

function indexOf({ names }: Places, step: string | number): number {
  if (names === undefined) return Number(step);
  const text = String(step);
  const index = names.indexOf(text);
  if (index >= 0) return index;
  return names.indexOf(text.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()));
}

/** @returns undefined for a text that is not plain. Never throws */
export function readBlockYaml(text: string): BlockYaml | undefined {
  if (!text.endsWith('\n') || /[\r\t\ufeff]/.test(text)) return undefined;
  const lines = text.split('\n');
  const reading = new BlockReading(lines);
  try {
    const { places, value } = reading.document();
    const firstLine = places?.lines[0] ?? 0;
    return {
      value: value as Record<string, unknown>,
      locate(path) {
        let at: YamlPosition = { line: firstLine + 1, column: places?.column ?? 1 };
        let inside = places;
        for (const step of path) {
          const index = inside === undefined ? -1 : indexOf(inside, step);
          const line = inside?.lines[index];
          if (inside === undefined || line === undefined) break;
          at = { line: line + 1, column: inside.column };
          inside = inside.children[index];
        }
        return at;
      },
    };
  } catch (error) {
    if (error === notPlain) return undefined;
    throw error;
  }
}
