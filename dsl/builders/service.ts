/**
 * A service as one thing: its cluster, and the routes to it.
 */
import type { Cluster } from '../types.js';
import type { DnsOptions } from './cluster.js';
import { strictDns } from './cluster.js';
import type { ConsulServiceOptions } from './consul-service.js';
import { consulService } from './consul-service.js';
import type { NamedCluster } from './names.js';
import type { MatchInput, RouteOptions } from './route.js';
import { route } from './route.js';
import type { RouteTo } from './names.js';

/** Of `defineService`. */
export interface ServiceOptions<Name extends string> extends RouteOptions {
  /** Hosts by name, a cluster of one's own, or an entry of the catalog. */
  readonly at: readonly string[] | NamedCluster<Name> | { readonly consul: ConsulServiceOptions };
  /** What the service takes, in order: texts are prefixes. */
  readonly routes: readonly MatchInput[];
  /** Options of the cluster, where `at` lists hosts. */
  readonly cluster?: DnsOptions;
}

/** Cluster and routes of one service. */
export interface Service<Name extends string> {
  readonly name: Name;
  readonly cluster: NamedCluster<Name>;
  /** For a virtual host: `virtualHost(['*'], [...users.routes, ...orders.routes])`. */
  readonly routes: readonly RouteTo<never>[];
  /** One more route, with options of its own over those of the service. */
  route(match: MatchInput, options?: RouteOptions): RouteTo<never>;
}

/**
 * `const users = defineService('users', { at: ['users.internal:8080'], routes: ['/users'], timeout: '2s' })`.
 * The options besides `at`, `routes` and `cluster` are those of each of its routes.
 */
export function defineService<const Name extends string>(
  name: Name,
  options: ServiceOptions<Name>,
): Service<Name> {
  const { at, cluster: clusterOptions, routes, ...routeOptions } = options;
  const cluster = Array.isArray(at)
    ? strictDns(name, at as readonly string[], clusterOptions)
    : 'consul' in (at as object)
      ? consulService(name, (at as { readonly consul: ConsulServiceOptions }).consul)
      : (at as NamedCluster<Name>);
  const to = (match: MatchInput, more: RouteOptions = {}): RouteTo<never> =>
    route(match, cluster as Cluster, { ...routeOptions, ...more }) as RouteTo<never>;
  return { name, cluster, routes: routes.map((match) => to(match)), route: to };
}
