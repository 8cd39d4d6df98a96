/** Counters of the HTTP/2 codec: `http2.*` of listeners, `cluster.<name>.http2.*` of clusters. */
import type { Counter, Gauge, StatsScope } from '../../stats/stat.js';

export interface Http2Stats {
  readonly droppedHeadersWithUnderscores: Counter;
  readonly goawaySent: Counter;
  readonly headerOverflow: Counter;
  readonly inboundEmptyFramesFlood: Counter;
  readonly inboundPriorityFramesFlood: Counter;
  readonly inboundWindowUpdateFramesFlood: Counter;
  readonly keepaliveTimeout: Counter;
  readonly outboundControlFlood: Counter;
  readonly outboundFlood: Counter;
  readonly requestsRejectedWithUnderscores: Counter;
  readonly rxMessagingError: Counter;
  readonly rxReset: Counter;
  readonly streamRefusedErrors: Counter;
  readonly trailers: Counter;
  readonly txReset: Counter;
  readonly streamsActive: Gauge;
}

/** Exist in Envoy; nothing here counts them. */
const idleCounters = ['headers_cb_no_stream', 'metadata_empty_frames', 'tx_flush_timeout'] as const;
const idleGauges = [
  'deferred_stream_close',
  'outbound_control_frames_active',
  'outbound_frames_active',
  'pending_send_bytes',
] as const;

function create(prefix: string, scope: StatsScope): Http2Stats {
  const counter = (name: string): Counter => scope.counter(prefix + name);
  for (const name of idleCounters) counter(name);
  for (const name of idleGauges) scope.gauge(prefix + name);
  return {
    droppedHeadersWithUnderscores: counter('dropped_headers_with_underscores'),
    goawaySent: counter('goaway_sent'),
    headerOverflow: counter('header_overflow'),
    inboundEmptyFramesFlood: counter('inbound_empty_frames_flood'),
    inboundPriorityFramesFlood: counter('inbound_priority_frames_flood'),
    inboundWindowUpdateFramesFlood: counter('inbound_window_update_frames_flood'),
    keepaliveTimeout: counter('keepalive_timeout'),
    outboundControlFlood: counter('outbound_control_flood'),
    outboundFlood: counter('outbound_flood'),
    requestsRejectedWithUnderscores: counter('requests_rejected_with_underscores_in_headers'),
    rxMessagingError: counter('rx_messaging_error'),
    rxReset: counter('rx_reset'),
    streamRefusedErrors: counter('stream_refused_errors'),
    trailers: counter('trailers'),
    txReset: counter('tx_reset'),
    streamsActive: scope.gauge(`${prefix}streams_active`),
  };
}

/** Made with the first connection, as in Envoy: who serves no HTTP/2 has no such statistics. */
export function lazyHttp2Stats(prefix: string, scope: StatsScope): () => Http2Stats {
  let stats: Http2Stats | undefined;
  return () => {
    stats ??= create(prefix, scope);
    return stats;
  };
}
