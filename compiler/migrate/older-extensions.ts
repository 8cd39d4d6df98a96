/**
 * Extensions under the names and types that they had in v2: names from the release notes of Envoy 1.14, types by their
 * last part.
 */
import { table } from '../../dsl/api/generated/table.js';

/** Names by category, without the prefix `envoy.` that all had. */
const olderNames: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'envoy.filters.http': {
    ...Object.fromEntries(
      [
        ...[
          'buffer',
          'cors',
          'csrf',
          'ext_authz',
          'fault',
          'grpc_http1_bridge',
          'grpc_json_transcoder',
          'grpc_web',
        ],
        ...['health_check', 'ip_tagging', 'lua', 'router', 'squash', 'gzip'],
      ].map((name) => [name, `envoy.filters.http.${name}`]),
    ),
    http_dynamo_filter: 'envoy.filters.http.dynamo',
    rate_limit: 'envoy.filters.http.ratelimit',
  },
  'envoy.filters.network': Object.fromEntries(
    [
      ...['client_ssl_auth', 'echo', 'ext_authz', 'http_connection_manager', 'mongo_proxy', 'ratelimit'],
      ...['redis_proxy', 'tcp_proxy'],
    ].map((name) => [name, `envoy.filters.network.${name}`]),
  ),
  'envoy.filters.listener': Object.fromEntries(
    ['http_inspector', 'original_dst', 'original_src', 'proxy_protocol', 'tls_inspector'].map((name) => [
      `listener.${name}`,
      `envoy.filters.listener.${name}`,
    ]),
  ),
  'envoy.access_loggers': {
    file_access_log: 'envoy.access_loggers.file',
    http_grpc_access_log: 'envoy.access_loggers.http_grpc',
    tcp_grpc_access_log: 'envoy.access_loggers.tcp_grpc',
  },
  'envoy.stats_sinks': {
    statsd: 'envoy.stat_sinks.statsd',
    dog_statsd: 'envoy.stat_sinks.dog_statsd',
    metrics_service: 'envoy.stat_sinks.metrics_service',
  },
  'envoy.tracers': { zipkin: 'envoy.tracers.zipkin', 'dynamic.ot': 'envoy.tracers.dynamic_ot' },
  'envoy.transport_sockets.upstream': Object.fromEntries(
    ['raw_buffer', 'tls', 'alts', 'tap'].map((name) => [
      `transport_sockets.${name}`,
      `envoy.transport_sockets.${name}`,
    ]),
  ),
};

/** The name of today; undefined when the name is not an older one. @param category of the slot, `''` when unknown */
export function newerName(name: string, category: string): string | undefined {
  const bare = name.replace(/^envoy\./, '');
  if (bare === name) return undefined;
  const tables = category in olderNames ? [olderNames[category]] : Object.values(olderNames);
  const found = tables.map((names) => names?.[bare]).find((newer) => newer !== undefined);
  return found === name ? undefined : found;
}

/** The message that an extension takes, by its name of today. @returns undefined when Envoy has no such extension */
export function typeOfExtension(name: string, category: string): string | undefined {
  const found = table.extensions.filter(
    (one) => one.name === name && (category === '' || one.category === category),
  );
  const types = found.flatMap(({ types: list }) => list);
  // A filter has a second message for single routes.
  return types.find((type) => !/PerRoute$|Route$/.test(type)) ?? types[0];
}

/** Types whose last part changed, or is not enough. */
const movedTypes: Readonly<Record<string, string>> = {
  'envoy.api.v2.auth.UpstreamTlsContext': 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
  'envoy.api.v2.auth.DownstreamTlsContext': 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
  'envoy.api.v2.RouteConfiguration': 'envoy.config.route.v3.RouteConfiguration',
  'envoy.config.filter.http.rate_limit.v2.RateLimit': 'envoy.extensions.filters.http.ratelimit.v3.RateLimit',
  'envoy.config.filter.network.rate_limit.v2.RateLimit':
    'envoy.extensions.filters.network.ratelimit.v3.RateLimit',
};

/** `envoy.config.filter.http.router.v2.Router` -> the v3 message; undefined when it is none of v2, or has no successor. */
export function newerType(type: string): string | undefined {
  if (type in table.messages && !/\.v2(?:alpha\d?)?\./.test(type)) return undefined;
  if (!/\.v[12](?:alpha\d?|beta\d?)?\./.test(type)) return undefined;
  const moved = movedTypes[type];
  if (moved !== undefined) return moved;
  const last = type.slice(type.lastIndexOf('.') + 1);
  const words = new Set(type.split('.'));
  const scored = Object.keys(table.messages)
    .filter((name) => name.endsWith(`.v3.${last}`))
    .map((name) => ({ name, score: name.split('.').filter((word) => words.has(word)).length }))
    .sort((a, b) => b.score - a.score);
  const [best, second] = scored;
  return best === undefined || best.score === second?.score ? undefined : best.name;
}
