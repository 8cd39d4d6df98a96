/**
 * `http.<stat_prefix>.*` and `listener.<address>.http.<stat_prefix>.*` of the connection manager, all made when it is built,
 * so that a request only adds numbers. The router's own (`no_route`, `rq_total`, ...) are the router's to make.
 */
import type { Counter, Gauge, StatsScope } from '../stats/stat.js';

/** Counters and gauges that exist in Envoy from the start and that nothing here counts: HTTP/3, overload, tracing. */
const idleCounters = [
  'downstream_cx_delayed_close_timeout',
  'downstream_cx_http1_soft_drain',
  'downstream_cx_http3_total',
  'downstream_cx_overload_disable_keepalive',
  'downstream_rq_http3_total',
  'downstream_rq_max_duration_reached',
  'downstream_rq_overload_close',
  'downstream_rq_rejected_via_ip_detection',
  'rs_too_large',
] as const;
const idleGauges = [
  'downstream_cx_http3_active',
  'downstream_cx_rx_bytes_buffered',
  'downstream_cx_tx_bytes_buffered',
] as const;

export interface ConnectionManagerStats {
  readonly cxTotal: Counter;
  readonly cxActive: Gauge;
  readonly cxHttp1Total: Counter;
  readonly cxHttp1Active: Gauge;
  readonly cxHttp2Total: Counter;
  readonly cxHttp2Active: Gauge;
  readonly cxSslTotal: Counter;
  readonly cxSslActive: Gauge;
  readonly cxUpgradesTotal: Counter;
  readonly cxUpgradesActive: Gauge;
  readonly cxDestroy: Counter;
  readonly cxDestroyActiveRq: Counter;
  readonly cxDestroyLocal: Counter;
  readonly cxDestroyLocalActiveRq: Counter;
  readonly cxDestroyRemote: Counter;
  readonly cxDestroyRemoteActiveRq: Counter;
  readonly cxDrainClose: Counter;
  readonly cxIdleTimeout: Counter;
  readonly cxMaxDurationReached: Counter;
  readonly cxMaxRequestsReached: Counter;
  readonly cxProtocolError: Counter;
  readonly cxRxBytes: Counter;
  readonly cxTxBytes: Counter;
  readonly flowControlPaused: Counter;
  readonly flowControlResumed: Counter;
  readonly rqTotal: Counter;
  readonly rqHttp1Total: Counter;
  readonly rqHttp2Total: Counter;
  readonly rqTooManyPrematureResets: Counter;
  readonly rqActive: Gauge;
  readonly rqTimeout: Counter;
  readonly rqHeaderTimeout: Counter;
  readonly rqIdleTimeout: Counter;
  readonly rqNonRelativePath: Counter;
  readonly rqFailedPathNormalization: Counter;
  readonly rqRedirectedWithNormalizedPath: Counter;
  readonly rqResponseBeforeRqComplete: Counter;
  readonly rqRxReset: Counter;
  readonly rqTxReset: Counter;
  readonly rqTooLarge: Counter;
  readonly rqWsOnNonWsRoute: Counter;
  readonly cxLengthMs: { record(value: number): void };
  readonly rqTime: { record(value: number): void };
  /** `downstream_rq_completed` and `downstream_rq_<n>xx`, of the manager and of its listener. */
  countResponse(code: number): void;
}

/**
 * @param prefix `http.<stat_prefix>.`
 * @param listenerPrefix `listener.<address>.`, ends with a dot
 */
export function createConnectionManagerStats(
  prefix: string,
  listenerPrefix: string,
  scope: StatsScope,
): ConnectionManagerStats {
  const counter = (name: string): Counter => scope.counter(prefix + name);
  const gauge = (name: string): Gauge => scope.gauge(prefix + name);
  for (const name of idleCounters) counter(name);
  for (const name of idleGauges) gauge(name);
  const classes = (of: string): (Counter | undefined)[] => [
    undefined,
    ...[1, 2, 3, 4, 5].map((digit) => scope.counter(`${of}downstream_rq_${digit}xx`)),
  ];
  const own = classes(prefix);
  const ofListener = classes(`${listenerPrefix}${prefix}`);
  const completed = counter('downstream_rq_completed');
  const completedOfListener = scope.counter(`${listenerPrefix}${prefix}downstream_rq_completed`);
  return {
    cxTotal: counter('downstream_cx_total'),
    cxActive: gauge('downstream_cx_active'),
    cxHttp1Total: counter('downstream_cx_http1_total'),
    cxHttp1Active: gauge('downstream_cx_http1_active'),
    cxHttp2Total: counter('downstream_cx_http2_total'),
    cxHttp2Active: gauge('downstream_cx_http2_active'),
    cxSslTotal: counter('downstream_cx_ssl_total'),
    cxSslActive: gauge('downstream_cx_ssl_active'),
    cxUpgradesTotal: counter('downstream_cx_upgrades_total'),
    cxUpgradesActive: gauge('downstream_cx_upgrades_active'),
    cxDestroy: counter('downstream_cx_destroy'),
    cxDestroyActiveRq: counter('downstream_cx_destroy_active_rq'),
    cxDestroyLocal: counter('downstream_cx_destroy_local'),
    cxDestroyLocalActiveRq: counter('downstream_cx_destroy_local_active_rq'),
    cxDestroyRemote: counter('downstream_cx_destroy_remote'),
    cxDestroyRemoteActiveRq: counter('downstream_cx_destroy_remote_active_rq'),
    cxDrainClose: counter('downstream_cx_drain_close'),
    cxIdleTimeout: counter('downstream_cx_idle_timeout'),
    cxMaxDurationReached: counter('downstream_cx_max_duration_reached'),
    cxMaxRequestsReached: counter('downstream_cx_max_requests_reached'),
    cxProtocolError: counter('downstream_cx_protocol_error'),
    cxRxBytes: counter('downstream_cx_rx_bytes_total'),
    cxTxBytes: counter('downstream_cx_tx_bytes_total'),
    flowControlPaused: counter('downstream_flow_control_paused_reading_total'),
    flowControlResumed: counter('downstream_flow_control_resumed_reading_total'),
    rqTotal: counter('downstream_rq_total'),
    rqHttp1Total: counter('downstream_rq_http1_total'),
    rqHttp2Total: counter('downstream_rq_http2_total'),
    rqTooManyPrematureResets: counter('downstream_rq_too_many_premature_resets'),
    rqActive: gauge('downstream_rq_active'),
    rqTimeout: counter('downstream_rq_timeout'),
    rqHeaderTimeout: counter('downstream_rq_header_timeout'),
    rqIdleTimeout: counter('downstream_rq_idle_timeout'),
    rqNonRelativePath: counter('downstream_rq_non_relative_path'),
    rqFailedPathNormalization: counter('downstream_rq_failed_path_normalization'),
    rqRedirectedWithNormalizedPath: counter('downstream_rq_redirected_with_normalized_path'),
    rqResponseBeforeRqComplete: counter('downstream_rq_response_before_rq_complete'),
    rqRxReset: counter('downstream_rq_rx_reset'),
    rqTxReset: counter('downstream_rq_tx_reset'),
    rqTooLarge: counter('downstream_rq_too_large'),
    rqWsOnNonWsRoute: counter('downstream_rq_ws_on_non_ws_route'),
    cxLengthMs: scope.histogram(`${prefix}downstream_cx_length_ms`),
    rqTime: scope.histogram(`${prefix}downstream_rq_time`),
    countResponse(code) {
      completed.inc();
      completedOfListener.inc();
      const digit = (code / 100) | 0;
      own[digit]?.inc();
      ofListener[digit]?.inc();
    },
  };
}
