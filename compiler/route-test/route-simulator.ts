/**
 * A request through a configuration up to the choice of its route, and what the route makes of it; nothing runs.
 */
import type { Path } from '../../dsl/api/index.js';
import { getHeader, setHeader } from '../../runtime/common/header-list.js';
import type { Fields } from '../../runtime/common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../../runtime/common/message-fields.js';
import type { RequestHead } from '../../runtime/http/codec.js';
import { stripHost } from '../../runtime/http/host-stripper.js';
import { createPathNormalizer } from '../../runtime/http/path-normalizer.js';
import { createRequestSanitizer } from '../../runtime/http/request-sanitizer.js';
import { ConfigError } from '../../runtime/network/filter.js';
import { compileHeaderMatcher } from '../../runtime/route/compile-header-matcher.js';
import { startOfPort } from '../../runtime/route/compile-redirect.js';
import { compileRouteTable } from '../../runtime/route/compile-route-table.js';
import { indexDomains } from '../../runtime/route/host-index.js';
import type { Route, RouteRequest, RouteTable } from '../../runtime/route/route-table.js';
import { pathText } from '../path-text.js';
import { describeRoute, whyLost } from './explain-route.js';
import type { Entrance, HttpManager, ManagerChoice } from './http-managers.js';
import { HttpManagers } from './http-managers.js';
import type { RouteOutcome, RoutePlace, RouteTestRequest } from './route-test.js';
import { simulatedStream } from './simulated-stream.js';
import type { TaggedRoutes } from './tagged-routes.js';
import { placeOf, tagRoutes } from './tagged-routes.js';

/** A route configuration with its matcher. */
interface Router {
  readonly path: Path;
  readonly config: Fields;
  readonly tagged: TaggedRoutes;
  readonly table: RouteTable;
  /** Index of the virtual host for a host without the port that is to be ignored. */
  readonly findHost: (host: string) => number | undefined;
}

/** A route configuration with its place. */
export interface RouteConfigurationAt {
  /** In the bootstrap. */
  readonly path: Path;
  /** Canonical `RouteConfiguration`. */
  readonly config: Fields;
}

const nothing: Omit<RouteOutcome, 'kind'> = {
  listener: '',
  filterChain: '',
  manager: [],
  routeConfiguration: '',
  virtualHost: '',
  virtualCluster: '',
  route: '',
  cluster: '',
  path: '',
  host: '',
  status: 0,
  location: '',
  body: '',
  requestHeaders: [],
  responseHeaders: [],
  trace: [],
};

/** `GET /rides` of a virtual host's `virtual_clusters`; `other` when there are some and none fits. */
function virtualClusterOf(virtualHost: Fields, request: RouteRequest): string {
  const clusters = messagesOf(virtualHost.virtual_clusters);
  if (clusters.length === 0) return '';
  const found = clusters.find(({ headers }) =>
    messagesOf(headers).every((matcher) => compileHeaderMatcher(matcher)(request, request.headers)),
  );
  return found === undefined ? 'other' : textOf(found.name);
}

function weightedIndex(route: Fields, random: number): number | undefined {
  const clusters = messagesOf(messageOf(messageOf(route.route).weighted_clusters).clusters);
  if (clusters.length === 0) return undefined;
  const total = clusters.reduce((sum, { weight }) => sum + numberOf(weight, 0), 0);
  let left = total === 0 ? 0 : random % total;
  for (const [index, { weight }] of clusters.entries()) {
    left -= numberOf(weight, 0);
    if (left < 0) return index;
  }
  return clusters.length - 1;
}

/** The head as the connection manager has it before it looks for a route; a text: it answers by itself. */
function prepare(
  request: RouteTestRequest,
  manager: Fields | undefined,
  port: number,
): RequestHead | RouteOutcome {
  const headers = ['host', request.authority];
  for (const [name, value] of request.headers) headers.push(name.toLowerCase(), value);
  if (request.internal) setHeader(headers, 'x-envoy-internal', 'true');
  const head: RequestHead = {
    method: request.method,
    path: request.path,
    scheme: request.scheme,
    authority: request.authority,
    headers,
    upgrade: '',
    protocol: 'HTTP/1.1',
  };
  if (manager === undefined) {
    if (getHeader(headers, 'x-forwarded-proto') === undefined)
      headers.push('x-forwarded-proto', request.scheme);
    return head;
  }
  const normal = createPathNormalizer(manager)?.(head.path);
  if (normal?.kind === 'reject') return { ...nothing, kind: 'rejected', status: 400, path: head.path };
  if (normal?.kind === 'redirect') {
    return { ...nothing, kind: 'rejected', status: 307, location: normal.path, path: head.path };
  }
  if (normal !== undefined) head.path = normal.path;
  const strip =
    manager.strip_any_host_port === true
      ? 'any'
      : manager.strip_matching_host_port === true
        ? 'matching'
        : 'none';
  stripHost(head, strip, manager.strip_trailing_host_dot === true, port);
  const peer = {
    remoteAddress: request.sourceAddress,
    remoteAddressText: `${request.sourceAddress}:40000`,
    localPort: port,
    scheme: request.scheme,
  } as const;
  const facts = { downstreamRemoteAddress: '', isInternalRequest: false };
  createRequestSanitizer(manager, { id: '', cluster: '' }, '127.0.0.1')(head, peer, facts);
  if (request.internal) setHeader(headers, 'x-envoy-internal', 'true');
  return head;
}

/** Tables are compiled once, at the first request that needs them. */
export class RouteSimulator {
  readonly #managers: HttpManagers | undefined;
  readonly #alone: Fields | undefined;
  readonly #routers = new Map<string, Router>();

  private constructor(managers: HttpManagers | undefined, alone: Fields | undefined) {
    this.#managers = managers;
    this.#alone = alone;
  }

  /** @param bootstrap canonical */
  static ofBootstrap(bootstrap: unknown): RouteSimulator {
    return new RouteSimulator(new HttpManagers(messageOf(bootstrap)), undefined);
  }

  /** @param config a canonical `RouteConfiguration` alone, as router_check_tool takes it */
  static ofRouteConfiguration(config: unknown): RouteSimulator {
    return new RouteSimulator(undefined, messageOf(config));
  }

  /** All route configurations that stand in the bootstrap itself. */
  get configurations(): RouteConfigurationAt[] {
    if (this.#alone !== undefined) return [{ path: [], config: this.#alone }];
    return (this.#managers?.all ?? []).flatMap(({ config, path }) =>
      config.route_config === undefined
        ? []
        : [{ path: [...path, 'route_config'], config: messageOf(config.route_config) }],
    );
  }

  get managers(): readonly HttpManager[] {
    return this.#managers?.all ?? [];
  }

  /** @param manager one of `managers` */
  entrance(manager: HttpManager): Entrance {
    return this.#managers?.entrance(manager) ?? { port: 0, tls: false, serverName: undefined };
  }

  /** Never throws: what cannot be told has the kind `unknown`. */
  simulate(request: RouteTestRequest): RouteOutcome {
    if (this.#alone !== undefined) return this.#through(request, undefined, this.#alone, []);
    const chosen = this.#choose(request);
    if ('problem' in chosen) return { ...nothing, kind: 'unknown', problem: chosen.problem };
    const { config, filterChain, listener, path } = chosen;
    if (config.route_config === undefined) {
      const source = config.rds === undefined ? 'scoped routes' : 'RDS';
      const problem = `the routes of ${listener} come from ${source}: they are not in this configuration`;
      return { ...nothing, kind: 'unknown', listener, filterChain, manager: path, problem };
    }
    const routes = messageOf(config.route_config);
    return this.#through(request, chosen, routes, [...path, 'route_config']);
  }

  #choose(request: RouteTestRequest): ManagerChoice {
    try {
      return this.#managers?.choose(request) ?? { problem: 'there is no configuration' };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { problem: `${pathText(error.path)}: ${error.message}` };
    }
  }

  #router(config: Fields, path: Path, { dynamicMetadata, runtime }: RouteTestRequest): Router {
    const key = JSON.stringify([path, runtime ?? null, dynamicMetadata ?? null]);
    let router = this.#routers.get(key);
    if (router === undefined) {
      const tagged = tagRoutes(config, { dynamicMetadata, runtime });
      const domains = messagesOf(config.virtual_hosts).flatMap(({ domains: list }, index) =>
        ((list ?? []) as readonly string[]).map((domain) => [domain, index] as const),
      );
      const table = compileRouteTable(tagged.config);
      router = { path, config, tagged, table, findHost: indexDomains(domains) };
      this.#routers.set(key, router);
    }
    return router;
  }

  #through(
    request: RouteTestRequest,
    manager: HttpManager | undefined,
    config: Fields,
    path: Path,
  ): RouteOutcome {
    const where = {
      ...nothing,
      listener: manager?.listener ?? '',
      filterChain: manager?.filterChain ?? '',
      manager: manager?.path ?? [],
      routeConfiguration: textOf(config.name),
    };
    const port = request.port ?? (request.scheme === 'https' ? 443 : 80);
    const head = prepare(request, manager?.config, port);
    if ('kind' in head) return { ...head, ...pick(where) };
    let router: Router;
    try {
      router = this.#router(config, path, request);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const problem = `${pathText([...path, ...error.path])}: ${error.message}`;
      return { ...where, kind: 'unknown', problem };
    }
    const seen: RouteRequest = { ...head, random: request.random };
    return this.#outcome(router, seen, where, request);
  }

  #outcome(
    router: Router,
    seen: RouteRequest,
    where: typeof nothing,
    request: RouteTestRequest,
  ): RouteOutcome {
    const { config, findHost, path, table, tagged } = router;
    const { authority } = seen;
    const ignoresPort = config.ignore_port_in_host_matching === true;
    const hostIndex = findHost(ignoresPort ? authority.slice(0, startOfPort(authority)) : authority);
    const incoming = { path: seen.path, host: authority, requestHeaders: [...seen.headers] };
    if (hostIndex === undefined) {
      const trace = [
        `no virtual host of '${textOf(config.name)}' has a domain for ${JSON.stringify(authority)}`,
      ];
      return { ...where, ...incoming, kind: 'no_route', status: 404, trace };
    }
    const virtualHost = messagesOf(config.virtual_hosts)[hostIndex] as Fields;
    const inHost = { ...where, ...incoming, virtualHost: textOf(virtualHost.name) };
    if (virtualHost.matcher !== undefined) {
      const problem = `virtual host '${inHost.virtualHost}' chooses its routes by a matcher tree, which needs real Envoy`;
      return { ...inHost, kind: 'unknown', problem };
    }
    const route = table.match(seen);
    const at = route === undefined ? undefined : placeOf(route.name);
    const routes = messagesOf(virtualHost.routes);
    // What `require_tls` answers with belongs to no route.
    const trace = route !== undefined && at === undefined ? [] : explain(routes, at?.route, seen);
    if (route === undefined) return { ...inHost, kind: 'no_route', status: 404, trace };
    const unknown = tagged.unknown.get(route.name);
    if (unknown !== undefined && at !== undefined) {
      const problem = `${describeRoute(routes[at.route] as Fields, at.route)} asks for ${unknown}, which needs real Envoy`;
      return { ...inHost, kind: 'unknown', problem, trace };
    }
    const original = at === undefined ? undefined : routes[at.route];
    const weighted = original === undefined ? undefined : weightedIndex(original, seen.random);
    const place: RoutePlace | undefined = at && { configPath: path, ...at, weighted };
    const found = {
      ...inHost,
      route: textOf(original?.name),
      ...(place === undefined ? {} : { place }),
      virtualCluster: route.kind === 'cluster' ? virtualClusterOf(virtualHost, seen) : '',
      trace,
    };
    return applyRoute(route, seen, found, request);
  }
}

function pick({ filterChain, listener, manager, routeConfiguration }: typeof nothing) {
  return { filterChain, listener, manager, routeConfiguration };
}

/** One line a route, up to the one that took the request. */
function explain(routes: readonly Fields[], winner: number | undefined, request: RouteRequest): string[] {
  const lines: string[] = [];
  for (const [index, route] of routes.entries()) {
    if (index === winner) {
      lines.push(`${describeRoute(route, index)} took it`);
      break;
    }
    let reason: string | undefined;
    try {
      reason = whyLost(messageOf(route.match), request);
    } catch {
      reason = 'it needs real Envoy';
    }
    lines.push(`${describeRoute(route, index)} lost because ${reason ?? 'it needs real Envoy'}`);
  }
  return lines;
}

/** The parts of an outcome that the chosen route decides. */
function applyRoute(
  route: Route,
  seen: RouteRequest,
  found: Omit<RouteOutcome, 'kind'>,
  request: RouteTestRequest,
): RouteOutcome {
  const cluster = route.kind === 'cluster' ? (route.cluster(seen) ?? '') : '';
  const headers = [...seen.headers];
  const responseHeaders: string[] = [];
  const info = simulatedStream({
    method: seen.method,
    scheme: seen.scheme,
    authority: seen.authority,
    path: seen.path,
    originalPath: request.path,
    requestHeaders: headers,
    routeName: found.route,
    virtualHostName: found.virtualHost,
    upstreamCluster: cluster === '' ? undefined : cluster,
    downstreamRemoteAddress: `${request.sourceAddress}:40000`,
    downstreamLocalAddress: `192.0.2.1:${request.port ?? 80}`,
    requestedServerName: request.serverName ?? '',
  });
  if (route.kind === 'redirect') {
    const location = route.location(seen);
    responseHeaders.push('location', location);
    route.responseHeaders?.(responseHeaders, info);
    return { ...found, kind: 'redirect', status: route.code, location, responseHeaders };
  }
  if (route.kind === 'direct_response') {
    const body = route.body.toString('utf8');
    if (route.body.length > 0) {
      responseHeaders.push('content-length', String(route.body.length), 'content-type', 'text/plain');
    }
    route.responseHeaders?.(responseHeaders, info);
    return { ...found, kind: 'direct_response', status: route.code, body, responseHeaders };
  }
  route.requestHeaders?.(headers, info);
  const path = route.rewritePath(seen.path) ?? seen.path;
  if (route.rewritesPath) setHeader(headers, 'x-envoy-original-path', seen.path);
  const host = route.rewriteAuthority(seen) ?? seen.authority;
  if (route.appendXForwardedHost && host !== seen.authority)
    setHeader(headers, 'x-forwarded-host', seen.authority);
  setHeader(headers, 'host', host);
  route.responseHeaders?.(responseHeaders, info);
  return {
    ...found,
    kind: 'cluster',
    cluster,
    path,
    host,
    timeoutMs: route.timeoutMs,
    ...(route.idleTimeoutMs === undefined ? {} : { idleTimeoutMs: route.idleTimeoutMs }),
    requestHeaders: headers,
    responseHeaders,
  };
}
