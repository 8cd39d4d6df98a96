/**
 * The recorded single faults in real configurations: each row applied to its file.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readYaml } from '../../dsl/api/index.js';

/** One line of `oracle/mutations.jsonl`. */
export interface MutationRow {
  readonly file: string;
  readonly path: string;
  readonly op: 'set' | 'delete' | 'rename' | 'duplicate' | 'swap';
  readonly value?: unknown;
  readonly kind: string;
  readonly verdict: 'accept' | 'reject';
  readonly class: string;
  readonly message: string;
}

type Tree = Record<string | number, unknown>;

/** The value of a rename keeps the key's place. */
function renameKey(parent: Tree, from: string, to: string): void {
  const entries = Object.entries(parent);
  for (const [key] of entries) delete parent[key];
  for (const [key, value] of entries) parent[key === from ? to : key] = value;
}

function apply(root: unknown, row: MutationRow): void {
  const steps = (row.path.match(/(?:[^.\\]|\\.)+/g) ?? []).map((step) => step.replace(/\\(.)/g, '$1'));
  const last = steps.pop() ?? '';
  let parent = root as Tree;
  for (const step of steps) parent = parent[step] as Tree;
  const list = parent as unknown as unknown[];
  switch (row.op) {
    case 'set':
      parent[last] = structuredClone(row.value);
      break;
    case 'delete':
      if (Array.isArray(parent)) list.splice(Number(last), 1);
      else delete parent[last];
      break;
    case 'rename':
      renameKey(parent, last, String(row.value));
      break;
    case 'duplicate':
      list.push(structuredClone(list[Number(last)]));
      break;
    case 'swap': {
      const [one, other] = [Number(last), Number(row.value)];
      [list[one], list[other]] = [list[other], list[one]];
    }
  }
}

/** Every row with its mutated tree. @throws when a row does not fit its file */
export function* readMutants(sharedDir: string): Generator<{ row: MutationRow; value: unknown }> {
  const originals = new Map<string, unknown>();
  const rows = readFileSync(join(sharedDir, 'oracle', 'mutations.jsonl'), 'utf8')
    .trimEnd()
    .split('\n');
  for (const line of rows) {
    const row = JSON.parse(line) as MutationRow;
    let original = originals.get(row.file);
    if (original === undefined) {
      original = readYaml(readFileSync(join(sharedDir, 'corpus', row.file), 'utf8')).value;
      originals.set(row.file, original);
    }
    const value = structuredClone(original);
    apply(value, row);
    yield { row, value };
  }
}
