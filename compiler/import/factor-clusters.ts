/**
 * Clusters that differ in a few values only, as calls of one function: what differs are its parameters.
 */
import { fieldOrder } from '../emit/field-order.js';
import type { Fields } from './expression.js';
import { isObject } from './expression.js';

type Step = string | number;

/** A value that is no object and no list, with its place. */
export interface Leaf {
  readonly path: readonly Step[];
  readonly value: unknown;
  /** Type of the field: a scalar, or a full proto name. */
  readonly type: string;
}

function collect(value: unknown, type: string, path: readonly Step[], into: Leaf[], shape: string[]): void {
  if (Array.isArray(value)) {
    shape.push(`[${value.length}`);
    for (const [index, item] of value.entries()) collect(item, type, [...path, index], into, shape);
  } else if (isObject(value)) {
    const url = value['@type'];
    const own = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : type;
    const order = fieldOrder(own);
    shape.push(`{${Object.keys(value).join()}${typeof url === 'string' ? url : ''}`);
    for (const [key, member] of Object.entries(value)) {
      if (key === '@type') continue;
      collect(member, order?.get(key)?.type ?? '', [...path, key], into, shape);
    }
  } else {
    shape.push(typeof value);
    into.push({ path, value, type });
  }
}

/** A value that differs between the clusters. */
export interface Parameter {
  readonly name: string;
  readonly type: string;
  /** Places that take its value. */
  readonly paths: readonly string[];
}

/** Clusters that are calls of one function. */
export interface FactoredClusters {
  readonly parameters: readonly Parameter[];
  /** Indexes into the clusters, each with its arguments. */
  readonly members: readonly { readonly index: number; readonly args: readonly unknown[] }[];
}

/** A function of more parameters says less than what it replaces. */
const maxParameters = 4;
/** Smaller ones are as short when they are written out. */
const minLeaves = 4;

/** Key of a place, as `Parameter.paths` has it. */
export function placeKey(path: readonly Step[]): string {
  return JSON.stringify(path);
}

const scalarNames: Readonly<Record<string, string>> = {
  string: 'string',
  number: 'number',
  boolean: 'boolean',
};

function parametersOf(leaves: readonly (readonly Leaf[])[]): Parameter[] | undefined {
  const columns = new Map<string, { leaf: Leaf; paths: string[] }>();
  for (const [index, leaf] of (leaves[0] ?? []).entries()) {
    const values = leaves.map((one) => one[index]?.value);
    if (values.every((value) => value === values[0])) continue;
    const key = JSON.stringify(values);
    const column = columns.get(key);
    if (column === undefined) columns.set(key, { leaf, paths: [placeKey(leaf.path)] });
    else column.paths.push(placeKey(leaf.path));
  }
  if (columns.size > maxParameters) return undefined;
  const names = new Set<string>();
  const parameters: Parameter[] = [];
  for (const { leaf, paths } of columns.values()) {
    // Of enums and the like the type would have to be named; only plain values become parameters.
    const type = scalarNames[typeof leaf.value];
    const isPlain =
      leaf.type === 'string' ||
      leaf.type === 'bool' ||
      leaf.type === 'uint32' ||
      leaf.type.endsWith('UInt32Value');
    if (type === undefined || !isPlain) return undefined;
    const field = String(leaf.path.findLast((step) => typeof step === 'string')).replace(/_value$/, '');
    const base = field.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase());
    let name = base;
    for (let number = 2; names.has(name); number++) name = `${base}${number}`;
    names.add(name);
    parameters.push({ name, type, paths });
  }
  return parameters;
}

/** Groups of at least two. @param clusters canonical, with a name each */
export function factorClusters(clusters: readonly Fields[]): FactoredClusters[] {
  const byShape = new Map<string, { index: number; leaves: Leaf[] }[]>();
  for (const [index, cluster] of clusters.entries()) {
    const leaves: Leaf[] = [];
    const shape: string[] = [];
    collect(cluster, 'envoy.config.cluster.v3.Cluster', [], leaves, shape);
    if (leaves.length < minLeaves) continue;
    const key = shape.join();
    byShape.set(key, [...(byShape.get(key) ?? []), { index, leaves }]);
  }
  return [...byShape.values()].flatMap((group): FactoredClusters[] => {
    if (group.length < 2) return [];
    const parameters = parametersOf(group.map(({ leaves }) => leaves));
    // The name comes first, and nothing is a function without it.
    if (parameters === undefined || !parameters.some(({ name }) => name === 'name')) return [];
    const sorted = [...parameters].sort((a, b) => Number(b.name === 'name') - Number(a.name === 'name'));
    const members = group.map(({ index, leaves }) => ({
      index,
      args: sorted.map(({ paths }) => leaves.find(({ path }) => placeKey(path) === paths[0])?.value),
    }));
    return [{ parameters: sorted, members }];
  });
}
