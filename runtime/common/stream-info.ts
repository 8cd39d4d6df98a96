/**
 * The contract of what is known about one request while it runs and at its end: read by the access log, by formatters in
 * header values, and by filters. The HTTP stream itself implements it, so that nothing is copied on the way.
 */
import type { ConnectionTls } from './connection-tls.js';
import type { HeaderList } from './header-list.js';
import type { StreamTimings } from './stream-timings.js';

/** Envoy's response flags, in the order in which they are printed when several are set. */
export const responseFlags = [
  'LH',
  'UH',
  'UT',
  'LR',
  'UR',
  'UF',
  'UC',
  'UO',
  'NR',
  'DI',
  'FI',
  'RL',
  'UAEX',
  'RLSE',
  'DC',
  'URX',
  'SI',
  'IH',
  'DPE',
  'UMSDR',
  'RFCF',
  'NFCF',
  'DT',
  'UPE',
  'NC',
  'OM',
  'DF',
  'DO',
  'DR',
] as const;
export type ResponseFlag = (typeof responseFlags)[number];

export interface StreamInfo {
  /** Wall-clock milliseconds since the epoch at which the request's first byte was read. */
  readonly startTime: number;
  /** `HTTP/1.1`, `HTTP/1.0`, `HTTP/2`. */
  readonly protocol: string;
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  /** Path with query, after the rewrite once the route is chosen. */
  readonly path: string;
  /** Path with query as the client sent it. */
  readonly originalPath: string;
  readonly requestHeaders: HeaderList;
  /** Empty until there is a response. */
  readonly responseHeaders: HeaderList;
  readonly responseTrailers: HeaderList;
  /** 0 until there is a response. */
  readonly responseCode: number;
  /** `via_upstream`, `route_not_found`, ... ; `''` until known. */
  readonly responseCodeDetails: string;
  readonly flags: ReadonlySet<ResponseFlag>;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  /** Milliseconds (monotonic) since the first byte; undefined where the moment has not come. */
  readonly durationMs: number | undefined;
  /** From the first byte of the request to its last byte. */
  readonly requestDurationMs: number | undefined;
  /** From the first byte of the request to the first byte of the upstream's answer. */
  readonly responseDurationMs: number | undefined;
  readonly upstreamServiceTimeMs: number | undefined;
  readonly upstreamHost: string | undefined;
  /** Absent: `upstreamHost`. */
  readonly upstreamRemoteAddress?: string | undefined;
  readonly upstreamCluster: string | undefined;
  readonly upstreamLocalAddress: string | undefined;
  readonly upstreamTransportFailureReason: string | undefined;
  readonly upstreamRequestAttemptCount: number;
  readonly routeName: string | undefined;
  readonly virtualHostName: string | undefined;
  /** `ip:port` of the client connection. */
  readonly downstreamDirectRemoteAddress: string;
  /** `ip:port` after `x-forwarded-for` was believed or not. */
  readonly downstreamRemoteAddress: string;
  readonly downstreamLocalAddress: string;
  readonly requestedServerName: string;
  /** TLS of the client connection; absent for plain text. */
  readonly downstreamTls?: ConnectionTls | undefined;
  /** TLS of the connection that the request went to; absent for plain text and before there is one. */
  readonly upstreamTls?: ConnectionTls | undefined;
  readonly connectionId: number;
  /** Why a filter ended the connection; undefined when none did. */
  readonly connectionTerminationDetails?: string | undefined;
  /** `STREAM_ID` where it is not the request's id; absent: it is. */
  readonly streamId?: string | undefined;
  /** `ACCESS_LOG_TYPE`; absent: `DownstreamEnd`. */
  readonly accessLogType?: string;
  /** Octets of the request and of the response on the wire, heads and framing included; absent where nobody counts. */
  readonly wireBytesReceived?: number;
  readonly wireBytesSent?: number;
  /** The host's name, or its address where it has none. */
  readonly upstreamHostName?: string | undefined;
  /** The body of the local reply that is being formatted, as octets; absent or empty at all other times. */
  readonly localReplyBody?: string;
  /** A filter has taken it for a request of a health checker; absent: it has not. */
  readonly isHealthCheck?: boolean;
  /** Why it is traced, `not_traceable` when it is not; absent: nothing is traced. */
  readonly traceReason?: string;
  /** Of its span; absent or empty: it has none. */
  readonly traceId?: string;
  readonly spanId?: string;
  /** `HTTP/1.1`, `HTTP/2`; absent: there is no connection. */
  readonly upstreamProtocol?: string | undefined;
  /** Of the connection to the upstream; absent: there is none. */
  readonly upstreamConnectionId?: number | undefined;
  /** `alt_stat_name` of the cluster, or its name; absent: `upstreamCluster`. */
  readonly upstreamObservabilityName?: string | undefined;
  /** Of the filter chain, `''` when it has none; absent: as that. */
  readonly filterChainName?: string;
  /** Kept where the configuration asks for them. */
  readonly timings?: StreamTimings | undefined;
  /** Metadata of the configuration: of the route, the cluster, or the host that was chosen. Absent: there is none. */
  configuredMetadata?(
    source: 'route' | 'cluster' | 'host',
    namespace: string,
    path: readonly string[],
  ): unknown;
  /** `metadata.filter.key`, set by filters. */
  dynamicMetadata(filter: string, path: readonly string[]): unknown;
}
