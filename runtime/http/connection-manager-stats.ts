/**
 * `http.<stat_prefix>.*` and `listener.<address>.http.<stat_prefix>.*`, made once per connection manager.
 */
import type { Counter, StatsScope } from '../stats/stat.js';

const idleCounters = [
  'downstream_cx_delayed_close_timeout',
  'downstream_cx_destroy_local_active_rq',
  'downstream_cx_destroy_remote_active_rq',
  'downstream_cx_drain_close',
  'downstream_cx_http2_total',
  'downstream_cx_http3_total',
  'downstream_cx_max_duration_reached',
  'downstream_cx_overload_disable_keepalive',
  'downstream_cx_protocol_error',
  'downstream_cx_upgrades_total',
  'downstream_flow_control_paused_reading_total',
  'downstream_flow_control_resumed_reading_total',
  'downstream_rq_failed_path_normalization',
  'downstream_rq_http2_total',
  'downstream_rq_http3_total',
  'downstream_rq_overload_close',
  'downstream_rq_redirected_with_normalized_path',
  'downstream_rq_rejected_via_ip_detection',
  'downstream_rq_response_before_rq_complete',
  'downstream_rq_too_large',
  'downstream_rq_ws_on_non_ws_route',
  'rq_direct_response',
  'rq_redirect',
  'rq_reset_after_downstream_response_started',
  'rq_total',
] as const;

export type ConnectionManagerStats = ReturnType<typeof createConnectionManagerStats>;

/** @param listenerPrefix `listener.<address>.`, ends with a dot */
export function createConnectionManagerStats(statPrefix: string, listenerPrefix: string, scope: StatsScope) {
  const prefix = `http.${statPrefix}.`;
  const counter = (name: string): Counter => scope.counter(prefix + name);
  const classes = (of: string): Counter[] =>
    [0, 1, 2, 3, 4, 5].map((digit) => scope.counter(`${of}downstream_rq_${Math.max(1, digit)}xx`));
  for (const name of idleCounters) counter(name);
  const own = classes(prefix);
  const ofListener = classes(`${listenerPrefix}http.${statPrefix}.`);
  const completed = [
    counter('downstream_rq_completed'),
    scope.counter(`${listenerPrefix}http.${statPrefix}.downstream_rq_completed`),
  ];
  return {
    cxTotal: counter('downstream_cx_total'),
    cxActive: scope.gauge(`${prefix}downstream_cx_active`),
    cxHttp1Total: counter('downstream_cx_http1_total'),
    cxHttp1Active: scope.gauge(`${prefix}downstream_cx_http1_active`),
    cxSslTotal: counter('downstream_cx_ssl_total'),
    cxDestroy: counter('downstream_cx_destroy'),
    cxDestroyActiveRq: counter('downstream_cx_destroy_active_rq'),
    cxDestroyLocal: counter('downstream_cx_destroy_local'),
    cxDestroyRemote: counter('downstream_cx_destroy_remote'),
    cxIdleTimeout: counter('downstream_cx_idle_timeout'),
    cxMaxRequestsReached: counter('downstream_cx_max_requests_reached'),
    cxRxBytes: counter('downstream_cx_rx_bytes_total'),
    cxTxBytes: counter('downstream_cx_tx_bytes_total'),
    cxLengthMs: scope.histogram(`${prefix}downstream_cx_length_ms`),
    rqTotal: counter('downstream_rq_total'),
    rqHttp1Total: counter('downstream_rq_http1_total'),
    rqActive: scope.gauge(`${prefix}downstream_rq_active`),
    rqTime: scope.histogram(`${prefix}downstream_rq_time`),
    rqTimeout: counter('downstream_rq_timeout'),
    rqHeaderTimeout: counter('downstream_rq_header_timeout'),
    rqIdleTimeout: counter('downstream_rq_idle_timeout'),
    rqNonRelativePath: counter('downstream_rq_non_relative_path'),
    rqRxReset: counter('downstream_rq_rx_reset'),
    rqTxReset: counter('downstream_rq_tx_reset'),
    noRoute: counter('no_route'),
    noCluster: counter('no_cluster'),
    rqDirectResponse: counter('rq_direct_response'),
    rqRedirect: counter('rq_redirect'),
    rqTotalRouted: counter('rq_total'),
    countResponse(code: number): void {
      for (const one of completed) one.inc();
      const digit = Math.floor(code / 100);
      own[digit]?.inc();
      ofListener[digit]?.inc();
    },
  };
}
