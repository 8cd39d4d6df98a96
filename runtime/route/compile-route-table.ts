/**
 * A `RouteConfiguration` -> its table. Everything that depends on the configuration alone happens here.
 */
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import type { ClusterReference } from './compile-cluster-choice.js';
import { clusterReferences, mirrorReferences } from './compile-cluster-choice.js';
import type { Level } from './compile-level.js';
import { compileLevel } from './compile-level.js';
import { compileRateLimits } from './compile-rate-limits.js';
import { clientScheme, startOfPort } from './compile-redirect.js';
import type { RouteTarget } from './compile-route.js';
import { chooseRoute, compileRoute } from './compile-route.js';
import { under } from '../network/config-path.js';
import { indexDomains } from './host-index.js';
import { endOfPath } from './rewrite-path.js';
import type { FindRoute } from './route-index.js';
import { indexRoutes } from './route-index.js';
import type { CompileFilterConfig, CompileRouteTable, RouteRequest, RouteToRedirect } from './route-table.js';

interface VirtualHostTable {
  readonly find: FindRoute<RouteTarget>;
  /** Whom `require_tls` sends to https. */
  readonly requireTls: 'NONE' | 'EXTERNAL_ONLY' | 'ALL';
  readonly toTls: RouteToRedirect;
}

/** The answer of `require_tls`: it belongs to no route, so no header is added to it. */
function redirectToTls(virtualHostName: string): RouteToRedirect {
  return {
    kind: 'redirect',
    name: '',
    virtualHostName,
    requestHeaders: undefined,
    responseHeaders: undefined,
    filterConfigs: new Map(),
    olderCors: [],
    rateLimits: { route: [], virtualHost: [], includeVirtualHost: false },
    metadata: undefined,
    traced: undefined,
    code: 301,
    location: (request) => `https://${request.authority}${request.path}`,
  };
}

function mustUseTls({ requireTls }: VirtualHostTable, request: RouteRequest): boolean {
  if (requireTls === 'NONE' || clientScheme(request) === 'https') return false;
  return requireTls === 'ALL' || getHeader(request.headers, 'x-envoy-internal') !== 'true';
}

/** Routes of one virtual host. @throws ConfigError with the path inside the virtual host */
function compileVirtualHost(
  virtualHost: Fields,
  configuration: Level,
  compileFilterConfig: CompileFilterConfig,
): VirtualHostTable {
  const levels = {
    virtualHost: compileLevel(virtualHost, compileFilterConfig),
    configuration,
    rateLimits: under(() => compileRateLimits(virtualHost.rate_limits), 'rate_limits'),
    compileFilterConfig,
  };
  const routes = messagesOf(virtualHost.routes).map((route, index) =>
    under(() => compileRoute(route, levels), 'routes', index),
  );
  return {
    find: indexRoutes(routes),
    requireTls: textOf(virtualHost.require_tls, 'NONE') as VirtualHostTable['requireTls'],
    toTls: redirectToTls(textOf(virtualHost.name)),
  };
}

function* allReferences(configuration: Fields): Generator<ClusterReference> {
  const at = (references: readonly ClusterReference[], ...steps: (string | number)[]) =>
    references.map((one) => ({ ...one, path: [...steps, ...one.path] }));
  yield* mirrorReferences(configuration);
  for (const [host, virtualHost] of messagesOf(configuration.virtual_hosts).entries()) {
    yield* at(mirrorReferences(virtualHost), 'virtual_hosts', host);
    for (const [index, route] of messagesOf(virtualHost.routes).entries()) {
      yield* at(clusterReferences(messageOf(route.route)), 'virtual_hosts', host, 'routes', index, 'route');
    }
  }
}

/** All domains with their virtual host. @throws ConfigError where a domain occurs twice */
function* allDomains(
  configuration: Fields,
  compile: CompileFilterConfig,
): Generator<readonly [string, VirtualHostTable]> {
  const seen = new Set<string>();
  const level = compileLevel(configuration, compile);
  for (const [host, virtualHost] of messagesOf(configuration.virtual_hosts).entries()) {
    const table = under(() => compileVirtualHost(virtualHost, level, compile), 'virtual_hosts', host);
    for (const [index, domain] of ((virtualHost.domains ?? []) as readonly string[]).entries()) {
      const folded = domain.toLowerCase();
      if (seen.has(folded)) {
        const name = textOf(configuration.name);
        throw new ConfigError(
          folded === '*'
            ? `Only a single wildcard domain is permitted in route ${name}`
            : `Only unique values for domains are permitted. Duplicate entry of domain ${folded} in route ${name}`,
          ['virtual_hosts', host, 'domains', index],
        );
      }
      seen.add(folded);
      yield [domain, table];
    }
  }
}

export const compileRouteTable: CompileRouteTable = (
  given,
  compileFilterConfig = (_name, config) => config,
) => {
  const configuration = messageOf(given);
  const findHost = indexDomains(allDomains(configuration, compileFilterConfig));
  const ignoresPort = configuration.ignore_port_in_host_matching === true;
  return {
    name: textOf(configuration.name),
    clusterReferences: [...allReferences(configuration)],
    match(request) {
      const { authority } = request;
      const virtualHost = findHost(ignoresPort ? authority.slice(0, startOfPort(authority)) : authority);
      if (virtualHost === undefined) return undefined;
      if (virtualHost.requireTls !== 'NONE' && mustUseTls(virtualHost, request)) return virtualHost.toTls;
      const target = virtualHost.find(request, endOfPath(request.path));
      return target === undefined ? undefined : chooseRoute(target, request);
    },
  };
};
