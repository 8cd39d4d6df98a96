/**
 * What putting a configuration in force in the place of another one would do: to connections, to requests, to clusters.
 */
import { isDeepStrictEqual } from 'node:util';
import { fieldsAt, listAt, textAt } from '../check/bootstrap-view.js';
import type { Change } from '../diff/diff-configurations.js';
import { diffConfigurations } from '../diff/diff-configurations.js';
import { byResource, kindOfResource } from '../diff/format-diff.js';
import { hostsOf } from '../overview/overview.js';
import { RouteSimulator } from '../route-test/route-simulator.js';
import type { RouteOutcome, RouteTestRequest } from '../route-test/route-test.js';
import { witnessRequests } from '../route-test/witness-requests.js';

/**
 * `hot`: no connection notices. `drain`: old connections end after their next answer, new ones meet the new configuration.
 * `restart`: it takes effect when the process starts again.
 */
export type Impact = 'hot' | 'drain' | 'restart';

/** `envoy-split`: real Envoy with listeners and clusters in files that it watches (`--layout split`). */
export type PlanEngine = 'bundled' | 'envoy' | 'envoy-split';

/** What becomes of one resource. */
export interface ResourceImpact {
  readonly resource: string;
  readonly kind: 'added' | 'removed' | 'changed';
  readonly impact: Impact;
  /** Why, in a few words. */
  readonly reason: string;
}

/** A request that is answered otherwise. */
export interface RouteChange {
  /** What `envoy3 route` takes: `GET http://example.com/api --listener http`. */
  readonly request: string;
  readonly before: string;
  readonly after: string;
}

/** A cluster that loses hosts. */
export interface HostLoss {
  readonly cluster: string;
  readonly lost: readonly string[];
  readonly gained: readonly string[];
  /** Hosts afterwards. */
  readonly left: number;
}

/** All that a change does. */
export interface Plan {
  readonly engine: PlanEngine;
  readonly changes: readonly Change[];
  readonly impacts: readonly ResourceImpact[];
  readonly routes: readonly RouteChange[];
  /** Requests that were compared. */
  readonly compared: number;
  readonly hosts: readonly HostLoss[];
}

/**
 * Fields of the connection manager that its connections depend on; everything else is looked up for each request. As in
 * the runtime's filter; what is doubtful counts as one of them.
 */
const connectionFields =
  /^(?:codec_type|common_http_protocol_options|delayed_close_timeout|drain_timeout|http_protocol_options|http2_protocol_options|http3_protocol_options|max_request_headers_kb|stat_prefix)(?:[.[]|$)/;

/**
 * The part of a change of a listener that its connections depend on, undefined when they stay: as in the runtime, which
 * keeps a filter chain whose TLS, buffers and filter are the same.
 */
function touched({ kind, path }: Change): string | undefined {
  if (path === 'per_connection_buffer_limit_bytes') return path;
  const chain =
    /^(?:filter_chains\[.*?\]|default_filter_chain)(?=\.filters|\.transport_socket|\.name|\.filter_chain_match|\.metadata|$)/.exec(
      path,
    );
  if (chain === null)
    return path.startsWith('filter_chains') && kind === 'removed' ? 'a filter chain that goes' : undefined;
  const inside = path.slice(chain[0].length + 1);
  if (inside === '') return kind === 'added' ? undefined : 'a filter chain that goes';
  if (inside.startsWith('transport_socket')) return 'transport_socket';
  if (!inside.startsWith('filters')) return undefined;
  const config = /^filters\[[^\]]*\]\.typed_config\.(.*)$/.exec(inside)?.[1];
  if (config === undefined) return /\]\.name$/.test(inside) ? undefined : 'its filters';
  return connectionFields.test(config) ? config.split(/[.[]/)[0] : undefined;
}

/** What the bundled runtime only reads when it starts. */
const startOnly: ReadonlySet<string> = new Set(['admin', 'node']);

function listenerImpact(changes: readonly Change[], engine: PlanEngine): readonly [Impact, string] {
  const kind = kindOfResource(changes);
  if (kind === 'added') return ['hot', 'a new listener'];
  if (kind === 'removed') return ['drain', 'its connections end after their next answer'];
  if (engine === 'envoy-split') return ['drain', 'real Envoy replaces a listener that changes'];
  const part = changes.map(touched).find((one) => one !== undefined);
  if (part !== undefined) return ['drain', `connections depend on ${part}`];
  if (changes.some(({ path }) => path.startsWith('address') || path.startsWith('additional_addresses'))) {
    return ['hot', 'it listens elsewhere; connections that are there stay'];
  }
  return ['hot', 'only what is looked up for each request or connection changes'];
}

function impactOf(resource: string, changes: readonly Change[], engine: PlanEngine): ResourceImpact {
  const kind = kindOfResource(changes);
  const make = ([impact, reason]: readonly [Impact, string]): ResourceImpact => ({
    resource,
    kind,
    impact,
    reason,
  });
  const [word] = resource.split(' ', 1);
  const isResource = resource.includes(' ');
  if (engine === 'envoy') return make(['restart', 'real Envoy reads a static configuration when it starts']);
  if (isResource && word === 'listener') return make(listenerImpact(changes, engine));
  if (isResource && word === 'cluster') {
    if (kind === 'added') return make(['hot', 'a new cluster, warmed before it is used']);
    if (kind === 'removed') return make(['hot', 'requests under way end as they are']);
    return make(['hot', 'requests under way end on the old one']);
  }
  if (isResource && word === 'secret') {
    return make(
      engine === 'bundled' ? ['drain', 'TLS contexts are built anew'] : ['restart', 'a static secret'],
    );
  }
  if (engine === 'bundled' && !startOnly.has(resource)) return make(['hot', 'read anew']);
  return make(['restart', 'read when the process starts']);
}

/** As `envoy3 route` takes it. */
function requestText({
  authority,
  headers,
  listener,
  method,
  path,
  random,
  scheme,
}: RouteTestRequest): string {
  const extra = headers.map(([name, value]) => ` -H '${name}: ${value}'`).join('');
  const at = listener === undefined ? '' : ` --listener ${listener}`;
  return `${method} ${scheme}://${authority}${path}${extra}${random === 0 ? '' : ` --random ${random}`}${at}`;
}

/** What a client or an upstream could tell apart. */
export function outcomeText(outcome: RouteOutcome): string {
  switch (outcome.kind) {
    case 'cluster': {
      const timeout = `timeout ${outcome.timeoutMs === 0 ? 'none' : `${(outcome.timeoutMs ?? 0) / 1000}s`}`;
      return `cluster ${outcome.cluster}, path ${outcome.path}, host ${outcome.host}, ${timeout}`;
    }
    case 'redirect':
    case 'rejected':
      return outcome.location === '' ? String(outcome.status) : `${outcome.status} to ${outcome.location}`;
    case 'direct_response':
      return `${outcome.status} ${JSON.stringify(outcome.body.slice(0, 60))}`;
    case 'no_route':
      return '404, no route';
    case 'unknown':
      return outcome.problem ?? 'unknown';
  }
}

function routeChanges(
  before: unknown,
  after: unknown,
): { readonly routes: RouteChange[]; readonly compared: number } {
  const [old, now] = [RouteSimulator.ofBootstrap(before), RouteSimulator.ofBootstrap(after)];
  const requests = new Map(
    [...witnessRequests(old), ...witnessRequests(now)].map((one) => [JSON.stringify(one), one] as const),
  );
  const routes: RouteChange[] = [];
  const seen = new Set<string>();
  for (const request of requests.values()) {
    // A listener may have another name: then it is known by its port.
    const was = old.simulate(request);
    const is = now.simulate(request);
    const [left, right] = [was, is].map((one, index) =>
      one.kind === 'unknown' ? (index === 0 ? old : now).simulate({ ...request, listener: undefined }) : one,
    ) as [RouteOutcome, RouteOutcome];
    if (left.kind === 'unknown' && right.kind === 'unknown') continue;
    const [from, to] = [outcomeText(left), outcomeText(right)];
    if (from === to) continue;
    const key = JSON.stringify([request.authority, left.listener, left.place, right.place, from === to]);
    // One witness for each pair of routes is enough.
    if (seen.has(key)) continue;
    seen.add(key);
    routes.push({ request: requestText(request), before: from, after: to });
  }
  return { routes, compared: requests.size };
}

function clustersOf(bootstrap: unknown): Map<string, readonly string[]> {
  const resources = fieldsAt(fieldsAt(bootstrap).static_resources);
  return new Map(
    listAt(resources.clusters).map((one) => [
      textAt(fieldsAt(one).name),
      hostsOf(fieldsAt(one).load_assignment),
    ]),
  );
}

function hostLosses(before: unknown, after: unknown): HostLoss[] {
  const now = clustersOf(after);
  return [...clustersOf(before)].flatMap(([cluster, hosts]) => {
    const left = now.get(cluster) ?? [];
    const lost = hosts.filter((host) => !left.includes(host));
    if (lost.length === 0) return [];
    return [{ cluster, lost, gained: left.filter((host) => !hosts.includes(host)), left: left.length }];
  });
}

/**
 * The bundled runtime puts a listener in the place of the one at its address, whatever its name was; so it is compared
 * with that one.
 */
function underNewNames(
  before: unknown,
  after: unknown,
): { readonly bootstrap: unknown; readonly renamed: Change[] } {
  const listenersOf = (bootstrap: unknown) =>
    listAt(fieldsAt(fieldsAt(bootstrap).static_resources).listeners).map(fieldsAt);
  const [old, now] = [listenersOf(before), listenersOf(after)];
  const names = (list: readonly Readonly<Record<string, unknown>>[]) =>
    new Set(list.map(({ name }) => textAt(name)));
  const [oldNames, newNames] = [names(old), names(now)];
  const renamed: Change[] = [];
  const listeners = old.map((listener) => {
    const name = textAt(listener.name);
    if (name === '' || newNames.has(name)) return listener;
    const heir = now.find(
      (one) => !oldNames.has(textAt(one.name)) && isDeepStrictEqual(one.address, listener.address),
    );
    if (heir === undefined) return listener;
    const to = textAt(heir.name);
    renamed.push({ kind: 'changed', resource: `listener ${to}`, path: 'name', before: name, after: to });
    return { ...listener, name: to };
  });
  if (renamed.length === 0) return { bootstrap: before, renamed };
  const resources = fieldsAt(fieldsAt(before).static_resources);
  return { bootstrap: { ...fieldsAt(before), static_resources: { ...resources, listeners } }, renamed };
}

/** @param before and after are canonical bootstraps */
export function planChange(before: unknown, after: unknown, engine: PlanEngine = 'bundled'): Plan {
  const { bootstrap, renamed } =
    engine === 'bundled' ? underNewNames(before, after) : { bootstrap: before, renamed: [] };
  const changes = [...renamed, ...diffConfigurations(bootstrap, after)];
  const impacts = [...byResource(changes)].map(([resource, list]) => impactOf(resource, list, engine));
  return { engine, changes, impacts, ...routeChanges(before, after), hosts: hostLosses(before, after) };
}
