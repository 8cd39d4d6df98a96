/**
 * Listeners of any kind: filter chains of one's own, TCP, and what looks at a connection before a chain is chosen.
 */
import type {
  AccessLog,
  Cluster,
  FilterChain,
  Listener,
  ListenerFilter,
  NetworkFilter,
  TransportSocket,
} from '../types.js';
import { socketAddress } from './address.js';
import { carry, nameOf, valuesOf } from './carried-clusters.js';
import type { DurationInput } from './duration.js';
import { duration } from './duration.js';
import { defined, extension } from './extension.js';
import type { FilterChainOf, ListenerOf, NetworkFilterOf } from './names.js';
import type { NamesIn, Share, WeightedTarget } from './route.js';

/** Of `filterChain`. */
export interface FilterChainOptions {
  /** Server names of TLS that choose this chain: `www.example.com`, `*.example.com`. */
  readonly serverNames?: readonly string[];
  /** Protocols of ALPN that choose it. */
  readonly applicationProtocols?: readonly string[];
  /** From `downstreamTls` or `tlsFromPem`. Default: plain text. */
  readonly tls?: TransportSocket;
  readonly name?: string;
  /** Any other field of `FilterChain`; it wins over what the builder sets. */
  readonly raw?: Partial<FilterChain>;
}

/** A filter chain: `filterChain([httpConnectionManager('a', { virtualHosts })], { serverNames: ['a.com'], tls })`. */
export function filterChain<const Names extends string = never>(
  filters: readonly NetworkFilterOf<Names>[],
  options: FilterChainOptions = {},
): FilterChainOf<Names> {
  const { applicationProtocols, name, raw, serverNames, tls } = options;
  const match = defined({ server_names: serverNames, application_protocols: applicationProtocols });
  return {
    ...defined({ name, transport_socket: tls }),
    ...(Object.keys(match).length === 0 ? {} : { filter_chain_match: match }),
    filters,
    ...raw,
  } as FilterChain as FilterChainOf<Names>;
}

/** Of `listener`. */
export interface ListenerOptions<Names extends string> {
  readonly filterChains: readonly FilterChainOf<Names>[];
  /** Takes the connections that no other chain takes. */
  readonly defaultFilterChain?: FilterChainOf<Names>;
  /** Address to listen on, default 0.0.0.0. */
  readonly address?: string;
  /** Default `listener_<port>`. */
  readonly name?: string;
  readonly listenerFilters?: readonly ListenerFilter[];
  /** Any other field of `Listener`; it wins over what the builder sets. */
  readonly raw?: Partial<Listener>;
}

/** A listener with filter chains of one's own. A chain by server name needs `tlsInspector()`, which is added by itself. */
export function listener<const Names extends string = never>(
  port: number,
  options: ListenerOptions<Names>,
): ListenerOf<Names> {
  const { address = '0.0.0.0', defaultFilterChain, filterChains, listenerFilters = [], name, raw } = options;
  const byHello = filterChains.some(
    ({ filter_chain_match: match }) =>
      match?.server_names !== undefined || match?.application_protocols !== undefined,
  );
  const inspected = listenerFilters.some((one) => one.name === tlsInspector().name);
  const filters = byHello && !inspected ? [...listenerFilters, tlsInspector()] : listenerFilters;
  return {
    name: name ?? `listener_${port}`,
    address: socketAddress(address, port),
    ...(filters.length === 0 ? {} : { listener_filters: filters }),
    filter_chains: filterChains,
    ...(defaultFilterChain === undefined ? {} : { default_filter_chain: defaultFilterChain }),
    ...raw,
  } as Listener as ListenerOf<Names>;
}

/** Of `tcpProxy`. */
export interface TcpProxyOptions {
  /** Without any data in either direction, a connection ends after this; Envoy's default is one hour. 0 = never. */
  readonly idleTimeout?: DurationInput;
  readonly accessLog?: AccessLog | readonly AccessLog[];
  /** Attempts to connect, default 1 as in Envoy. */
  readonly connectAttempts?: number;
}

/** The filter that hands connections to a cluster. @param statPrefix of its statistics */
export function tcpProxy<const Target extends Cluster | string | WeightedTarget<string>>(
  statPrefix: string,
  target: Target,
  options: TcpProxyOptions = {},
): NetworkFilterOf<NamesIn<Target>> {
  const { accessLog, connectAttempts, idleTimeout } = options;
  const split =
    typeof target === 'object' && 'weighted' in target ? (target.weighted as readonly Share[]) : undefined;
  const targets = split === undefined ? [target as Cluster | string] : split.map(([one]) => one);
  const filter = extension<NetworkFilter>(
    'envoy.filters.network.tcp_proxy',
    'envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
    {
      stat_prefix: statPrefix,
      cluster: split === undefined ? nameOf(target as Cluster | string) : undefined,
      weighted_clusters:
        split === undefined
          ? undefined
          : { clusters: split.map(([one, weight]) => ({ name: nameOf(one), weight })) },
      idle_timeout: idleTimeout === undefined ? undefined : duration(idleTimeout),
      max_connect_attempts: connectAttempts,
      access_log: accessLog === undefined ? undefined : Array.isArray(accessLog) ? accessLog : [accessLog],
    },
  );
  return carry(filter, valuesOf(targets)) as NetworkFilterOf<NamesIn<Target>>;
}

/** Of `tcpListener`. */
export interface TcpListenerOptions extends TcpProxyOptions {
  readonly address?: string;
  /** Default `tcp_<port>`; also the prefix of the statistics. */
  readonly name?: string;
  readonly tls?: TransportSocket;
}

/** A port whose connections go to a cluster: `tcpListener(5432, postgres)`. */
export function tcpListener<const Target extends Cluster | string | WeightedTarget<string>>(
  port: number,
  target: Target,
  options: TcpListenerOptions = {},
): ListenerOf<NamesIn<Target>> {
  const { address, name = `tcp_${port}`, tls } = options;
  const chain = filterChain([tcpProxy(name, target, options)], tls === undefined ? {} : { tls });
  return listener(port, {
    filterChains: [chain],
    name,
    ...(address === undefined ? {} : { address }),
  }) as ListenerOf<NamesIn<Target>>;
}

/** Reads the server name and ALPN of a TLS handshake, which filter chains are chosen by. */
export function tlsInspector(): ListenerFilter {
  return extension<ListenerFilter>(
    'envoy.filters.listener.tls_inspector',
    'envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  );
}

/** Tells HTTP/1.1 from HTTP/2 on plain text. */
export function httpInspector(): ListenerFilter {
  return extension<ListenerFilter>(
    'envoy.filters.listener.http_inspector',
    'envoy.extensions.filters.listener.http_inspector.v3.HttpInspector',
  );
}

/** Takes the client's address from the PROXY protocol. Every connection must begin with it, unless `optional`. */
export function proxyProtocol(options: { readonly optional?: boolean } = {}): ListenerFilter {
  return extension<ListenerFilter>(
    'envoy.filters.listener.proxy_protocol',
    'envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol',
    options.optional === true ? { allow_requests_without_proxy_protocol: true } : {},
  );
}

/** The address that a redirected connection was meant for (iptables). */
export function originalDst(): ListenerFilter {
  return extension<ListenerFilter>(
    'envoy.filters.listener.original_dst',
    'envoy.extensions.filters.listener.original_dst.v3.OriginalDst',
  );
}
