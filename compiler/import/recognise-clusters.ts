/**
 * Clusters that `strictDns` and `staticCluster` make.
 */
import * as dsl from '../../dsl/index.js';
import type { Expression, Fields } from './expression.js';
import { call, durationInput, isObject, list, object, scalar } from './expression.js';
import type { ImportContext, Recogniser } from './import-context.js';

const clusterType = 'envoy.config.cluster.v3.Cluster';

function keysAre(value: unknown, ...keys: readonly string[]): value is Fields {
  return isObject(value) && Object.keys(value).every((key) => keys.includes(key));
}

/** `host:port` of an endpoint that is nothing else. */
function hostOf(endpoint: unknown): string | undefined {
  if (!keysAre(endpoint, 'endpoint') || !keysAre(endpoint.endpoint, 'address')) return undefined;
  const { address } = endpoint.endpoint;
  if (!keysAre(address, 'socket_address') || !keysAre(address.socket_address, 'address', 'port_value'))
    return undefined;
  const { address: host, port_value: port } = address.socket_address;
  if (typeof host !== 'string' || typeof port !== 'number') return undefined;
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

function hostsOf(value: Fields): string[] | undefined {
  const { load_assignment: assignment, name } = value;
  if (!keysAre(assignment, 'cluster_name', 'endpoints') || assignment.cluster_name !== name) return undefined;
  const [only, second] = (assignment.endpoints ?? []) as readonly unknown[];
  if (second !== undefined || !keysAre(only, 'lb_endpoints')) return undefined;
  const hosts = ((only.lb_endpoints ?? []) as readonly unknown[]).map(hostOf);
  return hosts.includes(undefined) || hosts.length === 0 ? undefined : (hosts as string[]);
}

const balancers: Readonly<Record<string, readonly [name: string, make: () => unknown]>> = {
  ROUND_ROBIN: ['roundRobin', dsl.roundRobin],
  LEAST_REQUEST: ['leastRequest', dsl.leastRequest],
  RANDOM: ['random', dsl.random],
};

const thresholds = {
  max_connections: 'maxConnections',
  max_pending_requests: 'maxPendingRequests',
  max_requests: 'maxRequests',
  max_retries: 'maxRetries',
} as const;

/** Options of the circuit breakers; undefined when they are of another form. */
function breakers(value: unknown): [string, Expression][] | undefined {
  if (!keysAre(value, 'thresholds')) return undefined;
  const [only, second] = (value.thresholds ?? []) as readonly unknown[];
  if (second !== undefined || !keysAre(only, ...Object.keys(thresholds))) return undefined;
  return Object.entries(thresholds).flatMap(([field, option]) =>
    only[field] === undefined ? [] : [[option, scalar(only[field])] as [string, Expression]],
  );
}

/** `ip:port` of the resolvers, when `resolvers` gives the very same message. */
function resolversOf(value: unknown): Expression | undefined {
  if (!isObject(value) || !isObject(value.typed_config)) return undefined;
  const resolvers = value.typed_config.resolvers;
  if (!Array.isArray(resolvers)) return undefined;
  const hosts = resolvers.map((address: unknown) => hostOf({ endpoint: { address } }));
  return hosts.includes(undefined) ? undefined : list(hosts.map(scalar));
}

/** Messages that builders take as they are. */
const messageOptions = [
  ['health_checks', 'healthChecks', 'envoy.config.core.v3.HealthCheck'],
  ['outlier_detection', 'outlierDetection', 'envoy.config.cluster.v3.OutlierDetection'],
  ['transport_socket', 'tls', 'envoy.config.core.v3.TransportSocket'],
] as const;

/** The word by which `protocol` gives these very options. */
function protocolOf(options: unknown): string | undefined {
  if (options === undefined) return undefined;
  const text = JSON.stringify(options);
  return (['http1', 'http2', 'downstream', 'auto'] as const).find((protocol) => {
    const made = dsl.staticCluster('a', ['127.0.0.1:1'], { protocol }).typed_extension_protocol_options;
    return JSON.stringify(made) === text;
  });
}

function optionsOf(value: Fields, context: ImportContext, isDns: boolean): Expression {
  const taken = ['name', 'type', 'load_assignment', 'connect_timeout'];
  const members: [string, Expression | undefined][] = [];
  const usesDefaults =
    value.connect_timeout === undefined || (isDns && value.dns_lookup_family === undefined);
  if (value.connect_timeout !== undefined && (usesDefaults || value.connect_timeout !== '1s')) {
    members.push(['connectTimeout', durationInput(value.connect_timeout)]);
  }
  if (isDns) {
    taken.push('dns_lookup_family', 'dns_refresh_rate');
    const family = value.dns_lookup_family;
    if (family !== undefined && (usesDefaults || family !== 'V4_ONLY'))
      members.push(['lookupFamily', scalar(family)]);
    if (value.dns_refresh_rate !== undefined)
      members.push(['refreshRate', durationInput(value.dns_refresh_rate)]);
    const resolvers = resolversOf(value.typed_dns_resolver_config);
    if (resolvers !== undefined) {
      taken.push('typed_dns_resolver_config');
      members.push(['resolvers', resolvers]);
    }
  }
  const [balancer, make] = balancers[String(value.lb_policy)] ?? [];
  if (balancer !== undefined && make !== undefined) {
    taken.push('lb_policy');
    members.push(['loadBalancing', call(balancer, make)]);
  }
  const limits = breakers(value.circuit_breakers);
  if (limits !== undefined) {
    taken.push('circuit_breakers');
    members.push(...limits);
  }
  for (const [field, option, inner] of messageOptions) {
    const given = value[field];
    if (given === undefined) continue;
    taken.push(field);
    const items = Array.isArray(given)
      ? list(given.map((one) => context.message(inner, one)))
      : context.message(inner, given);
    members.push([option, items]);
  }
  const protocol = protocolOf(value.typed_extension_protocol_options);
  if (protocol !== undefined) {
    taken.push('typed_extension_protocol_options');
    members.push(['protocol', scalar(protocol)]);
  }
  if (usesDefaults) members.push(['envoyDefaults', scalar(true)]);
  members.push(['raw', context.rest(clusterType, value, taken)]);
  return object(members);
}

/** Types with hosts, and the builders of each. */
const builders = {
  STRICT_DNS: ['strictDns', dsl.strictDns],
  STATIC: ['staticCluster', dsl.staticCluster],
} as const;

/** `strictDns`, `staticCluster`, `logicalDns`. */
export const recogniseCluster: Recogniser = (value, context) => {
  const type = String(value.type);
  const hosts = hostsOf(value);
  if (hosts === undefined) return undefined;
  if (type === 'LOGICAL_DNS' && hosts.length === 1) {
    const options = optionsOf(value, context, true);
    return call('logicalDns', dsl.logicalDns, scalar(value.name), scalar(hosts[0]), options);
  }
  if (type !== 'STRICT_DNS' && type !== 'STATIC') return undefined;
  const [name, make] = builders[type];
  return call(
    name,
    make,
    scalar(value.name),
    list(hosts.map(scalar)),
    optionsOf(value, context, type !== 'STATIC'),
  );
};
