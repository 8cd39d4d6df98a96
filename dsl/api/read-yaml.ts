/**
 * YAML (and with it JSON) as Envoy 1.40's loader takes it: duplicate keys are fine and the last one wins, documents after
 * the first are ignored, aliases work, `<<` is refused, and so is a document that is not an object.
 */
import type { Document, Node, Pair, ParsedNode, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { isAlias, isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml';
import type { Path, PathStep } from './issue.js';
import { readBlockYaml } from './read-block-yaml.js';
import { resolvePlainScalar } from './yaml-scalar.js';

/** One-based position. */
export interface YamlPosition {
  readonly line: number;
  readonly column: number;
}

export interface YamlError extends YamlPosition {
  readonly message: string;
}

export interface YamlWarning extends YamlError {
  /** The other place. */
  readonly related?: YamlPosition;
}

export interface YamlResult {
  /** undefined when there are errors. */
  readonly value: unknown;
  readonly errors: readonly YamlError[];
  /** What Envoy accepts and nobody means: keys that stand twice, documents after the first. */
  readonly warnings: readonly YamlWarning[];
  /** Position of the key (or list entry) at the path, or of its nearest ancestor that is there; either spelling. */
  locate(path: Path): YamlPosition | undefined;
}

/** Aliases may make a small text large ("billion laughs"): values beyond this number are refused. */
const maxValues = 5_000_000;

class YamlReading {
  readonly errors: YamlError[] = [];
  readonly warnings: YamlWarning[] = [];
  readonly #lines: LineCounter;
  /** Kept here in document order: the library looks each alias up by a walk through the whole document. */
  readonly #anchors = new Map<string, Node>();
  #values = 0;

  constructor(lines: LineCounter) {
    this.#lines = lines;
  }

  position(offset: number): YamlPosition {
    const { line, col } = this.#lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  }

  fail(message: string, offset: number): undefined {
    this.errors.push({ message, ...this.position(offset) });
    return undefined;
  }

  /** Behind an alias the same pair comes by again. */
  #warnTwice(key: string, first: number, offset: number): void {
    const message = `the key '${key}' stands twice in one object; Envoy takes the last one`;
    const place = this.position(offset);
    const told = this.warnings.some(({ line, column }) => line === place.line && column === place.column);
    if (!told) this.warnings.push({ message, ...place, related: this.position(first) });
  }

  value(node: unknown, depth: number): unknown {
    if (++this.#values > maxValues) {
      if (this.#values === maxValues + 1) this.fail('aliases make the document too large', 0);
      return undefined;
    }
    const offset = (node as Node | null)?.range?.[0] ?? 0;
    if (depth > 200) return this.fail('nested too deep', offset);
    if (isAlias(node)) {
      const target = this.#anchors.get(node.source);
      return target === undefined
        ? this.fail(`the alias '*${node.source}' has no anchor before it`, offset)
        : this.value(target, depth + 1);
    }
    const anchor = (node as Node | null)?.anchor;
    if (anchor !== undefined) this.#anchors.set(anchor, node as Node);
    if (isScalar(node))
      return node.type === 'PLAIN' ? resolvePlainScalar(node.source ?? '') : String(node.value ?? '');
    if (isSeq(node)) return (node as YAMLSeq).items.map((item) => this.value(item, depth + 1));
    if (isMap(node)) {
      const out: Record<string, unknown> = {};
      const seen = new Map<string, number>();
      for (const pair of (node as YAMLMap).items) {
        const key = keyOf(pair);
        if (key === undefined) this.fail('a key must be a plain or quoted text', offset);
        else if (key === '<<') this.fail("merge keys ('<<') are not supported by Envoy", keyOffset(pair));
        else if (isIgnored(pair.key) || isIgnored(pair.value)) {
          // Read for its anchors alone.
          this.value(pair.value, depth + 1);
          delete out[key];
        } else {
          // A duplicate takes the place of its last occurrence.
          const first = seen.get(key);
          if (first !== undefined) this.#warnTwice(key, first, keyOffset(pair));
          seen.set(key, keyOffset(pair));
          delete out[key];
          Object.defineProperty(out, key, {
            value: this.value(pair.value, depth + 1),
            enumerable: true,
            configurable: true,
            writable: true,
          });
        }
      }
      return out;
    }
    return null;
  }
}

/** Envoy's own tag for parts that only hold anchors. */
function isIgnored(node: unknown): boolean {
  return (node as Node | null)?.tag === '!ignore';
}

function keyOf(pair: Pair): string | undefined {
  if (!isScalar(pair.key)) return undefined;
  const key = pair.key as Scalar;
  return key.type === 'PLAIN' ? (key.source ?? String(key.value)) : String(key.value);
}

function keyOffset(pair: Pair): number {
  return (pair.key as Node | null)?.range?.[0] ?? 0;
}

/** Last pair of that key, by its snake_case or camelCase name. */
function findPair(map: YAMLMap, step: PathStep): Pair | undefined {
  const wanted = String(step);
  const camel = wanted.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
  return map.items.findLast((pair) => {
    const key = keyOf(pair);
    return key === wanted || key === camel;
  });
}

function locateNode(document: Document.Parsed, path: Path): number | undefined {
  let node: unknown = document.contents;
  let offset = (node as Node | null)?.range?.[0];
  for (const step of path) {
    if (isAlias(node)) node = node.resolve(document);
    if (isMap(node)) {
      const pair = findPair(node, step);
      if (pair === undefined || !isPair(pair)) return offset;
      offset = keyOffset(pair);
      node = pair.value;
    } else if (isSeq(node) && typeof step === 'number') {
      const item = node.items[step] as Node | undefined;
      if (item === undefined) return offset;
      offset = item.range?.[0] ?? offset;
      node = item;
    } else return offset;
  }
  return offset;
}

/** Reads a text. Never throws. */
export function readYaml(text: string): YamlResult {
  const block = readBlockYaml(text);
  if (block === undefined) return readAnyYaml(text);
  return { value: block.value, errors: [], warnings: [], locate: (path) => block.locate(path) };
}

/** The same by the library alone, whatever the text is. */
export function readAnyYaml(text: string): YamlResult {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, {
    lineCounter: lines,
    schema: 'failsafe',
    uniqueKeys: false,
    merge: false,
    strict: false,
    stringKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  }) as readonly Document.Parsed<ParsedNode>[];
  const document = documents[0];
  const locate = (path: Path): YamlPosition | undefined => {
    const offset = document === undefined ? undefined : locateNode(document, path);
    if (offset === undefined) return undefined;
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  if (document === undefined || document.contents === null) {
    const errors = [{ message: 'the document is empty', line: 1, column: 1 }];
    return { value: undefined, errors, warnings: [], locate };
  }
  const reading = new YamlReading(lines);
  for (const error of document.errors) reading.fail(error.message, error.pos[0]);
  if (reading.errors.length === 0 && !isMap(document.contents)) {
    reading.fail('the document is not an object', document.contents.range?.[0] ?? 0);
  }
  const value = reading.errors.length === 0 ? reading.value(document.contents, 0) : undefined;
  const second = documents[1];
  if (second !== undefined && second.contents !== null) {
    const message = 'a second document begins here; Envoy reads the first one only';
    reading.warnings.push({ message, ...reading.position(second.contents.range[0]) });
  }
  const { errors, warnings } = reading;
  return { value: errors.length === 0 ? value : undefined, errors, warnings, locate };
}
