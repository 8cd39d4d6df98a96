/**
 * Canonical YAML of a canonical message: fields in proto order, two spaces a level, list entries under their key as in
 * Envoy's examples, no anchors; the same bytes for the same value. The line of every node can be asked afterwards.
 */
import type { Path, PathStep } from '../../dsl/api/index.js';
import { fieldOrder, orderedKeys } from './field-order.js';
import { blockLines, scalarText } from './yaml-text.js';

export interface EmittedYaml {
  readonly text: string;
  /** One-based line of the key (or list entry) at the path, or of its nearest ancestor. */
  lineOf(path: Path): number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Lines of the children of an object or a list, as a tree beside the value. */
interface LineNode {
  readonly lines: Map<PathStep, number>;
  readonly children: Map<PathStep, LineNode>;
}

/** Longest key that YAML allows on the line of its value is 1024 characters, quotes and escapes counted. */
const longestKey = 1000;

function payloadType(value: Fields, declared: string): string {
  const url = value['@type'];
  return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : declared;
}

function isEmpty(value: object): boolean {
  return Array.isArray(value)
    ? value.length === 0
    : Object.values(value).every((member) => member === undefined);
}

class Emitter {
  readonly output: string[] = [];

  /**
   * @param map whether the keys are those of a map whose values are of that type, not fields
   * @param first indentation of the first key: `- ` when the object is a list entry
   */
  fields(value: Fields, type: string, map: boolean, indent: string, first: string): LineNode {
    const node: LineNode = { lines: new Map(), children: new Map() };
    const declared = map ? type : payloadType(value, type);
    const order = map ? undefined : fieldOrder(declared);
    let prefix = first;
    for (const key of orderedKeys(value, order)) {
      node.lines.set(key, this.output.length + 1);
      let head = `${prefix}${scalarText(key)}:`;
      if (head.length > longestKey) {
        this.output.push(`${prefix}? ${scalarText(key)}`);
        head = `${indent}:`;
      }
      const place = order?.get(key);
      const child = this.#value(
        head,
        value[key],
        map ? type : (place?.type ?? ''),
        place?.map ?? false,
        indent,
      );
      if (child !== undefined) node.children.set(key, child);
      prefix = indent;
    }
    return node;
  }

  #value(head: string, value: unknown, type: string, map: boolean, indent: string): LineNode | undefined {
    if (typeof value !== 'object' || value === null) this.#scalar(`${head} `, value, indent);
    else if (isEmpty(value)) this.output.push(`${head} ${Array.isArray(value) ? '[]' : '{}'}`);
    else {
      this.output.push(head);
      if (Array.isArray(value)) return this.#items(value, type, indent);
      const deeper = `${indent}  `;
      return this.fields(value as Fields, type, map, deeper, deeper);
    }
    return undefined;
  }

  #items(items: readonly unknown[], type: string, indent: string): LineNode {
    const node: LineNode = { lines: new Map(), children: new Map() };
    for (const [index, item] of items.entries()) {
      node.lines.set(index, this.output.length + 1);
      if (typeof item !== 'object' || item === null) this.#scalar(`${indent}- `, item, indent);
      else if (isEmpty(item)) this.output.push(`${indent}- ${Array.isArray(item) ? '[]' : '{}'}`);
      else {
        const deeper = `${indent}  `;
        let child: LineNode;
        if (Array.isArray(item)) {
          this.output.push(`${indent}-`);
          child = this.#items(item, type, deeper);
        } else child = this.fields(item as Fields, type, false, deeper, `${indent}- `);
        node.children.set(index, child);
      }
    }
    return node;
  }

  #scalar(head: string, value: unknown, indent: string): void {
    const block = typeof value === 'string' ? blockLines(value) : undefined;
    if (block === undefined) {
      this.output.push(head + scalarText(value));
      return;
    }
    const [header = '', ...body] = block;
    this.output.push(head + header);
    for (const line of body) this.output.push(line === '' ? '' : `${indent}  ${line}`);
  }
}

/**
 * @param value canonical, as `readMessage` returns it
 * @param type full proto name
 */
export function emitYaml(value: unknown, type = 'envoy.config.bootstrap.v3.Bootstrap'): EmittedYaml {
  const emitter = new Emitter();
  const root = emitter.fields((value ?? {}) as Fields, type, false, '', '');
  const { output } = emitter;
  return {
    text: output.length === 0 ? '{}\n' : `${output.join('\n')}\n`,
    lineOf(path) {
      let line = 1;
      let node: LineNode | undefined = root;
      for (const step of path) {
        const next: number | undefined = node?.lines.get(step);
        if (next === undefined) break;
        line = next;
        node = node?.children.get(step);
      }
      return line;
    },
  };
}
