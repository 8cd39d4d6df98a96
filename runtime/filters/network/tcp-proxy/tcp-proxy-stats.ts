/** `tcp.<stat_prefix>.*`, made with the filter, all at 0 as in Envoy. */
import type { Counter, Gauge, StatsScope } from '../../../stats/stat.js';

export interface TcpProxyStats {
  readonly cxTotal: Counter;
  readonly cxNoRoute: Counter;
  readonly cxRxBytesTotal: Counter;
  readonly cxTxBytesTotal: Counter;
  readonly pausedReading: Counter;
  readonly resumedReading: Counter;
  readonly idleTimeout: Counter;
  readonly maxDuration: Counter;
  readonly drainClose: Counter;
  readonly earlyData: Counter;
  readonly upstreamFlushTotal: Counter;
  readonly upstreamFlushActive: Gauge;
}

export function createTcpProxyStats(statPrefix: string, stats: StatsScope): TcpProxyStats {
  const counter = (name: string): Counter => stats.counter(`tcp.${statPrefix}.${name}`);
  // What does not happen here, or nobody here knows; consumers expect the names.
  for (const name of ['downstream_cx_overload_close', 'route_delayed_total']) counter(name);
  for (const name of ['downstream_cx_rx_bytes_buffered', 'downstream_cx_tx_bytes_buffered']) {
    stats.gauge(`tcp.${statPrefix}.${name}`);
  }
  return {
    cxTotal: counter('downstream_cx_total'),
    cxNoRoute: counter('downstream_cx_no_route'),
    cxRxBytesTotal: counter('downstream_cx_rx_bytes_total'),
    cxTxBytesTotal: counter('downstream_cx_tx_bytes_total'),
    pausedReading: counter('downstream_flow_control_paused_reading_total'),
    resumedReading: counter('downstream_flow_control_resumed_reading_total'),
    idleTimeout: counter('idle_timeout'),
    maxDuration: counter('max_downstream_connection_duration'),
    drainClose: counter('downstream_cx_drain_close'),
    earlyData: counter('early_data_received_count_total'),
    upstreamFlushTotal: counter('upstream_flush_total'),
    upstreamFlushActive: stats.gauge(`tcp.${statPrefix}.upstream_flush_active`),
  };
}
