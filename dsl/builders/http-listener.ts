/**
 * Listeners for HTTP with the settings that Envoy's documentation wants at the edge, where clients are not trusted.
 */
import type {
  AccessLog,
  HttpConnectionManager,
  HttpFilter,
  Listener,
  ListenerFilter,
  RouteConfiguration,
  TransportSocket,
} from '../types.js';
import { socketAddress } from './address.js';
import type { DurationInput } from './duration.js';
import { duration } from './duration.js';
import { extension } from './extension.js';
import type { ListenerOf, NetworkFilterOf, VirtualHostOf } from './names.js';

/** The filter that sends requests to clusters. Builders add it by themselves, as the last one. */
export function router(): HttpFilter {
  return {
    name: 'envoy.filters.http.router',
    typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
  };
}

export interface HttpConnectionManagerOptions<Names extends string> {
  readonly virtualHosts: readonly VirtualHostOf<Names>[];
  /** Any other field of the `RouteConfiguration`, and its name, which is that of the listener by default. */
  readonly routeConfig?: Partial<RouteConfiguration>;
  /** HTTP filters before the router. */
  readonly filters?: readonly HttpFilter[];
  readonly accessLog?: AccessLog | readonly AccessLog[];
  /**
   * True (the default): clients are strangers. Their address is taken from the connection, not from
   * `x-forwarded-for`, and internal headers are removed. False: another proxy stands before this one.
   */
  readonly edge?: boolean;
  /** A stream without any data ends after this, default five minutes. */
  readonly idleTimeout?: DurationInput;
  /** Any other field of `HttpConnectionManager`; it wins over what the builder sets. */
  readonly raw?: Partial<HttpConnectionManager>;
}

export interface HttpListenerOptions<Names extends string> extends HttpConnectionManagerOptions<Names> {
  /** Address to listen on, default 0.0.0.0. */
  readonly address?: string;
  /** Default `http_<port>` or `https_<port>`. */
  readonly name?: string;
  /** Prefix of the statistics, default the name. */
  readonly statPrefix?: string;
  /** From `tlsInspector`, `proxyProtocol` and the like. */
  readonly listenerFilters?: readonly ListenerFilter[];
  /** Any other field of `Listener`; it wins over what the builder sets. */
  readonly rawListener?: Partial<Listener>;
}

export interface HttpsListenerOptions<Names extends string> extends HttpListenerOptions<Names> {
  /** From `tlsFromPem`, or any downstream transport socket. */
  readonly tls: TransportSocket;
}

/** https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/best_practices/edge */
const edgeSettings = {
  use_remote_address: true,
  normalize_path: true,
  merge_slashes: true,
  path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
  common_http_protocol_options: { idle_timeout: '3600s', headers_with_underscores_action: 'REJECT_REQUEST' },
  request_headers_timeout: '10s',
} as const;

/** Bytes that a connection buffers before it makes the other side wait; Envoy's own default is one MiB. */
const edgeBufferBytes = 32_768;

function manager<Names extends string>(
  name: string,
  statPrefix: string,
  options: HttpConnectionManagerOptions<Names>,
): HttpConnectionManager {
  const { accessLog, filters = [], virtualHosts, idleTimeout } = options;
  const route_config: RouteConfiguration = { name, virtual_hosts: virtualHosts, ...options.routeConfig };
  return {
    stat_prefix: statPrefix,
    ...(options.edge === false ? {} : edgeSettings),
    ...(idleTimeout === undefined ? {} : { stream_idle_timeout: duration(idleTimeout) }),
    ...(accessLog === undefined
      ? {}
      : { access_log: (Array.isArray(accessLog) ? accessLog : [accessLog]) as AccessLog[] }),
    route_config,
    http_filters: [...filters, router()],
    ...options.raw,
  } as HttpConnectionManager;
}

const managerName = 'envoy.filters.network.http_connection_manager';

function managerFilter<Names extends string>(
  name: string,
  statPrefix: string,
  options: HttpConnectionManagerOptions<Names>,
): NetworkFilterOf<Names> {
  const type = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
  return extension<NetworkFilterOf<Names>>(managerName, type, manager(name, statPrefix, options));
}

/**
 * The filter for HTTP, for filter chains of one's own: `filterChain([httpConnectionManager('web', { virtualHosts })])`.
 * @param statPrefix also the name of its routes
 */
export function httpConnectionManager<const Names extends string = never>(
  statPrefix: string,
  options: HttpConnectionManagerOptions<Names>,
): NetworkFilterOf<Names> {
  return managerFilter(statPrefix, statPrefix, options);
}

function listen<Names extends string>(
  scheme: 'http' | 'https',
  port: number,
  options: HttpListenerOptions<Names>,
  tls: TransportSocket | undefined,
): ListenerOf<Names> {
  const name = options.name ?? `${scheme}_${port}`;
  const chain = {
    filters: [managerFilter(name, options.statPrefix ?? name, options)],
    ...(tls === undefined ? {} : { transport_socket: tls }),
  };
  const listener = {
    name,
    address: socketAddress(options.address ?? '0.0.0.0', port),
    ...(options.edge === false ? {} : { per_connection_buffer_limit_bytes: edgeBufferBytes }),
    ...(options.listenerFilters === undefined ? {} : { listener_filters: options.listenerFilters }),
    filter_chains: [chain],
    ...options.rawListener,
  };
  return listener as Listener as ListenerOf<Names>;
}

/** `httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/', web)])] })`. */
export function httpListener<const Names extends string = never>(
  port: number,
  options: HttpListenerOptions<Names>,
): ListenerOf<Names> {
  return listen('http', port, options, undefined);
}

/** The same behind TLS. */
export function httpsListener<const Names extends string = never>(
  port: number,
  options: HttpsListenerOptions<Names>,
): ListenerOf<Names> {
  return listen('https', port, options, options.tls);
}
