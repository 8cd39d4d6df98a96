/**
 * What differs between two configurations, by the identity of resources: a cluster is itself wherever it stands in the
 * list, and so is a route, by its name or by what it matches.
 */
import { isDeepStrictEqual } from 'node:util';
import { fieldOrder } from '../emit/field-order.js';
import { addressText } from '../overview/overview.js';
import { withoutDefaults } from './without-defaults.js';
import { isSecret, redactedText, withoutSecrets } from './redacted.js';

/** One difference. */
export interface Change {
  readonly kind: 'added' | 'removed' | 'changed' | 'moved';
  /** The resource: `cluster web`, `listener http`, `admin`. */
  readonly resource: string;
  /** Inside of it, with identities in brackets: `routes[/api].timeout`; `''`: the resource itself. */
  readonly path: string;
  /** Without secrets; undefined when it was not there. Of a move: the place in the list. */
  readonly before?: unknown;
  readonly after?: unknown;
}

type Fields = Readonly<Record<string, unknown>>;
type Step = string | number;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function typeIn(value: unknown, declared: string): string {
  const url = isObject(value) ? value['@type'] : undefined;
  return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : declared;
}

function textIn(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** `/api`, `= /api`, with further conditions in full. */
function routeIdentity(route: Fields): string {
  const {
    prefix,
    path,
    path_separated_prefix: segments,
    safe_regex: regex,
    ...others
  } = (route.match ?? {}) as Fields;
  const base =
    typeof prefix === 'string'
      ? prefix
      : typeof path === 'string'
        ? `= ${path}`
        : typeof segments === 'string'
          ? `${segments}/`
          : isObject(regex)
            ? `~ ${textIn(regex.regex)}`
            : '';
  return Object.keys(others).length === 0 ? base : `${base} ${JSON.stringify(others)}`;
}

/** What an item of a list is known by; undefined: by its place. */
function identity(type: string, item: unknown): string | undefined {
  if (typeof item === 'string' || typeof item === 'number') return String(item);
  if (!isObject(item)) return undefined;
  const name = textIn(item.name);
  switch (type) {
    case 'envoy.config.route.v3.Route':
      return name === '' ? routeIdentity(item) : name;
    case 'envoy.config.listener.v3.Listener':
      return name === '' ? addressText(item.address) : name;
    case 'envoy.config.listener.v3.FilterChain':
      return name === '' ? JSON.stringify(item.filter_chain_match ?? {}) : name;
    case 'envoy.config.endpoint.v3.LbEndpoint':
      return isObject(item.endpoint) ? addressText(item.endpoint.address) : undefined;
    case 'envoy.config.endpoint.v3.LocalityLbEndpoints':
      return item.locality === undefined && item.priority === undefined
        ? undefined
        : JSON.stringify([item.locality ?? {}, item.priority ?? 0]);
    case 'envoy.config.core.v3.HeaderValueOption':
      return isObject(item.header) ? textIn(item.header.key) : undefined;
    default:
      return name === '' ? undefined : name;
  }
}

/** Lists in which the order decides. Others are sets as far as a difference is concerned. */
const ordered: ReadonlySet<string> = new Set([
  'envoy.config.route.v3.Route',
  'envoy.config.listener.v3.Filter',
  'envoy.config.listener.v3.ListenerFilter',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
]);

/** Each item with a key of its own: repeats get a number. */
function keyed(type: string, items: readonly unknown[]): Map<string, { item: unknown; index: number }> {
  const found = new Map<string, { item: unknown; index: number }>();
  for (const [index, item] of items.entries()) {
    const base = identity(type, item) ?? String(index);
    let key = base;
    for (let number = 2; found.has(key); number++) key = `${base} #${number}`;
    found.set(key, { item, index });
  }
  return found;
}

/** Keys of both whose order changed: those outside of a longest common subsequence would do; this takes fewer. */
function movedKeys(before: readonly string[], after: readonly string[]): string[] {
  const kept = new Set(after.filter((key) => before.includes(key)));
  const old = before.filter((key) => kept.has(key));
  const now = after.filter((key) => kept.has(key));
  const place = new Map(old.map((key, index) => [key, index]));
  // Longest increasing subsequence of the old places, in the new order.
  const tails: number[] = [];
  const links: number[] = [];
  const places = now.map((key) => place.get(key) ?? 0);
  for (const [index, value] of places.entries()) {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((places[tails[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    links[index] = low === 0 ? -1 : (tails[low - 1] as number);
    tails[low] = index;
  }
  const stays = new Set<string>();
  for (let at = tails.at(-1) ?? -1; at >= 0; at = links[at] as number) stays.add(now[at] as string);
  return now.filter((key) => !stays.has(key));
}

class Comparison {
  readonly changes: Change[] = [];
  readonly #resource: string;

  constructor(resource: string) {
    this.#resource = resource;
  }

  #add(kind: Change['kind'], path: string, steps: readonly Step[], before: unknown, after: unknown): void {
    this.changes.push({
      kind,
      resource: this.#resource,
      path,
      ...(before === undefined ? {} : { before: kind === 'moved' ? before : withoutSecrets(before, steps) }),
      ...(after === undefined ? {} : { after: kind === 'moved' ? after : withoutSecrets(after, steps) }),
    });
  }

  value(type: string, before: unknown, after: unknown, path: string, steps: readonly Step[]): void {
    if (isDeepStrictEqual(before, after)) return;
    if (before === undefined) this.#add('added', path, steps, undefined, after);
    else if (after === undefined) this.#add('removed', path, steps, before, undefined);
    else if (Array.isArray(before) && Array.isArray(after)) this.#list(type, before, after, path, steps);
    else if (isObject(before) && isObject(after) && before['@type'] === after['@type']) {
      this.#fields(typeIn(after, type), before, after, path, steps);
    } else if (isSecret(steps)) this.#add('changed', path, steps, redactedText, redactedText);
    else this.#add('changed', path, steps, before, after);
  }

  #fields(type: string, before: Fields, after: Fields, path: string, steps: readonly Step[]): void {
    const order = fieldOrder(type);
    for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
      const place = order?.get(key);
      const inside = path === '' ? key : `${path}.${key}`;
      const [old, now] = [before[key], after[key]];
      if (place?.map === true && isObject(old) && isObject(now)) {
        for (const name of new Set([...Object.keys(old), ...Object.keys(now)])) {
          this.value(place.type, old[name], now[name], `${inside}[${name}]`, [...steps, key, name]);
        }
      } else this.value(place?.type ?? '', old, now, inside, [...steps, key]);
    }
  }

  #list(
    type: string,
    before: readonly unknown[],
    after: readonly unknown[],
    path: string,
    steps: readonly Step[],
  ): void {
    const [old, now] = [keyed(type, before), keyed(type, after)];
    for (const [key, { item }] of old) {
      if (!now.has(key)) this.#add('removed', `${path}[${key}]`, [...steps, 0], item, undefined);
    }
    for (const [key, { item, index }] of now) {
      const was = old.get(key);
      if (was === undefined) this.#add('added', `${path}[${key}]`, [...steps, 0], undefined, item);
      else this.value(typeIn(item, type), was.item, item, `${path}[${key}]`, [...steps, index]);
    }
    if (!ordered.has(type)) return;
    for (const key of movedKeys([...old.keys()], [...now.keys()])) {
      this.#add('moved', `${path}[${key}]`, steps, old.get(key)?.index, now.get(key)?.index);
    }
  }
}

const resourceLists = {
  listeners: ['listener', 'envoy.config.listener.v3.Listener'],
  clusters: ['cluster', 'envoy.config.cluster.v3.Cluster'],
  secrets: ['secret', 'envoy.extensions.transport_sockets.tls.v3.Secret'],
} as const;

function resourcesOf(
  bootstrap: Fields,
  field: string,
  type: string,
): Map<string, { item: unknown; index: number }> {
  const resources = isObject(bootstrap.static_resources) ? bootstrap.static_resources : {};
  const items = resources[field];
  return keyed(type, Array.isArray(items) ? items : []);
}

/** @param before and after are canonical bootstraps. @returns in the order: listeners, clusters, secrets, the rest */
export function diffConfigurations(before: unknown, after: unknown): Change[] {
  const [old, now] = [before, after].map((one) => {
    const value = withoutDefaults('envoy.config.bootstrap.v3.Bootstrap', one);
    return isObject(value) ? value : {};
  }) as [Fields, Fields];
  const changes: Change[] = [];
  for (const [field, [word, type]] of Object.entries(resourceLists)) {
    const [olds, nows] = [resourcesOf(old, field, type), resourcesOf(now, field, type)];
    for (const key of new Set([...olds.keys(), ...nows.keys()])) {
      const comparison = new Comparison(`${word} ${key}`);
      comparison.value(
        type,
        olds.get(key)?.item,
        nows.get(key)?.item,
        '',
        word === 'secret' ? ['secret'] : [],
      );
      changes.push(...comparison.changes);
    }
  }
  const order = fieldOrder('envoy.config.bootstrap.v3.Bootstrap');
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    if (key === 'static_resources') continue;
    const comparison = new Comparison(key);
    comparison.value(order?.get(key)?.type ?? '', old[key], now[key], '', [key]);
    changes.push(...comparison.changes);
  }
  return changes;
}
