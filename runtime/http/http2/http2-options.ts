/**
 * What the HTTP/2 codec can be told, after `envoy.config.core.v3.Http2ProtocolOptions`. Built once per listener or cluster
 * and shared by all connections, so nothing here is mutable. Defaults are those of Envoy 1.40, measured.
 */
import type { Clock } from '../../common/clock.js';
import type { Fields } from '../../common/message-fields.js';
import { durationOf, messageOf, numberOf } from '../../common/message-fields.js';
import type { Http2Stats } from './http2-stats.js';

export interface Http2Options {
  readonly clock: Clock;
  /** Of [0, 1), for jitter. */
  readonly random: () => number;
  /** Made with the first connection. */
  readonly stats: () => Http2Stats;
  /** `hpack_table_size` (4096): of both directions, in octets. */
  readonly hpackTableSize: number;
  /** `max_concurrent_streams` (1024): that the peer may open, or that we open on one connection. */
  readonly maxConcurrentStreams: number;
  /** `initial_stream_window_size` (16 MiB), octets. */
  readonly streamWindow: number;
  /** `initial_connection_window_size` (24 MiB), octets. */
  readonly connectionWindow: number;
  /** `allow_connect` (false): extended CONNECT (RFC 8441), by which WebSockets come. */
  readonly allowConnect: boolean;
  /** `max_outbound_frames` (10,000): frames that wait to be written; more closes the connection. */
  readonly maxOutboundFrames: number;
  /** `max_outbound_control_frames` (1000): of PING, SETTINGS and RST_STREAM. */
  readonly maxOutboundControlFrames: number;
  /** `max_consecutive_inbound_frames_with_empty_payload` (1). */
  readonly maxConsecutiveEmptyFrames: number;
  /** `max_inbound_priority_frames_per_stream` (100). */
  readonly maxPriorityFramesPerStream: number;
  /** `max_inbound_window_update_frames_per_data_frame_sent` (10). */
  readonly maxWindowUpdatesPerDataFrame: number;
  /** `override_stream_error_on_invalid_http_message` (false): a malformed message costs its stream only. */
  readonly keepsConnectionOnBadMessage: boolean;
  /** `connection_keepalive.interval`: between PINGs, in milliseconds. 0 = none. */
  readonly keepaliveIntervalMs: number;
  /** `connection_keepalive.timeout`: the connection ends when a PING is not answered so long. */
  readonly keepaliveTimeoutMs: number;
  /** `connection_keepalive.interval_jitter` (15), percent. */
  readonly keepaliveJitterPercent: number;
  /** `connection_keepalive.connection_idle_interval`: a client's PING before a stream on a connection idle so long. 0 = none. */
  readonly keepaliveIdleMs: number;
  /** `max_request_headers_kb` (60) or `max_response_headers_kb` (60), in octets of names and values. */
  readonly maxHeadersOctets: number;
  /** `max_headers_count` (100), pseudo headers included. */
  readonly maxHeadersCount: number;
  /** `headers_with_underscores_action` (ALLOW). */
  readonly headersWithUnderscoresAction: 'ALLOW' | 'REJECT_REQUEST' | 'DROP_HEADER';
  /** `per_connection_buffer_limit_bytes` (1 MiB): high watermark of each stream and of the connection. 0 = without limit. */
  readonly bufferLimitBytes: number;
  /** `delayed_close_timeout` (1000 ms). */
  readonly delayedCloseTimeoutMs: number;
  /** Of the connection: `https` under TLS. */
  readonly scheme: 'http' | 'https';
}

/** The part that the message says; the rest is the caller's. */
export type Http2MessageOptions = Pick<
  Http2Options,
  | 'hpackTableSize'
  | 'maxConcurrentStreams'
  | 'streamWindow'
  | 'connectionWindow'
  | 'allowConnect'
  | 'maxOutboundFrames'
  | 'maxOutboundControlFrames'
  | 'maxConsecutiveEmptyFrames'
  | 'maxPriorityFramesPerStream'
  | 'maxWindowUpdatesPerDataFrame'
  | 'keepsConnectionOnBadMessage'
  | 'keepaliveIntervalMs'
  | 'keepaliveTimeoutMs'
  | 'keepaliveJitterPercent'
  | 'keepaliveIdleMs'
>;

const mebibyte = 1024 * 1024;

/**
 * @param message `Http2ProtocolOptions`, undefined when the configuration has none
 * @param keepsConnectionOnBadMessage of the surrounding message, when this one does not override it
 */
export function http2MessageOptions(
  message: unknown,
  keepsConnectionOnBadMessage = false,
): Http2MessageOptions {
  const fields: Fields = message === undefined ? {} : messageOf(message);
  const keepalive = fields.connection_keepalive === undefined ? {} : messageOf(fields.connection_keepalive);
  const override =
    fields.override_stream_error_on_invalid_http_message ?? fields.stream_error_on_invalid_http_messaging;
  return {
    hpackTableSize: numberOf(fields.hpack_table_size, 4096),
    maxConcurrentStreams: numberOf(fields.max_concurrent_streams, 1024),
    streamWindow: numberOf(fields.initial_stream_window_size, 16 * mebibyte),
    connectionWindow: numberOf(fields.initial_connection_window_size, 24 * mebibyte),
    allowConnect: fields.allow_connect === true,
    maxOutboundFrames: numberOf(fields.max_outbound_frames, 10_000),
    maxOutboundControlFrames: numberOf(fields.max_outbound_control_frames, 1000),
    maxConsecutiveEmptyFrames: numberOf(fields.max_consecutive_inbound_frames_with_empty_payload, 1),
    maxPriorityFramesPerStream: numberOf(fields.max_inbound_priority_frames_per_stream, 100),
    maxWindowUpdatesPerDataFrame: numberOf(fields.max_inbound_window_update_frames_per_data_frame_sent, 10),
    keepsConnectionOnBadMessage: override === undefined ? keepsConnectionOnBadMessage : override === true,
    keepaliveIntervalMs: durationOf(keepalive.interval, 0),
    keepaliveTimeoutMs: durationOf(keepalive.timeout, 0),
    keepaliveJitterPercent: numberOf(messageOf(keepalive.interval_jitter ?? {}).value, 15),
    keepaliveIdleMs: durationOf(keepalive.connection_idle_interval, 0),
  };
}
