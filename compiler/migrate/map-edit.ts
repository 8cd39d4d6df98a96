/**
 * Changes of a mapping in YAML that keep its comments.
 */
import type { YAMLMap, YAMLSeq } from 'yaml';
import { Document, isMap, isNode, isScalar, isSeq, Pair, Scalar } from 'yaml';
import { keyOf, snakeCase } from '../format-yaml/walk-messages.js';

/** Documents are read without types, so everything that is written into one is a text, too; plain, as YAML has it. */
function asTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(asTexts);
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, asTexts(member)]));
}

/** A node of a new value. */
export function nodeOf(value: unknown): unknown {
  return new Document(asTexts(value), { schema: 'failsafe' }).contents;
}

/** A mapping; keys are found by their snake_case or camelCase name. */
export class MapEdit {
  readonly map: YAMLMap;

  constructor(map: YAMLMap) {
    this.map = map;
  }

  pair(key: string): Pair | undefined {
    const isNamed = (name: string): boolean => name === key || snakeCase(name) === key;
    return this.map.items.findLast((pair) => isNamed(keyOf(pair as Pair))) as Pair | undefined;
  }

  has(key: string): boolean {
    return this.pair(key) !== undefined;
  }

  get(key: string): unknown {
    return this.pair(key)?.value;
  }

  text(key: string): string | undefined {
    const value = this.get(key);
    return isScalar(value) ? String(value.value) : undefined;
  }

  /** The mapping of a field, undefined when it has none. */
  child(key: string): MapEdit | undefined {
    const value = this.get(key);
    return isMap(value) ? new MapEdit(value as YAMLMap) : undefined;
  }

  items(key: string): readonly unknown[] {
    const value = this.get(key);
    return isSeq(value) ? (value as YAMLSeq).items : [];
  }

  /** The key with its comments, under another name. */
  rename(from: string, to: string): void {
    const pair = this.pair(from);
    if (pair === undefined) return;
    const key = new Scalar(to);
    if (isScalar(pair.key)) {
      key.commentBefore = pair.key.commentBefore;
      key.spaceBefore = pair.key.spaceBefore;
    }
    pair.key = key;
  }

  /** Replaces the value, or adds the field at the end. @param value plain data or a node */
  set(key: string, value: unknown): void {
    const node = isNode(value) ? value : nodeOf(value);
    const pair = this.pair(key);
    if (pair === undefined) this.map.items.push(new Pair(new Scalar(key), node) as never);
    else pair.value = node;
  }

  /** In the place of a field, another one. */
  replace(from: string, to: string, value: unknown): void {
    this.rename(from, to);
    this.set(to, value);
  }

  /** @returns the value */
  remove(key: string): unknown {
    const pair = this.pair(key);
    if (pair === undefined) return undefined;
    this.map.items = this.map.items.filter((one) => one !== pair);
    return pair.value;
  }
}
