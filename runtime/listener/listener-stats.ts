/**
 * `listener.<address>.*`, made when a listener is built, all at 0 as in Envoy.
 */
import type { Counter, Gauge, Histogram, StatsScope } from '../stats/stat.js';

export interface ListenerStats {
  readonly cxTotal: Counter;
  readonly cxActive: Gauge;
  readonly cxDestroy: Counter;
  readonly cxLengthMs: Histogram;
  readonly preCxActive: Gauge;
  readonly preCxTimeout: Counter;
  /** Beyond the limit of the listener, and of all listeners. */
  readonly cxOverflow: Counter;
  readonly globalCxOverflow: Counter;
  readonly noFilterChainMatch: Counter;
  readonly handshakeTimeout: Counter;
  readonly filterError: Counter;
  readonly filterRemoteClose: Counter;
  readonly workerCxTotal: Counter;
  readonly workerCxActive: Gauge;
}

/** Counters of what does not happen here; consumers expect the names. */
const constant = [
  'downstream_cx_overload_reject',
  'extension_config_missing',
  'network_extension_config_missing',
];

/** @param prefix ends with a dot. @param worker of several processes, from 0 on */
export function createListenerStats(prefix: string, stats: StatsScope, worker = 0): ListenerStats {
  const counter = (name: string): Counter => stats.counter(prefix + name);
  const gauge = (name: string): Gauge => stats.gauge(prefix + name);
  for (const name of constant) counter(name);
  stats.histogram(`${prefix}connections_accepted_per_socket_event`);
  return {
    cxTotal: counter('downstream_cx_total'),
    cxActive: gauge('downstream_cx_active'),
    cxDestroy: counter('downstream_cx_destroy'),
    cxLengthMs: stats.histogram(`${prefix}downstream_cx_length_ms`),
    preCxActive: gauge('downstream_pre_cx_active'),
    preCxTimeout: counter('downstream_pre_cx_timeout'),
    cxOverflow: counter('downstream_cx_overflow'),
    globalCxOverflow: counter('downstream_global_cx_overflow'),
    noFilterChainMatch: counter('no_filter_chain_match'),
    handshakeTimeout: counter('downstream_cx_transport_socket_connect_timeout'),
    filterError: counter('downstream_listener_filter_error'),
    filterRemoteClose: counter('downstream_listener_filter_remote_close'),
    workerCxTotal: counter(`worker_${worker}.downstream_cx_total`),
    workerCxActive: gauge(`worker_${worker}.downstream_cx_active`),
  };
}

/** `tls_inspector.*` */
export interface InspectorStats {
  readonly tlsFound: Counter;
  readonly tlsNotFound: Counter;
  readonly sniFound: Counter;
  readonly sniNotFound: Counter;
  readonly alpnFound: Counter;
  readonly alpnNotFound: Counter;
  readonly clientHelloTooLarge: Counter;
}

export function createInspectorStats(stats: StatsScope): InspectorStats {
  const counter = (name: string): Counter => stats.counter(`tls_inspector.${name}`);
  return {
    tlsFound: counter('tls_found'),
    tlsNotFound: counter('tls_not_found'),
    sniFound: counter('sni_found'),
    sniNotFound: counter('sni_not_found'),
    alpnFound: counter('alpn_found'),
    alpnNotFound: counter('alpn_not_found'),
    clientHelloTooLarge: counter('client_hello_too_large'),
  };
}
