/**
 * Clusters. All of them set a connect time-out of one second, where Envoy waits five: a host that does not answer the
 * handshake of a local network within one second is gone.
 */
import type { Cluster, HealthCheck, OutlierDetection, TransportSocket } from '../types.js';
import type { SocketAddressValue } from './address.js';
import { parseHostPort } from './address.js';
import type { DurationInput } from './duration.js';
import { duration } from './duration.js';
import type { LoadBalancing } from './load-balancing.js';
import type { NamedCluster } from './names.js';

export interface ClusterOptions {
  /** `connect_timeout`, default one second. */
  readonly connectTimeout?: DurationInput;
  /** Default round robin. */
  readonly loadBalancing?: LoadBalancing;
  /** From `httpHealthCheck`, `grpcHealthCheck`, `tcpHealthCheck`. Default: hosts are healthy. */
  readonly healthChecks?: readonly HealthCheck[];
  /** From `outlierDetection`. Default: no host is ejected. */
  readonly outlierDetection?: OutlierDetection;
  /** What the hosts speak: HTTP/1.1 (the default), HTTP/2 (gRPC needs it), what the client spoke, or what ALPN finds. */
  readonly protocol?: 'http1' | 'http2' | 'downstream' | 'auto';
  /** From `upstreamTls`. Default: plain text. */
  readonly tls?: TransportSocket;
  /** Circuit breakers of the default priority; Envoy's defaults are 1024, 1024, 1024 and 3. */
  readonly maxConnections?: number;
  readonly maxPendingRequests?: number;
  readonly maxRequests?: number;
  readonly maxRetries?: number;
  /** True: `connect_timeout` and `dns_lookup_family` that are not given here are left to Envoy (5 s; `AUTO`). */
  readonly envoyDefaults?: boolean;
  /** Any other field of `Cluster`; it wins over what the builder sets. */
  readonly raw?: Partial<Cluster>;
}

export interface DnsOptions extends ClusterOptions {
  /** `dns_lookup_family`, default `V4_ONLY`: asked for by name, so that nobody waits for IPv6 by accident. */
  readonly lookupFamily?: 'V4_ONLY' | 'V6_ONLY' | 'V4_PREFERRED' | 'AUTO' | 'ALL';
  /** `dns_refresh_rate`, default five seconds as in Envoy. */
  readonly refreshRate?: DurationInput;
  /** DNS servers as `ip:port`. Default: those of the machine. */
  readonly resolvers?: readonly string[];
}

function circuitBreakers(options: ClusterOptions): Pick<Cluster, 'circuit_breakers'> {
  const { maxConnections, maxPendingRequests, maxRequests, maxRetries } = options;
  const threshold = {
    ...(maxConnections === undefined ? {} : { max_connections: maxConnections }),
    ...(maxPendingRequests === undefined ? {} : { max_pending_requests: maxPendingRequests }),
    ...(maxRequests === undefined ? {} : { max_requests: maxRequests }),
    ...(maxRetries === undefined ? {} : { max_retries: maxRetries }),
  };
  return Object.keys(threshold).length === 0 ? {} : { circuit_breakers: { thresholds: [threshold] } };
}

const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** ALPN of a transport socket is that of the protocols, unless it names its own. */
const protocolOptions = {
  http1: { explicit_http_config: { http_protocol_options: {} } },
  http2: { explicit_http_config: { http2_protocol_options: {} } },
  downstream: { use_downstream_protocol_config: { http_protocol_options: {}, http2_protocol_options: {} } },
  auto: { auto_config: { http_protocol_options: {}, http2_protocol_options: {} } },
} as const;

/** Envoy tells several health checks of a cluster apart by their names. */
function named(checks: readonly HealthCheck[]): readonly HealthCheck[] {
  if (checks.length < 2) return checks;
  return checks.map((check, index) =>
    check.name === undefined ? { name: `check_${index + 1}`, ...check } : check,
  );
}

/** What is the same for all types of clusters. */
function commonFields(options: ClusterOptions): Partial<Cluster> {
  const { healthChecks, outlierDetection, protocol, tls } = options;
  return {
    ...options.loadBalancing,
    ...circuitBreakers(options),
    ...(healthChecks === undefined ? {} : { health_checks: named(healthChecks) }),
    ...(outlierDetection === undefined ? {} : { outlier_detection: outlierDetection }),
    ...(protocol === undefined
      ? {}
      : {
          typed_extension_protocol_options: {
            [httpOptions]: { '@type': `type.googleapis.com/${httpOptions}`, ...protocolOptions[protocol] },
          },
        }),
    ...(tls === undefined ? {} : { transport_socket: tls }),
  } as Partial<Cluster>;
}

function build<Name extends string>(
  name: Name,
  type: 'STATIC' | 'STRICT_DNS' | 'LOGICAL_DNS',
  hosts: readonly SocketAddressValue[],
  options: ClusterOptions,
  more: Partial<Cluster>,
): NamedCluster<Name> {
  if (hosts.length === 0) throw new RangeError(`the cluster '${name}' has no hosts`);
  const endpoints = [{ lb_endpoints: hosts.map((address) => ({ endpoint: { address } })) }];
  const cluster = {
    name,
    type,
    ...(options.connectTimeout === undefined && options.envoyDefaults === true
      ? {}
      : { connect_timeout: duration(options.connectTimeout ?? '1s') }),
    ...commonFields(options),
    load_assignment: { cluster_name: name, endpoints },
    ...more,
    ...options.raw,
  };
  return cluster as NamedCluster<Name>;
}

/** A cluster in Envoy's own shape, with its name in its type. */
export function cluster<const Name extends string>(
  name: Name,
  raw: Omit<Cluster, 'name'>,
): NamedCluster<Name> {
  return { name, ...raw } as NamedCluster<Name>;
}

/** Hosts by IP address: `staticCluster('a', ['10.0.0.1:80', '10.0.0.2:80'])`. */
export function staticCluster<const Name extends string>(
  name: Name,
  hosts: readonly string[],
  options: ClusterOptions = {},
): NamedCluster<Name> {
  return build(name, 'STATIC', hosts.map(parseHostPort), options, {});
}

function dnsFields(options: DnsOptions): Partial<Cluster> {
  const { refreshRate, resolvers } = options;
  return {
    ...(options.lookupFamily === undefined && options.envoyDefaults === true
      ? {}
      : { dns_lookup_family: options.lookupFamily ?? 'V4_ONLY' }),
    ...(refreshRate === undefined ? {} : { dns_refresh_rate: duration(refreshRate) }),
    ...(resolvers === undefined
      ? {}
      : {
          typed_dns_resolver_config: {
            name: 'envoy.network.dns_resolver.cares',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
              resolvers: resolvers.map(parseHostPort),
              dns_resolver_options: { no_default_search_domain: true },
            },
          },
        }),
  };
}

/** Hosts by name, all addresses of each: `strictDns('a', ['a.internal:80'])`. */
export function strictDns<const Name extends string>(
  name: Name,
  hosts: readonly string[],
  options: DnsOptions = {},
): NamedCluster<Name> {
  return build(name, 'STRICT_DNS', hosts.map(parseHostPort), options, dnsFields(options));
}

/**
 * A host by name, of which one address at a time is used: for large services with many addresses
 * (`logicalDns('s3', 's3.amazonaws.com:443', { tls: upstreamTls({ sni: 's3.amazonaws.com' }) })`).
 */
export function logicalDns<const Name extends string>(
  name: Name,
  host: string,
  options: DnsOptions = {},
): NamedCluster<Name> {
  return build(name, 'LOGICAL_DNS', [parseHostPort(host)], options, dnsFields(options));
}

export interface EdsOptions extends ClusterOptions {
  /** File with the `ClusterLoadAssignment`s, which the proxy watches. Default: over ADS. */
  readonly path?: string;
  /** Name under which the hosts are asked for, default the cluster's. */
  readonly serviceName?: string;
}

/** Hosts that come over EDS, from a file or a management server. The bootstrap needs a `node`. */
export function eds<const Name extends string>(name: Name, options: EdsOptions = {}): NamedCluster<Name> {
  const { path, serviceName } = options;
  const source = path === undefined ? { ads: {} } : { path_config_source: { path } };
  const cluster = {
    name,
    type: 'EDS',
    connect_timeout: duration(options.connectTimeout ?? '1s'),
    ...commonFields(options),
    eds_cluster_config: {
      eds_config: { ...source, resource_api_version: 'V3' },
      ...(serviceName === undefined ? {} : { service_name: serviceName }),
    },
    ...options.raw,
  };
  return cluster as NamedCluster<Name>;
}
