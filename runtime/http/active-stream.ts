/**
 * One request on a downstream connection, from its first octet to its access log line. It is what the codec decodes into,
 * what routing and formatters look at, and what filters call back: one object, so that nothing is copied on the way.
 *
 * The order of the checks in `onHeaders` is Envoy's (`ConnectionManagerImpl::ActiveStream::decodeHeaders`): expect, host,
 * target, normalisation, host stripping, sanitising, route, upgrade, filters.
 */
import type { ConnectionTls } from '../common/connection-tls.js';
import type { HeaderList } from '../common/header-list.js';
import { getHeader, removeHeader, replaceHeader } from '../common/header-list.js';
import { messageOf } from '../common/message-fields.js';
import type { ResponseFlag, StreamInfo } from '../common/stream-info.js';
import type { StreamTimings } from '../common/stream-timings.js';
import { createStreamTimings } from '../common/stream-timings.js';
import type { TimeoutOwner, TimeoutQueue } from '../common/timeout-queue.js';
import { Timeout } from '../common/timeout-queue.js';
import type { HeaderMutation, Route, RouteRequest, RouteToCluster } from '../route/route-table.js';
import { RequestTrace } from '../tracing/request-trace.js';
import type { TraceReason } from '../tracing/trace-reason.js';
import type { Cluster, ClusterManager } from '../upstream/cluster/cluster.js';
import type { UpstreamConnectionInfo } from '../upstream/connection-pool/connection-pool.js';
import type { Host } from '../upstream/host/host.js';
import type {
  ProtocolError,
  RequestDecoder,
  RequestHead,
  ResetReason,
  ResponseEncoder,
  ResponseHead,
} from './codec.js';
import type { ConnectionManagerConfig } from './connection-manager-config.js';
import type { DownstreamConnection } from './downstream-connection.js';
import type { StreamConnection, TerminalFilter, TerminalFilterCallbacks } from './filter.js';
import { PAUSED_BY_FILTER } from './filter.js';
import type { FilterChainOwner } from './filter-chain-run.js';
import { FilterChainRun } from './filter-chain-run.js';
import { stripHost } from './host-stripper.js';
import { grpcReplyHeaders, isGrpcContentType, writeGrpcReply, writePlainReply } from './local-reply.js';
import type { NormalizedPath } from './path-normalizer.js';
import type { RequestFacts } from './request-sanitizer.js';
import { appendVia } from './request-sanitizer.js';
import { takeStreamDuration } from './stream-duration.js';

// Kinds of time-outs.
const STREAM_IDLE = 0;
const REQUEST = 1;
const REQUEST_HEADERS = 2;
const MAX_DURATION = 3;
const ACCESS_LOG = 4;

// Who keeps the upstream from sending.
const SLOW_CLIENT = 1;
const SLOW_FILTER = 2;

const SLASH = 47;

const noHeaders: HeaderList = [];
const noFlags: ReadonlySet<ResponseFlag> = new Set();
const rejectedPath: NormalizedPath = { kind: 'reject' };
/** Until the head is read. */
const noHead: RequestHead = {
  method: '',
  path: '',
  scheme: '',
  authority: '',
  headers: noHeaders,
  upgrade: '',
  protocol: 'HTTP/1.1',
};

const noHttp2Head: RequestHead = { ...noHead, protocol: 'HTTP/2' };

/** What stands in nested objects; undefined where a step leads nowhere. */
function valueAt(given: unknown, path: readonly string[]): unknown {
  let value = given;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[step];
  }
  return value;
}

export class ActiveStream
  implements
    RequestDecoder,
    StreamInfo,
    RouteRequest,
    RequestFacts,
    TerminalFilterCallbacks,
    FilterChainOwner,
    TimeoutOwner
{
  readonly startTime: number;
  originalPath = '';
  downstreamRemoteAddress: string;
  isInternalRequest = false;
  route: Route | undefined = undefined;
  responseHeaders: HeaderList = noHeaders;
  responseTrailers: HeaderList = noHeaders;
  responseCode = 0;
  responseCodeDetails = '';
  bytesReceived = 0;
  bytesSent = 0;
  requestDurationMs: number | undefined = undefined;
  responseDurationMs: number | undefined = undefined;
  private wholeDurationMs: number | undefined = undefined;
  upstreamLocalAddress: string | undefined = undefined;
  upstreamTls: ConnectionTls | undefined = undefined;
  upstreamTransportFailureReason: string | undefined = undefined;
  upstreamRequestAttemptCount = 0;
  /** The head of the response, a final one, is written. */
  responseStarted = false;
  isHealthCheck = false;
  traceReason: TraceReason = 'not_traceable';
  /** undefined: the request has no span. */
  trace: RequestTrace | undefined = undefined;
  readonly timings: StreamTimings | undefined;
  private upstreamConnection: UpstreamConnectionInfo | undefined = undefined;
  localReplyBody = '';
  accessLogType = 'DownstreamEnd';
  private readonly encoder: ResponseEncoder;
  private readonly connection: DownstreamConnection;
  private readonly config: ConnectionManagerConfig;
  /** Monotonic. */
  private readonly startedAt: number;
  private head: RequestHead = noHead;
  private terminal: TerminalFilter | undefined = undefined;
  private chain: FilterChainRun | undefined = undefined;
  private host: Host | undefined = undefined;
  private cluster: Cluster | undefined = undefined;
  private flagSet: Set<ResponseFlag> | undefined = undefined;
  private metadata: Map<string, Record<string, unknown>> | undefined = undefined;
  private requestEnded = false;
  private cameAsGrpc: boolean | undefined = undefined;
  private isTunnel = false;
  private over = false;
  private drawn = -1;
  private requestPausedBy = 0;
  private responsePausedBy = 0;
  private readonly idleTimeout = new Timeout(this, STREAM_IDLE);
  private idleQueue: TimeoutQueue | undefined;
  private requestTimeout: Timeout | undefined = undefined;
  private headersTimeout: Timeout | undefined = undefined;
  private maxDuration: Timeout | undefined = undefined;
  private logTimeout: Timeout | undefined = undefined;

  constructor(connection: DownstreamConnection, config: ConnectionManagerConfig, encoder: ResponseEncoder) {
    this.connection = connection;
    this.config = config;
    this.encoder = encoder;
    this.downstreamRemoteAddress = connection.peer.remoteAddressText;
    const { clock, stats } = connection.shared;
    this.startTime = clock.wallTime();
    this.startedAt = clock.now();
    this.timings = config.keepsTimings ? createStreamTimings() : undefined;
    this.idleQueue = config.streamIdle;
    if (config.request !== undefined) {
      this.requestTimeout = new Timeout(this, REQUEST);
      config.request.add(this.requestTimeout);
    }
    if (config.requestHeaders !== undefined) {
      this.headersTimeout = new Timeout(this, REQUEST_HEADERS);
      config.requestHeaders.add(this.headersTimeout);
    }
    if (config.maxStreamDuration !== undefined) {
      this.maxDuration = new Timeout(this, MAX_DURATION);
      config.maxStreamDuration.add(this.maxDuration);
    }
    if (config.logInterval !== undefined) {
      this.logTimeout = new Timeout(this, ACCESS_LOG);
      config.logInterval.add(this.logTimeout);
    }
    this.idleQueue?.add(this.idleTimeout);
    stats.rqTotal.inc();
    if (connection.isHttp2) {
      stats.rqHttp2Total.inc();
      this.head = noHttp2Head;
    } else stats.rqHttp1Total.inc();
    stats.rqActive.inc();
  }

  // ---- RequestDecoder

  onHeaders(head: RequestHead, endStream: boolean): void {
    this.head = head;
    this.originalPath = head.path;
    this.headersTimeout?.clear();
    if (endStream) this.endRequest();
    else this.idleQueue?.add(this.idleTimeout);
    const { config, connection } = this;
    const { headers } = head;
    if (!config.proxy100Continue) this.answerExpect(head);
    if (headers[0] !== 'host') {
      // Whether the connection is believed in its scheme is found out later.
      head.scheme = '';
      this.sendLocalReply(400, '', 'missing_host_header');
      return;
    }
    const isConnect = head.method === 'CONNECT';
    if (!isConnect) {
      if (head.path.charCodeAt(0) !== SLASH) {
        connection.shared.stats.rqNonRelativePath.inc();
        this.sendLocalReply(404, '', 'absolute_path_rejected');
        return;
      }
      if (head.method === 'QUERY' && getHeader(headers, 'content-type') === undefined) {
        this.sendLocalReply(400, '', 'query_missing_content_type');
        return;
      }
      if (!this.normalizePath(head)) return;
    }
    if (config.stripHostPort !== 'none' || config.stripTrailingHostDot) {
      stripHost(head, config.stripHostPort, config.stripTrailingHostDot, connection.peer.localPort);
    }
    config.sanitize(head, connection.peer, this);
    // A CONNECT meets only routes with a `connect_matcher`, which need real Envoy: no route.
    if (!isConnect) this.route = config.routes.match(this);
    const { tracing } = config;
    if (tracing !== undefined) this.traceReason = tracing.decide(headers, this.route?.traced?.tracing);
    // Without a route there is nothing that an upgrade could be forbidden by: 404, as in Envoy.
    if (head.upgrade !== '' && this.route !== undefined && !this.allowsUpgrade(head)) {
      connection.shared.stats.rqWsOnNonWsRoute.inc();
      this.sendLocalReply(403, '', 'upgrade_failed');
      return;
    }
    if (tracing !== undefined) {
      this.trace = new RequestTrace(tracing, this, headers, this.route?.traced, this.traceReason);
    }
    if (config.logsStart) this.logStart();
    this.runFilters(head, endStream);
  }

  onData(data: Buffer, endStream: boolean): void {
    this.bytesReceived += data.length;
    if (endStream) this.endRequest();
    if (this.over) return;
    this.idleQueue?.add(this.idleTimeout);
    if (this.chain !== undefined) this.chain.decoding.data(data, endStream);
    else this.terminal?.decodeData(data, endStream);
  }

  onTrailers(trailers: HeaderList): void {
    this.endRequest();
    if (this.over) return;
    this.idleQueue?.add(this.idleTimeout);
    if (this.chain !== undefined) this.chain.decoding.trailersCame(trailers);
    else this.terminal?.decodeTrailers(trailers);
  }

  onProtocolError({ body, details, status }: ProtocolError): void {
    if (this.over) return;
    this.addFlag('DPE');
    const { stats } = this.connection.shared;
    stats.cxProtocolError.inc();
    if (status === 431) stats.rqTooLarge.inc();
    this.sendLocalReply(status, body, details);
  }

  /** The client is gone, or (HTTP/2) wants no answer any more, or has sent what cannot be answered. */
  onReset(reason: ResetReason, details: string): void {
    if (this.over) return;
    const { stats } = this.connection.shared;
    const isDisconnect = reason === 'connection termination' || details === '';
    if (isDisconnect) this.addFlag('DC');
    else if (reason === 'remote reset') this.addFlag('DR');
    else {
      this.addFlag('DPE');
      stats.cxProtocolError.inc();
    }
    this.responseCodeDetails = isDisconnect ? 'downstream_remote_disconnect' : details;
    this.finish(isDisconnect, true);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.connection.shared.stats.flowControlPaused.inc();
    this.pauseResponse(true, SLOW_CLIENT);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.connection.shared.stats.flowControlResumed.inc();
    this.pauseResponse(false, SLOW_CLIENT);
  }

  // ---- time-outs

  onTimeout(kind: number): void {
    if (this.over) return;
    const { stats } = this.connection.shared;
    switch (kind) {
      case REQUEST_HEADERS:
        stats.rqHeaderTimeout.inc();
        this.sendLocalReply(408, 'request header timeout', 'request_header_timeout');
        break;
      case REQUEST:
        stats.rqTimeout.inc();
        this.sendLocalReply(408, 'request timeout', 'request_overall_timeout');
        break;
      case MAX_DURATION:
        this.sendLocalReply(
          this.requestEnded ? 504 : 408,
          'downstream duration timeout',
          'max_duration_timeout',
          // DEADLINE_EXCEEDED, where other time-outs are UNAVAILABLE.
          grpcReplyHeaders(this.head.headers, 4),
        );
        break;
      case ACCESS_LOG:
        this.writeLog('DownstreamPeriodic');
        this.config.logInterval?.add(this.logTimeout as Timeout);
        break;
      default:
        stats.rqIdleTimeout.inc();
        this.addFlag('SI');
        this.sendLocalReply(this.requestEnded ? 504 : 408, 'stream timeout', 'stream_idle_timeout');
    }
  }

  // ---- what filters see of the stream

  /** Until now while the request runs. */
  get durationMs(): number {
    return this.wholeDurationMs ?? this.connection.shared.clock.now() - this.startedAt;
  }

  get info(): StreamInfo {
    return this;
  }

  get request(): RouteRequest {
    return this;
  }

  get clusters(): ClusterManager {
    return this.connection.shared.clusters;
  }

  get streamConnection(): StreamConnection {
    return this.connection.streamConnection;
  }

  get bufferLimitBytes(): number {
    return this.config.bufferLimitBytes;
  }

  setUpstream(cluster: Cluster, host: Host | undefined, connection?: UpstreamConnectionInfo): void {
    this.cluster = cluster;
    this.host = host;
    this.upstreamTls = connection?.tls;
    this.upstreamConnection = connection;
    if (connection !== undefined) this.upstreamLocalAddress = connection.localAddress;
  }

  setUpstreamTransportFailureReason(text: string): void {
    if (text !== '') this.upstreamTransportFailureReason = text;
  }

  setAttemptCount(count: number): void {
    this.upstreamRequestAttemptCount = count;
  }

  setResponse({ headers, status }: ResponseHead, details: string): void {
    this.responseCode = status;
    this.responseHeaders = headers;
    this.responseCodeDetails = details;
  }

  addFlag(flag: ResponseFlag): void {
    this.flagSet ??= new Set();
    this.flagSet.add(flag);
  }

  clearRouteCache(): void {
    if (this.terminal === undefined) this.route = this.config.routes.match(this);
  }

  setRequestReadDisabled(disabled: boolean, reason: number): void {
    const before = this.requestPausedBy;
    this.requestPausedBy = disabled ? before | reason : before & ~reason;
    if ((before === 0) === (this.requestPausedBy === 0) || this.over) return;
    const { stats } = this.connection.shared;
    if (before === 0) stats.flowControlPaused.inc();
    else stats.flowControlResumed.inc();
    this.encoder.setReadDisabled(before === 0);
  }

  // ---- FilterChainOwner

  onDecodedHeaders(head: RequestHead, endStream: boolean): void {
    this.startTerminal(head, endStream);
  }

  onDecodedData(data: Buffer, endStream: boolean): void {
    this.terminal?.decodeData(data, endStream);
  }

  onDecodedTrailers(trailers: HeaderList): void {
    this.terminal?.decodeTrailers(trailers);
  }

  onEncodedHeaders(head: ResponseHead, endStream: boolean): void {
    this.writeHead(head, endStream);
  }

  onEncodedData(data: Buffer, endStream: boolean): void {
    this.writeData(data, endStream);
  }

  onEncodedTrailers(trailers: HeaderList): void {
    this.writeTrailers(trailers);
  }

  onRequestTooLarge(): void {
    this.connection.shared.stats.rqTooLarge.inc();
    // What is too long has come before the end of the request.
    this.connection.closeAfterStream();
    this.sendLocalReply(413, 'Payload Too Large', 'request_payload_too_large');
  }

  onResponseTooLarge(): void {
    this.sendLocalReply(500, 'Internal Server Error', 'response_payload_too_large');
  }

  setDecodingPaused(paused: boolean): void {
    this.setRequestReadDisabled(paused, PAUSED_BY_FILTER);
  }

  setEncodingPaused(paused: boolean): void {
    this.pauseResponse(paused, SLOW_FILTER);
  }

  // ---- the response

  sendLocalReply(
    status: number,
    body: string | Buffer,
    details: string,
    more: HeaderList = [],
    mutation?: HeaderMutation,
  ): void {
    if (this.over) return;
    this.endTerminal();
    this.chain?.endDecoding();
    if (this.responseStarted) {
      this.cut('local reset', details);
      return;
    }
    const { head } = this;
    this.responseCodeDetails = details;
    // A message that is no good may be the start of something worse (`onLocalReply`).
    if (status === 400 && !this.config.keepsConnectionOnBadRequest) this.connection.closeAfterStream();
    const headers = this.routeHeaders();
    for (let at = 0; at < more.length; at++) headers.push(more[at] as string);
    mutation?.(headers, this);
    let code = status;
    let bytes = typeof body === 'string' ? Buffer.from(body) : body;
    let contentType = 'text/plain';
    if (this.config.rewriteLocalReply !== undefined) {
      const reply = { status, body: bytes.toString('latin1'), contentType, isLine: false };
      const typeBefore = getHeader(headers, 'content-type');
      const bodyBefore = reply.body;
      this.config.rewriteLocalReply(this, headers, reply);
      code = reply.status;
      contentType = reply.contentType;
      // A body that was changed has a type of its own, unless a mapper has written one.
      if (reply.body !== bodyBefore && getHeader(headers, 'content-type') === typeBefore) {
        removeHeader(headers, 'content-type');
      }
      bytes = Buffer.from(reply.body, 'latin1');
      if (this.isGrpc && reply.isLine) bytes = bytes.subarray(0, -1);
    }
    let octets: Buffer | undefined;
    if (this.isGrpc) {
      writeGrpcReply(headers, code, bytes, head.method === 'HEAD');
      code = 200;
    } else {
      writePlainReply(headers, bytes.length, contentType);
      if (bytes.length > 0 && head.method !== 'HEAD') octets = bytes;
    }
    const reply: ResponseHead = { status: code, headers, protocol: 'HTTP/1.1' };
    if (this.chain?.encoding.started === true) {
      // Another response is on its way through the filters: they are not to see a second one.
      this.chain.encoding.end();
      this.writeHead(reply, octets === undefined);
      if (octets !== undefined) this.writeData(octets, true);
      return;
    }
    this.passHead(reply, octets === undefined);
    if (octets !== undefined) this.encodeData(octets, true);
  }

  sendResponse(status: number, headers: HeaderList, details: string): void {
    if (this.over || this.responseStarted) return;
    this.endTerminal();
    this.chain?.endDecoding();
    this.responseCodeDetails = details;
    this.passHead({ status, headers, protocol: 'HTTP/1.1' }, true);
  }

  markHealthCheck(): void {
    this.isHealthCheck = true;
  }

  /** What the route to a cluster adds to every response. */
  private routeHeaders(): HeaderList {
    const headers: HeaderList = [];
    const { route } = this;
    if (route?.kind !== 'cluster') return headers;
    route.responseHeaders?.(headers, this);
    return headers;
  }

  encode1xx(head: ResponseHead): void {
    if (this.over || this.responseStarted) return;
    this.idleQueue?.add(this.idleTimeout);
    if (this.config.proxy100Continue) this.encoder.encode1xx(head);
  }

  encodeHeaders(head: ResponseHead, endStream: boolean, details: string): void {
    if (this.over) return;
    this.responseCodeDetails = details;
    this.responseDurationMs = this.connection.shared.clock.now() - this.startedAt;
    this.passHead(head, endStream);
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    if (this.chain !== undefined) this.chain.encoding.data(data, endStream);
    else this.writeData(data, endStream);
  }

  encodeTrailers(trailers: HeaderList): void {
    if (this.over) return;
    if (this.chain !== undefined) this.chain.encoding.trailersCame(trailers);
    else this.writeTrailers(trailers);
  }

  resetStream(reason: ResetReason, details: string): void {
    if (this.over) return;
    this.cut(reason, details);
  }

  // ---- RouteRequest and StreamInfo

  get protocol(): string {
    return this.head.protocol;
  }

  get method(): string {
    return this.head.method;
  }

  get scheme(): string {
    return this.head.scheme;
  }

  get authority(): string {
    return this.head.authority;
  }

  get path(): string {
    return this.head.path;
  }

  get headers(): HeaderList {
    return this.head.headers;
  }

  get requestHeaders(): HeaderList {
    return this.head.headers;
  }

  /** Drawn on first use, the same for the whole request. */
  get random(): number {
    if (this.drawn < 0) this.drawn = Math.floor(this.connection.shared.random() * 2 ** 32);
    return this.drawn;
  }

  get flags(): ReadonlySet<ResponseFlag> {
    return this.flagSet ?? noFlags;
  }

  get upstreamServiceTimeMs(): number | undefined {
    const text = getHeader(this.responseHeaders, 'x-envoy-upstream-service-time');
    return text === undefined ? undefined : Number(text);
  }

  get upstreamHost(): string | undefined {
    return this.host?.addressText;
  }

  get upstreamCluster(): string | undefined {
    return this.cluster?.name;
  }

  get routeName(): string | undefined {
    return this.route?.name;
  }

  get virtualHostName(): string | undefined {
    return this.route?.virtualHostName;
  }

  get downstreamDirectRemoteAddress(): string {
    return this.connection.directRemoteAddressText;
  }

  get downstreamLocalAddress(): string {
    return this.connection.localAddressText;
  }

  get requestedServerName(): string {
    return this.connection.info.serverName;
  }

  get downstreamTls(): ConnectionTls | undefined {
    return this.connection.info.ssl;
  }

  get wireBytesReceived(): number {
    return this.encoder.bytesReceived;
  }

  get wireBytesSent(): number {
    return this.encoder.bytesSent;
  }

  get upstreamHostName(): string | undefined {
    return this.host?.hostname || this.host?.addressText;
  }

  get traceId(): string {
    return this.trace?.span.traceId ?? '';
  }

  get spanId(): string {
    return this.trace?.span.spanId ?? '';
  }

  configuredMetadata(
    source: 'route' | 'cluster' | 'host',
    namespace: string,
    path: readonly string[],
  ): unknown {
    const all =
      source === 'route'
        ? this.route?.metadata
        : messageOf(source === 'cluster' ? this.cluster?.config.metadata : this.host?.healthCheck.metadata)
            .filter_metadata;
    return valueAt(messageOf(all)[namespace], path);
  }

  get upstreamProtocol(): string | undefined {
    return this.upstreamConnection === undefined
      ? undefined
      : (this.upstreamConnection.protocol ?? 'HTTP/1.1');
  }

  /** Only of a connection that is there. */
  get upstreamRemoteAddress(): string | undefined {
    return this.upstreamConnection === undefined ? undefined : this.host?.addressText;
  }

  get upstreamObservabilityName(): string | undefined {
    return this.cluster?.observabilityName;
  }

  get upstreamConnectionId(): number | undefined {
    return this.upstreamConnection?.id;
  }

  get filterChainName(): string {
    return this.config.filterChainName;
  }

  get connectionId(): number {
    return this.connection.info.id;
  }

  dynamicMetadata(filter: string, path: readonly string[]): unknown {
    return valueAt(this.metadata?.get(filter), path);
  }

  /** For filters: kept until the access log is written. */
  setDynamicMetadata(filter: string, values: Readonly<Record<string, unknown>>): void {
    this.metadata ??= new Map();
    this.metadata.set(filter, { ...this.metadata.get(filter), ...values });
  }

  // ---- parts of the request

  private get isGrpc(): boolean {
    return this.cameAsGrpc ?? isGrpcContentType(getHeader(this.head.headers, 'content-type'));
  }

  /** A caller inside the mesh asks for a trace, and gets the id by which to find it. */
  private get isTraceForced(): boolean {
    return getHeader(this.head.headers, 'x-envoy-force-trace') !== undefined;
  }

  private endRequest(): void {
    this.requestEnded = true;
    this.requestDurationMs = this.connection.shared.clock.now() - this.startedAt;
    if (this.timings !== undefined) this.timings.lastDownstreamRx = this.requestDurationMs;
    this.requestTimeout?.clear();
  }

  private answerExpect(head: RequestHead): void {
    const expect = getHeader(head.headers, 'expect');
    if (expect === undefined || expect.toLowerCase() !== '100-continue') return;
    removeHeader(head.headers, 'expect');
    this.encoder.encode1xx({ status: 100, headers: [], protocol: head.protocol });
  }

  /** @returns false when the request was answered */
  private normalizePath(head: RequestHead): boolean {
    const { stats } = this.connection.shared;
    const { normalizePath } = this.config;
    // Fragments are never sent by user agents (RFC 9110 section 7.1); one here is made to fool somebody.
    const normal = head.path.includes('#') ? rejectedPath : normalizePath?.(head.path);
    if (normal === undefined) return true;
    if (normal.kind === 'reject') {
      stats.rqFailedPathNormalization.inc();
      this.sendLocalReply(400, '', 'path_normalization_failed');
      return false;
    }
    head.path = normal.path;
    if (normal.kind === 'forward') return true;
    stats.rqRedirectedWithNormalizedPath.inc();
    this.sendLocalReply(307, '', 'path_normalization_failed', ['location', normal.path]);
    return false;
  }

  private allowsUpgrade(head: RequestHead): boolean {
    const { route } = this;
    const own = route?.kind === 'cluster' ? route.upgrades.get(head.upgrade) : undefined;
    return own ?? this.config.upgrades.get(head.upgrade) ?? false;
  }

  private runFilters(head: RequestHead, endStream: boolean): void {
    const { filters } = this.config;
    if (this.route?.kind === 'cluster' && this.route.idleTimeoutMs !== undefined) {
      this.idleTimeout.clear();
      this.idleQueue = this.connection.shared.timeouts.get(this.route.idleTimeoutMs);
      this.idleQueue?.add(this.idleTimeout);
    }
    if (this.route?.kind === 'cluster' && this.route.maxStreamDuration !== undefined) {
      this.limitDuration(this.route, head);
      if (this.over) return;
    }
    if (filters.streamFilters.length === 0) {
      this.startTerminal(head, endStream);
      return;
    }
    // Filters may make it one, for the upstream: the client gets answers of the kind that it has asked for.
    this.cameAsGrpc = this.isGrpc;
    this.chain = new FilterChainRun(filters, this);
    this.chain.decoding.headers(head, endStream);
  }

  /** The time of the stream counts from its start. */
  private limitDuration(route: RouteToCluster, head: RequestHead): void {
    const { clock, timeouts } = this.connection.shared;
    this.maxDuration?.clear();
    const limitMs = takeStreamDuration(route, head, this.config.maxStreamDuration?.delayMs);
    if (limitMs === undefined) return;
    const leftMs = Math.ceil(limitMs - (clock.now() - this.startedAt));
    if (leftMs <= 0) {
      this.onTimeout(MAX_DURATION);
      return;
    }
    this.maxDuration ??= new Timeout(this, MAX_DURATION);
    timeouts.get(leftMs)?.add(this.maxDuration);
  }

  private startTerminal(head: RequestHead, endStream: boolean): void {
    const create = this.config.filters.terminal;
    if (create === undefined) return;
    const terminal = create(this);
    this.terminal = terminal;
    if ((this.responsePausedBy & SLOW_CLIENT) !== 0) terminal.onAboveWriteBufferHighWatermark();
    terminal.decodeHeaders(head, endStream);
  }

  private endTerminal(): void {
    const { terminal } = this;
    if (terminal === undefined) return;
    this.terminal = undefined;
    terminal.onDestroy();
  }

  // ---- parts of the response

  private pauseResponse(paused: boolean, who: number): void {
    const before = this.responsePausedBy;
    this.responsePausedBy = paused ? before | who : before & ~who;
    if ((before === 0) === (this.responsePausedBy === 0)) return;
    if (before === 0) this.terminal?.onAboveWriteBufferHighWatermark();
    else this.terminal?.onBelowWriteBufferLowWatermark();
  }

  private passHead(head: ResponseHead, endStream: boolean): void {
    if (this.chain !== undefined) this.chain.encoding.headers(head, endStream);
    else this.writeHead(head, endStream);
  }

  /** The last word on the headers of every response (`ActiveStream::encodeHeaders`, `mutateResponseHeaders`). */
  private writeHead({ headers, status }: ResponseHead, endStream: boolean): void {
    const { config, connection } = this;
    const { shared } = connection;
    this.responseStarted = true;
    this.responseCode = status;
    if (this.timings !== undefined) this.timings.firstDownstreamTx = this.durationMs;
    let hasDate = false;
    let server = -1;
    for (let at = 0; at < headers.length; at += 2) {
      const name = headers[at];
      if (name === 'date') hasDate = true;
      else if (name === 'server') server = at;
    }
    if (!hasDate) headers.push('date', shared.date());
    if (config.serverHeader === 'OVERWRITE') {
      if (server < 0) headers.push('server', config.serverName);
      else replaceHeader(headers, 'server', config.serverName);
    } else if (config.serverHeader === 'APPEND_IF_ABSENT' && server < 0) {
      headers.push('server', config.serverName);
    }
    if (config.requestIdInResponse || (this.isInternalRequest && this.isTraceForced)) {
      const id = getHeader(this.head.headers, 'x-request-id');
      if (id !== undefined) replaceHeader(headers, 'x-request-id', id);
    }
    if (config.via !== '') appendVia(headers, config.via);
    this.trace?.onResponse(headers);
    if (status === 101) this.startTunnel();
    else if (connection.closesAfterResponse(this.requestEnded)) headers.push('connection', 'close');
    this.responseHeaders = headers;
    if (!this.isHealthCheck) shared.stats.countResponse(status);
    this.encoder.encodeHeaders(status, headers, endStream);
    if (endStream) this.finish(false);
    else this.idleQueue?.add(this.idleTimeout);
  }

  private writeData(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    this.bytesSent += data.length;
    this.encoder.encodeData(data, endStream);
    if (endStream) this.finish(false);
    else this.idleQueue?.add(this.idleTimeout);
  }

  private writeTrailers(trailers: HeaderList): void {
    if (this.over) return;
    this.responseTrailers = trailers;
    this.encoder.encodeTrailers(trailers);
    this.finish(false);
  }

  private startTunnel(): void {
    this.isTunnel = true;
    const { stats } = this.connection.shared;
    stats.cxUpgradesTotal.inc();
    stats.cxUpgradesActive.inc();
    // A tunnel is a request that does not end.
    this.requestTimeout?.clear();
  }

  /** A response that has begun cannot be taken back: the client sees that it is cut. */
  private cut(reason: ResetReason, details: string): void {
    this.responseCodeDetails = details;
    this.connection.shared.stats.rqTxReset.inc();
    this.connection.onStreamReset();
    this.encoder.resetStream(reason);
    this.finish(false, true);
  }

  /** @param wasReset its end is no end: as in Envoy, whoever reset it, and whatever of the request is still to come, counts */
  private finish(byPeer: boolean, wasReset = false): void {
    if (this.over) return;
    this.over = true;
    this.idleTimeout.clear();
    this.requestTimeout?.clear();
    this.headersTimeout?.clear();
    this.maxDuration?.clear();
    this.logTimeout?.clear();
    this.endTerminal();
    this.chain?.destroy();
    const { clock, stats } = this.connection.shared;
    this.wholeDurationMs = clock.now() - this.startedAt;
    if (wasReset || !this.requestEnded) stats.rqRxReset.inc();
    stats.rqActive.dec();
    stats.rqTime.record(Math.floor(this.wholeDurationMs));
    stats.cxRxBytes.add(this.encoder.bytesReceived);
    stats.cxTxBytes.add(this.encoder.bytesSent);
    if (this.isTunnel) stats.cxUpgradesActive.dec();
    if (this.timings !== undefined && this.responseStarted) {
      this.timings.lastDownstreamTx = this.wholeDurationMs;
    }
    this.trace?.finish(this.cluster);
    this.writeLog('DownstreamEnd');
    this.connection.onStreamEnd(byPeer, this.requestEnded);
  }

  /** The cluster is known by the route, before anybody has asked for it. */
  private logStart(): void {
    const { route } = this;
    const name = route?.kind === 'cluster' ? route.cluster(this) : undefined;
    if (name !== undefined) this.cluster = this.clusters.get(name);
    this.writeLog('DownstreamStart');
  }

  private writeLog(type: string): void {
    this.accessLogType = type;
    const { accessLoggers } = this.config;
    for (let at = 0; at < accessLoggers.length; at++) accessLoggers[at]?.log(this);
  }
}
