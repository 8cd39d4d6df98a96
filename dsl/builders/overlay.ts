/**
 * A configuration that is another one but for some parts: an environment on top of a base.
 */
import type { Admin, Bootstrap, Cluster, Listener, Node } from '../types.js';

/** By name; null removes. */
export interface OverlayInput {
  readonly clusters?: Readonly<Record<string, Partial<Cluster> | null>>;
  readonly listeners?: Readonly<Record<string, Partial<Listener> | null>>;
  readonly admin?: Partial<Admin> | null;
  readonly node?: Partial<Node>;
  /** Any other field of `Bootstrap`; it replaces the one of the base. */
  readonly raw?: Partial<Omit<Bootstrap, 'static_resources' | 'admin' | 'node'>>;
}

type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Objects inside of objects are merged; lists and values are replaced; null removes a field. */
function merge(base: unknown, over: unknown): unknown {
  if (!isObject(base) || !isObject(over)) return over;
  const out: Record<string | symbol, unknown> = { ...base };
  for (const [key, value] of Object.entries(over)) {
    if (value === null) delete out[key];
    else if (value !== undefined) out[key] = key in base ? merge(base[key], value) : value;
  }
  return out;
}

function byName<T extends { readonly name?: string }>(
  kind: string,
  items: readonly T[],
  over: Readonly<Record<string, Partial<T> | null>>,
): T[] {
  for (const name of Object.keys(over)) {
    if (items.some((item) => item.name === name)) continue;
    const names = items.map((item) => `'${item.name}'`).join(', ');
    throw new Error(
      `the overlay names the ${kind} '${name}', which the base does not have; it has ${names || 'none'}`,
    );
  }
  return items.flatMap((item) => {
    const change = over[item.name ?? ''];
    if (change === undefined) return [item];
    return change === null ? [] : [merge(item, change) as T];
  });
}

/**
 * `export default overlay(base, { clusters: { api: { connect_timeout: '2s' }, old: null } })`. Lists inside of a resource
 * are replaced as a whole.
 * @throws when the base has no resource of a name
 */
export function overlay(base: Bootstrap, over: OverlayInput): Bootstrap {
  const resources = base.static_resources ?? {};
  const { admin, clusters = {}, listeners = {}, node, raw } = over;
  const { admin: before, ...others } = base;
  const merged = admin === undefined ? before : admin === null ? undefined : merge(before ?? {}, admin);
  return {
    ...others,
    ...(merged === undefined ? {} : { admin: merged as Admin }),
    ...(node === undefined ? {} : { node: merge(base.node ?? {}, node) as Node }),
    static_resources: {
      ...resources,
      ...(resources.clusters === undefined && Object.keys(clusters).length === 0
        ? {}
        : { clusters: byName('cluster', resources.clusters ?? [], clusters) }),
      ...(resources.listeners === undefined && Object.keys(listeners).length === 0
        ? {}
        : { listeners: byName('listener', resources.listeners ?? [], listeners) }),
    },
    ...raw,
  };
}
