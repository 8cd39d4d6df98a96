/**
 * Canonical YAML of a canonical message: fields in proto order, two spaces a level, no anchors, the same bytes for the
 * same value. The line of every node can be asked afterwards.
 */
import type { Path, PathStep } from '../../dsl/api/index.js';
import { fieldsOf } from '../../dsl/api/index.js';
import { blockLines, scalarText } from './yaml-text.js';

export interface EmittedYaml {
  readonly text: string;
  /** One-based line of the key (or list entry) at the path, or of its nearest ancestor. */
  lineOf(path: Path): number;
}

type Fields = Readonly<Record<string, unknown>>;

/** Lines of nodes, as a tree beside the value. */
interface LineNode {
  line: number;
  readonly children: Map<PathStep, LineNode>;
}

function payloadType(value: Fields, declared: string): string {
  const url = value['@type'];
  return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : declared;
}

/** Keys in proto order; a map's keys, and whatever the table does not know, in the order given. */
function orderedKeys(value: Fields, fields: ReadonlyMap<string, string> | undefined): string[] {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  if (fields === undefined) return keys;
  const known = [...fields.keys()].filter((key) => value[key] !== undefined);
  const rest = keys.filter((key) => !fields.has(key));
  return rest.length === 0 ? known : [...rest, ...known];
}

class Emitter {
  readonly lines: string[] = [];
  readonly root: LineNode = { line: 1, children: new Map() };

  /** Appends to the last line, or starts one. */
  #put(prefix: string, text: string): void {
    this.lines.push(prefix + text);
  }

  fields(value: Fields, type: string, indent: string, first: string, node: LineNode): void {
    const fields = fieldsOf(payloadType(value, type));
    let prefix = first;
    for (const key of orderedKeys(value, fields)) {
      const child: LineNode = { line: this.lines.length + 1, children: new Map() };
      node.children.set(key, child);
      // A map has no fields of its own: its values have the type that the map was declared with.
      this.#entry(`${prefix}${scalarText(key)}:`, value[key], fields?.get(key) ?? type, indent, child);
      prefix = indent;
    }
  }

  #entry(head: string, value: unknown, type: string, indent: string, node: LineNode): void {
    if (Array.isArray(value)) {
      if (value.length === 0) this.#put(head, ' []');
      else {
        this.#put(head, '');
        this.#items(value, type, `${indent}  `, node);
      }
    } else if (typeof value === 'object' && value !== null) {
      if (Object.keys(value).length === 0) this.#put(head, ' {}');
      else {
        this.#put(head, '');
        this.fields(value as Fields, type, `${indent}  `, `${indent}  `, node);
      }
    } else this.#scalar(`${head} `, value, indent);
  }

  #items(items: readonly unknown[], type: string, indent: string, node: LineNode): void {
    for (const [index, item] of items.entries()) {
      const child: LineNode = { line: this.lines.length + 1, children: new Map() };
      node.children.set(index, child);
      if (typeof item !== 'object' || item === null) this.#scalar(`${indent}- `, item, indent);
      else if (Object.keys(item).length === 0) this.#put(`${indent}- `, Array.isArray(item) ? '[]' : '{}');
      else if (Array.isArray(item)) {
        this.#put(`${indent}-`, '');
        this.#items(item, type, `${indent}  `, child);
      } else this.fields(item as Fields, type, `${indent}  `, `${indent}- `, child);
    }
  }

  #scalar(head: string, value: unknown, indent: string): void {
    const block = typeof value === 'string' ? blockLines(value) : undefined;
    if (block === undefined) {
      this.#put(head, scalarText(value as string | number | boolean | null));
      return;
    }
    const [header = '', ...body] = block;
    this.#put(head, header);
    for (const line of body) this.#put(line === '' ? '' : `${indent}  `, line);
  }
}

/**
 * @param value canonical, as `readMessage` returns it
 * @param type full proto name
 */
export function emitYaml(value: unknown, type = 'envoy.config.bootstrap.v3.Bootstrap'): EmittedYaml {
  const emitter = new Emitter();
  emitter.fields(value as Fields, type, '', '', emitter.root);
  const text = emitter.lines.length === 0 ? '{}\n' : `${emitter.lines.join('\n')}\n`;
  return {
    text,
    lineOf(path) {
      let node = emitter.root;
      for (const step of path) {
        const next = node.children.get(step);
        if (next === undefined) break;
        node = next;
      }
      return node.line;
    },
  };
}
