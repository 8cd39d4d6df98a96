/**
 * The contract of HTTP filters, after Envoy's own (`envoy/http/filter.h`).
 *
 * A chain is a list of *stream filters* with one *terminal filter* (the router) at its end:
 *
 *     client -> codec -> connection manager -> filter 0 -> filter 1 -> ... -> router -> upstream
 *     client <- codec <- connection manager <- filter 0 <- filter 1 <- ... <- router <- upstream
 *
 * The request goes through the filters in their configured order, the response in the reverse order. All calls are
 * synchronous, never throw, and come in order: headers, data*, [trailers]; `endStream` is true on the last of them.
 *
 * What a filter does not define costs nothing: which hooks exist is found out once per stream and filter, and a chain of the
 * router alone, by far the most frequent one, has no chain object at all (`ActiveStream` calls the router).
 */
import type { Clock } from '../common/clock.js';
import type { LimitShare } from '../common/limit-share.js';
import type { HeaderList } from '../common/header-list.js';
import type { LoggerRegistry } from '../common/logger.js';
import type { ResponseFlag, StreamInfo } from '../common/stream-info.js';
import type { TimeoutQueues } from '../common/timeout-queue.js';
import type { ConnectionInfo } from '../network/filter.js';
import type { HeaderMutation, Route, RouteRequest } from '../route/route-table.js';
import type { StatsScope } from '../stats/stat.js';
import type { RequestTrace } from '../tracing/request-trace.js';
import type { Cluster, ClusterManager } from '../upstream/cluster/cluster.js';
import type { UpstreamConnectionInfo } from '../upstream/connection-pool/connection-pool.js';
import type { Host } from '../upstream/host/host.js';
import type { RequestHead, ResetReason, ResponseHead } from './codec.js';

/**
 * What becomes of a message after a filter has seen a part of it.
 *
 * - `continue`: it goes to the next filter.
 * - `stop`: nothing goes on until the filter calls `continueDecoding` (or `continueEncoding`), or answers `continue` to a
 *   later part. Data that comes meanwhile is shown to this filter (`decodeData`), then kept. When more is kept than the
 *   buffer limit allows, a request is answered by 413 and a response by 500 (Envoy's `StopIterationAndBuffer`).
 * - `pause`: as `stop`, but beyond the limit the sender is made to wait (`StopIterationAndWatermark`). For filters that need
 *   time, not data: an authorization call, a delay.
 * - `taken` (data and trailers only): the filter has the part and gives on by `injectDecodedData` (or `injectEncodedData`)
 *   what it makes of it, at once or later, the end of the message included (`StopIterationNoBuffer`). For filters that change
 *   bodies: compression, a rate limit.
 */
export type FilterStatus = 'continue' | 'stop' | 'pause' | 'taken';

/** One filter on one stream; made by its factory when the request's head is there, gone with the stream. */
export interface StreamFilter {
  /** May change the head in place, answer by `callbacks.sendLocalReply` (then return `stop`), or wait. */
  decodeHeaders?(head: RequestHead, endStream: boolean): FilterStatus;
  decodeData?(data: Buffer, endStream: boolean): FilterStatus;
  decodeTrailers?(trailers: HeaderList): FilterStatus;
  /** Also for local replies, whoever made them. Informational responses do not come here. */
  encodeHeaders?(head: ResponseHead, endStream: boolean): FilterStatus;
  encodeData?(data: Buffer, endStream: boolean): FilterStatus;
  encodeTrailers?(trailers: HeaderList): FilterStatus;
  /** The stream is over, in whatever way: timers and calls under way end here. No callback may be used afterwards. */
  onDestroy?(): void;
}

/** What a stream filter may ask for; one object per filter and stream, made for it by the chain. */
export interface StreamFilterCallbacks {
  readonly info: StreamInfo;
  /** The request as the route table sees it. */
  readonly request: RouteRequest;
  /** undefined: no route matches. */
  readonly route: Route | undefined;
  /**
   * What the factory's `routeConfig` made of the most specific `typed_per_filter_config` of the route for this filter, by
   * the filter's configured name; undefined when there is none.
   */
  readonly routeConfig: unknown;
  /** The same of all levels, the least specific first: route configuration, virtual host, route, weighted cluster. */
  readonly routeConfigs: readonly unknown[];
  readonly connection: StreamConnection;
  /** Matches again after a filter has changed what routes look at. Has no effect once the router has the request. */
  clearRouteCache(): void;
  /** Ends a `stop` or `pause` of the request: it goes on from the next filter with all that was kept. */
  continueDecoding(): void;
  continueEncoding(): void;
  /**
   * Gives data to the filters after this one, as if it had come so. Only for a filter that has `taken` data; allowed from
   * within its own hooks. @param endStream the message ends with it; its trailers, when it has some, were taken too
   */
  injectDecodedData(data: Buffer, endStream: boolean): void;
  injectEncodedData(data: Buffer, endStream: boolean): void;
  /** How much of a body filters that `stop` may have kept, in octets; in the place of the listener's limit. */
  setBufferLimit(bytes: number): void;
  /** Kept until the access log is written. Values of earlier calls for the same filter stay unless named again. */
  setDynamicMetadata(filter: string, values: Readonly<Record<string, unknown>>): void;
  /** Counted and logged as a request of a health checker from now on. */
  markHealthCheck(): void;
  addFlag(flag: ResponseFlag): void;
  /**
   * Answers the request in place of the upstream; once the response has begun, the stream is cut instead.
   * @param body text/plain; gRPC clients get it as `grpc-message`
   * @param details `%RESPONSE_CODE_DETAILS%`
   * @param headers before those of the body, such as `location`; kept and changed. A `grpc-status` among them goes before
   *   the one that gRPC clients would get.
   */
  sendLocalReply(status: number, body: string | Buffer, details: string, headers?: HeaderList): void;
  /**
   * A response that a filter makes as a whole, without the body and the headers of the route that a local reply has.
   * @param headers kept and changed
   */
  sendResponse(status: number, headers: HeaderList, details: string): void;
}

/** The client connection of a stream. */
export interface StreamConnection {
  readonly info: ConnectionInfo;
  /** Octets of the client's certificate; undefined when it has shown none. */
  readonly peerCertificate: Buffer | undefined;
  /** State that a filter keeps for the life of the connection, by a key of its own. */
  readonly filterState: Map<unknown, unknown>;
}

/** The end of a chain: takes the request and gives the response by its callbacks. */
export interface TerminalFilter {
  decodeHeaders(head: RequestHead, endStream: boolean): void;
  decodeData(data: Buffer, endStream: boolean): void;
  decodeTrailers(trailers: HeaderList): void;
  /** The client takes no more for now: the source of the response is to pause. */
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
  /** The stream is over: the response is complete, or the client, a filter or a time-out ended it. Called once. */
  onDestroy(): void;
}

/** Why reading the request is stopped; the client reads on when no reason is left. */
export const PAUSED_BY_UPSTREAM = 1;
export const PAUSED_BY_ROUTER = 2;
export const PAUSED_BY_FILTER = 4;

/** What the connection manager offers to the terminal filter of one stream. */
export interface TerminalFilterCallbacks {
  readonly info: StreamInfo;
  readonly request: RouteRequest;
  readonly route: Route | undefined;
  readonly clusters: ClusterManager;
  /** From inside the mesh (`internal_address_config`): its `x-envoy-*` headers steer the router. */
  readonly isInternalRequest: boolean;
  /** The response has begun: no local reply is possible any more. */
  readonly responseStarted: boolean;
  /** undefined: the request has no span. */
  readonly trace: RequestTrace | undefined;
  /** @param connection undefined: there is none, or not yet */
  setUpstream(cluster: Cluster, host: Host | undefined, connection?: UpstreamConnectionInfo): void;
  setUpstreamTransportFailureReason(text: string): void;
  setAttemptCount(count: number): void;
  /**
   * What the upstream has answered, before header mutations run, which may read it.
   * @param details `%RESPONSE_CODE_DETAILS%`
   */
  setResponse(head: ResponseHead, details: string): void;
  addFlag(flag: ResponseFlag): void;
  /**
   * The mutations of a route to a cluster hold for its local replies, too (measured); `headers` follow them.
   * @param mutation applied after `headers` and before those of the body: that of a route without a cluster
   */
  sendLocalReply(
    status: number,
    body: string | Buffer,
    details: string,
    headers?: HeaderList,
    mutation?: HeaderMutation,
  ): void;
  encode1xx(head: ResponseHead): void;
  /** @param details `%RESPONSE_CODE_DETAILS%`, mostly `via_upstream` */
  encodeHeaders(head: ResponseHead, endStream: boolean, details: string): void;
  encodeData(data: Buffer, endStream: boolean): void;
  encodeTrailers(trailers: HeaderList): void;
  /** Cuts a response that has begun. */
  resetStream(reason: ResetReason, details: string): void;
  /** Stops and goes on with reading the request. @param reason one of `PAUSED_BY_*` */
  setRequestReadDisabled(disabled: boolean, reason: number): void;
}

/** What factories of HTTP filters may use. */
export interface HttpFilterContext {
  readonly clock: Clock;
  readonly timeouts: TimeoutQueues;
  readonly stats: StatsScope;
  /** `http.<stat_prefix>.` of the connection manager. */
  readonly statPrefix: string;
  /** Of [0, 1). */
  readonly random: () => number;
  /** `per_connection_buffer_limit_bytes` of the listener, 0 = without limit. */
  readonly bufferLimitBytes: number;
}

/** What factories of stream filters may use besides. */
export interface StreamFilterContext extends HttpFilterContext {
  readonly clusters: ClusterManager;
  readonly loggers: LoggerRegistry;
  readonly node: { readonly id: string; readonly cluster: string };
  /** Whether the configuration that is being built has a cluster of that name. */
  hasCluster(name: string): boolean;
  /** Of limits that hold for all worker processes together. Default: all of them. */
  readonly shareOfLimit?: LimitShare | undefined;
  /** The server drains or was told to fail health checks. */
  isDraining(): boolean;
}

/** @returns undefined when the filter has nothing to do for this stream */
export type CreateStreamFilter = (callbacks: StreamFilterCallbacks) => StreamFilter | undefined;
export type CreateTerminalFilter = (callbacks: TerminalFilterCallbacks) => TerminalFilter;

/**
 * A kind of filter, registered by the full name of its configuration message. `create` is called once per configured filter
 * with the canonical payload of its `typed_config`, and compiles all that depends on the configuration alone.
 * @throws ConfigError (`create`) with the path inside the payload
 */
export type HttpFilterFactory =
  | {
      readonly kind: 'stream';
      create(config: unknown, context: StreamFilterContext): CreateStreamFilter;
      /** undefined: routes have nothing to say to it. */
      readonly routeConfig?: RouteConfigFactory;
    }
  | {
      readonly kind: 'terminal';
      create(config: unknown, context: HttpFilterContext): CreateTerminalFilter;
    };

/** What a filter takes of `typed_per_filter_config`. */
export interface RouteConfigFactory {
  /** Full name of its message. */
  readonly type: string;
  /** Compiles a message of that type, once for each place where it stands. @throws ConfigError with the path inside it */
  create(config: unknown, context: StreamFilterContext): unknown;
}

export interface ChainedFilter {
  readonly name: string;
  /** `disabled`: only where the `typed_per_filter_config` of a route turns it on. */
  readonly disabled: boolean;
  readonly create: CreateStreamFilter;
}

/** The compiled `http_filters` of a connection manager. */
export interface HttpFilterChain {
  readonly streamFilters: readonly ChainedFilter[];
  /** undefined: no filter at all is configured, and nothing answers, as in Envoy. */
  readonly terminal: CreateTerminalFilter | undefined;
}
