/**
 * What stands at a place of a text in YAML or JSON: the way from the root to the key or value under the cursor.
 */
import type { Node, Pair, Range } from 'yaml';
import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import type { Path, PathStep } from '../../dsl/api/index.js';

/** Offsets in the text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Cursor extends Span {
  readonly path: Path;
  readonly on: 'key' | 'value' | 'alias';
  /** The key, the scalar, or the name of the alias. */
  readonly text: string;
}

export interface YamlTree {
  readonly root: Node | null;
  at(offset: number): Cursor | undefined;
  /** Where the value at a path (as it is spelt in the text) is; of its key when it has one. */
  find(path: Path): Span | undefined;
  /** The anchor of that name that stands last before an offset. */
  anchor(name: string, before: number): Span | undefined;
}

function spanOf(range: Range | null | undefined): Span | undefined {
  return range === null || range === undefined ? undefined : { start: range[0], end: range[1] };
}

function covers(node: unknown, offset: number): boolean {
  const span = spanOf((node as Node | null)?.range);
  return span !== undefined && span.start <= offset && offset <= span.end;
}

function keyText(pair: Pair): string {
  return isScalar(pair.key) ? String(pair.key.value) : '';
}

function cursorOf(node: unknown, on: 'key' | 'value', path: Path): Cursor | undefined {
  const span = spanOf((node as Node).range);
  if (span === undefined) return undefined;
  if (isAlias(node)) return { ...span, path, on: 'alias', text: node.source };
  return isScalar(node) ? { ...span, path, on, text: String(node.value ?? '') } : undefined;
}

function search(node: unknown, offset: number, path: readonly PathStep[]): Cursor | undefined {
  if (isMap(node)) {
    for (const pair of node.items) {
      const here = [...path, keyText(pair)];
      if (covers(pair.key, offset)) return cursorOf(pair.key, 'key', here);
      if (covers(pair.value, offset)) return search(pair.value, offset, here);
    }
  } else if (isSeq(node)) {
    for (const [index, item] of node.items.entries()) {
      if (covers(item, offset)) return search(item, offset, [...path, index]);
    }
  } else if (isScalar(node) || isAlias(node)) return cursorOf(node, 'value', path);
  return undefined;
}

function* anchors(node: unknown): Generator<readonly [name: string, span: Span]> {
  const { anchor, range } = (node ?? {}) as Partial<Node> & { anchor?: string };
  const span = spanOf(range);
  if (anchor !== undefined && span !== undefined) yield [anchor, span];
  if (isMap(node)) {
    for (const pair of node.items) {
      yield* anchors(pair.key);
      yield* anchors(pair.value);
    }
  } else if (isSeq(node)) for (const item of node.items) yield* anchors(item);
}

/** Never throws; of a broken text, as much as could be read. */
export function yamlTree(text: string): YamlTree {
  const document = parseDocument(text, {
    strict: false,
    uniqueKeys: false,
    merge: false,
    logLevel: 'silent',
  });
  const root = document.contents as Node | null;
  return {
    root,
    at: (offset) => search(root, offset, []),
    find(path) {
      let node: unknown = root;
      let span = spanOf(root?.range);
      for (const step of path) {
        if (isAlias(node)) node = node.resolve(document);
        if (isMap(node)) {
          const pair = node.items.findLast((one) => keyText(one) === String(step));
          if (pair === undefined) return undefined;
          span = spanOf((pair.key as Node | null)?.range);
          node = pair.value;
        } else if (isSeq(node)) {
          node = node.items[Number(step)];
          if (node === undefined) return undefined;
          span = spanOf((node as Node | null)?.range);
        } else return undefined;
      }
      return span;
    },
    anchor(name, before) {
      const found = [...anchors(root)].filter(([one, { start }]) => one === name && start < before);
      return found.at(-1)?.[1];
    },
  };
}
