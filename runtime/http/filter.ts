/**
 * The contract of HTTP filters, after Envoy's `StreamDecoderFilter`. Today a chain has one filter, the router, which is
 * terminal: it takes the request and gives the response. Filters that stand before it (rate limits, CORS, faults) are
 * refused by name; they will be called with the same callbacks, and what a filter does not define will cost nothing.
 *
 * A request goes `decodeHeaders`, `decodeData`*, [`decodeTrailers`]; a response comes back by the callbacks in the same
 * order. All calls are synchronous. After `onDestroy` a filter makes no call.
 */
import type { Clock } from '../common/clock.js';
import type { HeaderList } from '../common/header-list.js';
import type { StreamInfo, ResponseFlag } from '../common/stream-info.js';
import type { TimeoutQueues } from '../common/timeout-queue.js';
import type { HeaderMutation, RouteRequest, RouteToCluster } from '../route/route-table.js';
import type { Cluster, ClusterManager } from '../upstream/cluster/cluster.js';
import type { Host } from '../upstream/host/host.js';
import type { RequestHead, ResetReason, ResponseHead } from './codec.js';

/** Of one request, made by the factory of its filter. */
export interface StreamDecoderFilter {
  decodeHeaders(head: RequestHead, endStream: boolean): void;
  decodeData(data: Buffer, endStream: boolean): void;
  decodeTrailers(trailers: HeaderList): void;
  /** The client takes no more for now: the source of the response is to pause. */
  onAboveWriteBufferHighWatermark(): void;
  onBelowWriteBufferLowWatermark(): void;
  /** The stream is over: the response is complete, or the client or a time-out ended it. */
  onDestroy(): void;
}

/** What the connection manager offers to the filter of one stream. */
export interface StreamDecoderFilterCallbacks {
  readonly info: StreamInfo;
  readonly request: RouteRequest;
  readonly route: RouteToCluster;
  readonly clusters: ClusterManager;
  /** Applied to the headers of the response before they are encoded, also of local replies from now on. */
  responseMutation: HeaderMutation | undefined;
  /** The response has begun. */
  readonly responseStarted: boolean;
  setUpstream(cluster: Cluster | undefined, host: Host | undefined, localAddress: string): void;
  setUpstreamTransportFailureReason(text: string): void;
  setAttemptCount(count: number): void;
  addFlag(flag: ResponseFlag): void;
  sendLocalReply(status: number, body: string, details: string, headers?: HeaderList): void;
  encode1xx(head: ResponseHead): void;
  /** @param details `%RESPONSE_CODE_DETAILS%`, mostly `via_upstream` */
  encodeHeaders(head: ResponseHead, endStream: boolean, details: string): void;
  encodeData(data: Buffer, endStream: boolean): void;
  encodeTrailers(trailers: HeaderList): void;
  /** Cuts a response that has begun. */
  resetStream(reason: ResetReason, details: string): void;
  /** Stops and goes on with reading the request. */
  setRequestReadDisabled(disabled: boolean): void;
}

export interface HttpFilterContext {
  readonly clock: Clock;
  readonly timeouts: TimeoutQueues;
  /** Of [0, 1). */
  readonly random: () => number;
}

export type CreateFilter = (callbacks: StreamDecoderFilterCallbacks) => StreamDecoderFilter;

/** @param config the canonical payload of the filter's `typed_config`. @throws ConfigError with the path inside it */
export type HttpFilterFactory = (config: unknown, context: HttpFilterContext) => CreateFilter;
