/**
 * One request on a downstream connection, from its first octet to its access log line. It is what the codec decodes into,
 * what routing and formatters look at, and what the filter calls back: one object, so that nothing is copied on the way.
 */
import type { HeaderList } from '../common/header-list.js';
import { getHeader, removeHeader, replaceHeader } from '../common/header-list.js';
import type { ResponseFlag, StreamInfo } from '../common/stream-info.js';
import type { TimeoutOwner } from '../common/timeout-queue.js';
import { Timeout } from '../common/timeout-queue.js';
import type { HeaderMutation, Route, RouteRequest, RouteToCluster } from '../route/route-table.js';
import type { Cluster, ClusterManager } from '../upstream/cluster/cluster.js';
import type { Host } from '../upstream/host/host.js';
import type {
  ProtocolError,
  RequestDecoder,
  RequestHead,
  ResetReason,
  ResponseEncoder,
  ResponseHead,
} from './codec.js';
import { setAuthority } from './codec.js';
import type { ConnectionManagerConfig } from './connection-manager-config.js';
import type { DownstreamConnection } from './downstream-connection.js';
import type { StreamDecoderFilter, StreamDecoderFilterCallbacks } from './filter.js';
import { isGrpcContentType, localReply } from './local-reply.js';

// Kinds of time-outs.
const STREAM_IDLE = 0;
const REQUEST = 1;
const REQUEST_HEADERS = 2;

const noHeaders: HeaderList = [];
const noFlags: ReadonlySet<ResponseFlag> = new Set();
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

export class ActiveStream
  implements RequestDecoder, StreamInfo, RouteRequest, StreamDecoderFilterCallbacks, TimeoutOwner
{
  readonly clusters: ClusterManager;
  readonly startTime: number;
  originalPath = '';
  responseMutation: HeaderMutation | undefined = undefined;
  responseHeaders: HeaderList = noHeaders;
  responseTrailers: HeaderList = noHeaders;
  responseCode = 0;
  responseCodeDetails = '';
  bytesReceived = 0;
  bytesSent = 0;
  requestDurationMs: number | undefined = undefined;
  responseDurationMs: number | undefined = undefined;
  durationMs: number | undefined = undefined;
  upstreamLocalAddress: string | undefined = undefined;
  upstreamTransportFailureReason: string | undefined = undefined;
  upstreamRequestAttemptCount = 0;
  responseStarted = false;
  private readonly encoder: ResponseEncoder;
  private readonly connection: DownstreamConnection;
  private readonly config: ConnectionManagerConfig;
  private readonly startedAt: number;
  private head: RequestHead = noHead;
  private clientAddress = '';
  private chosen: Route | undefined = undefined;
  private filter: StreamDecoderFilter | undefined = undefined;
  private host: Host | undefined = undefined;
  private cluster: Cluster | undefined = undefined;
  private flagSet: Set<ResponseFlag> | undefined = undefined;
  private requestEnded = false;
  private over = false;
  private drawn = -1;
  private readonly idleTimeout = new Timeout(this, STREAM_IDLE);
  private idleQueue;
  private requestTimeout: Timeout | undefined = undefined;
  private headersTimeout: Timeout | undefined = undefined;

  constructor(connection: DownstreamConnection, config: ConnectionManagerConfig, encoder: ResponseEncoder) {
    this.connection = connection;
    this.config = config;
    this.encoder = encoder;
    this.clusters = connection.shared.clusters;
    const { clock } = connection.shared;
    this.startTime = clock.wallTime();
    this.startedAt = clock.now();
    this.idleQueue = config.streamIdle;
    if (config.request !== undefined) {
      this.requestTimeout = new Timeout(this, REQUEST);
      config.request.add(this.requestTimeout);
    }
    if (config.requestHeaders !== undefined) {
      this.headersTimeout = new Timeout(this, REQUEST_HEADERS);
      config.requestHeaders.add(this.headersTimeout);
    }
    const { stats } = connection.shared;
    stats.rqTotal.inc();
    stats.rqHttp1Total.inc();
    stats.rqActive.inc();
  }

  // ---- RequestDecoder

  onHeaders(head: RequestHead, endStream: boolean): void {
    this.head = head;
    this.headersTimeout?.clear();
    this.idleQueue?.add(this.idleTimeout);
    if (endStream) this.endRequest();
    const { config, connection } = this;
    if (!config.proxy100Continue && head.protocol === 'HTTP/1.1') this.answerExpect(head);
    if (head.headers[0] !== 'host') {
      this.refuse(400, '', 'missing_host_header');
      return;
    }
    this.originalPath = head.path;
    if (head.method !== 'CONNECT' && head.path.charCodeAt(0) !== 47) {
      connection.shared.stats.rqNonRelativePath.inc();
      this.sendLocalReply(404, '', 'absolute_path_rejected');
      return;
    }
    if (head.path.includes('#')) {
      this.sendLocalReply(400, '', 'path_normalization_failed', ['connection', 'close']);
      return;
    }
    if (head.method === 'QUERY' && getHeader(head.headers, 'content-type') === undefined) {
      this.refuse(400, '', 'query_missing_content_type');
      return;
    }
    if (config.normalizePath !== undefined && !this.normalizePath(head)) return;
    this.stripHost(head);
    const client = config.sanitize(head, connection.peer);
    this.clientAddress = client.fromConnection ? connection.remoteAddressText : `${client.clientAddress}:0`;
    this.chooseRoute(head, endStream);
  }

  onData(data: Buffer, endStream: boolean): void {
    this.bytesReceived += data.length;
    if (endStream) this.endRequest();
    if (this.over) return;
    this.idleQueue?.add(this.idleTimeout);
    this.filter?.decodeData(data, endStream);
  }

  onTrailers(trailers: HeaderList): void {
    this.endRequest();
    if (!this.over) this.filter?.decodeTrailers(trailers);
  }

  onProtocolError({ body, details, status }: ProtocolError): void {
    if (this.over) return;
    this.addFlag('DPE');
    this.filter?.onDestroy();
    this.filter = undefined;
    if (this.responseStarted) {
      this.resetStream('protocol error', details);
      return;
    }
    this.sendLocalReply(status, body, details);
  }

  onReset(_reason: ResetReason, _transportFailureReason: string): void {
    if (this.over) return;
    this.addFlag('DC');
    if (this.responseCodeDetails === '' || this.responseCodeDetails === 'via_upstream') {
      this.responseCodeDetails = 'downstream_remote_disconnect';
    }
    this.connection.shared.stats.rqRxReset.inc();
    this.finish();
  }

  onAboveWriteBufferHighWatermark(): void {
    this.filter?.onAboveWriteBufferHighWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    this.filter?.onBelowWriteBufferLowWatermark();
  }

  // ---- time-outs

  onTimeout(kind: number): void {
    if (this.over) return;
    const { stats } = this.connection.shared;
    if (kind === REQUEST_HEADERS) {
      stats.rqHeaderTimeout.inc();
      this.sendLocalReply(408, 'request header timeout', 'request_header_timeout', ['connection', 'close']);
    } else if (kind === REQUEST) {
      stats.rqTimeout.inc();
      this.endFilter();
      this.sendLocalReply(408, 'request timeout', 'request_overall_timeout', ['connection', 'close']);
    } else {
      stats.rqIdleTimeout.inc();
      this.addFlag('SI');
      this.endFilter();
      if (this.responseStarted) this.resetStream('local reset', 'stream_idle_timeout');
      else this.sendLocalReply(this.requestEnded ? 504 : 408, 'stream timeout', 'stream_idle_timeout');
    }
  }

  // ---- StreamDecoderFilterCallbacks

  get info(): StreamInfo {
    return this;
  }

  get request(): RouteRequest {
    return this;
  }

  setUpstream(cluster: Cluster | undefined, host: Host | undefined, localAddress: string): void {
    this.cluster = cluster;
    this.host = host;
    if (localAddress !== '') this.upstreamLocalAddress = localAddress;
  }

  setUpstreamTransportFailureReason(text: string): void {
    if (text !== '') this.upstreamTransportFailureReason = text;
  }

  setAttemptCount(count: number): void {
    this.upstreamRequestAttemptCount = count;
  }

  addFlag(flag: ResponseFlag): void {
    this.flagSet ??= new Set();
    this.flagSet.add(flag);
  }

  sendLocalReply(status: number, body: string, details: string, headers: HeaderList = noHeaders): void {
    if (this.over || this.responseStarted) return;
    const close = headers[0] === 'connection';
    const grpc = isGrpcContentType(getHeader(this.head.headers, 'content-type'));
    const reply = localReply(status, body, grpc, close ? noHeaders : headers);
    this.responseCode = reply.status;
    this.responseMutation?.(reply.headers, this);
    this.responseCodeDetails = details;
    const octets = reply.body === '' || this.head.method === 'HEAD' ? undefined : Buffer.from(reply.body);
    if (reply.status >= 400 && this.isUpgrade) reply.headers.push('connection', 'close');
    this.sendHead(reply.status, reply.headers, octets === undefined, close);
    if (octets !== undefined) this.encodeData(octets, true);
  }

  encode1xx(head: ResponseHead): void {
    if (this.config.proxy100Continue) this.encoder.encode1xx(head);
  }

  encodeHeaders(head: ResponseHead, endStream: boolean, details: string): void {
    if (this.over) return;
    this.responseCodeDetails = details;
    this.responseDurationMs = this.connection.shared.clock.now() - this.startedAt;
    // Formats of the mutation may ask for it.
    this.responseCode = head.status;
    this.responseMutation?.(head.headers, this);
    this.idleQueue?.add(this.idleTimeout);
    this.sendHead(head.status, head.headers, endStream, this.isUpgrade && head.status !== 101);
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    if (this.head.method !== 'HEAD') this.bytesSent += data.length;
    this.encoder.encodeData(data, endStream);
    if (endStream) this.finish();
    else this.idleQueue?.add(this.idleTimeout);
  }

  encodeTrailers(trailers: HeaderList): void {
    if (this.over) return;
    this.responseTrailers = trailers;
    this.encoder.encodeTrailers(trailers);
    this.finish();
  }

  resetStream(reason: ResetReason, details: string): void {
    if (this.over) return;
    this.responseCodeDetails = details;
    this.connection.shared.stats.rqTxReset.inc();
    this.encoder.resetStream(reason);
    this.finish();
  }

  setRequestReadDisabled(disabled: boolean): void {
    if (!this.over) this.encoder.setReadDisabled(disabled);
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

  get route(): RouteToCluster {
    return this.chosen as RouteToCluster;
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
    return this.chosen?.name;
  }

  get virtualHostName(): string | undefined {
    return this.chosen?.virtualHostName;
  }

  get downstreamDirectRemoteAddress(): string {
    return this.connection.remoteAddressText;
  }

  get downstreamRemoteAddress(): string {
    return this.clientAddress === '' ? this.connection.remoteAddressText : this.clientAddress;
  }

  get downstreamLocalAddress(): string {
    return this.connection.localAddressText;
  }

  get requestedServerName(): string {
    return this.connection.info.serverName;
  }

  get connectionId(): number {
    return this.connection.info.id;
  }

  dynamicMetadata(): unknown {
    return undefined;
  }

  // ---- parts

  private get isUpgrade(): boolean {
    return this.head.upgrade !== '';
  }

  private endRequest(): void {
    this.requestEnded = true;
    this.requestDurationMs = this.connection.shared.clock.now() - this.startedAt;
    this.requestTimeout?.clear();
  }

  private answerExpect(head: RequestHead): void {
    const expect = getHeader(head.headers, 'expect');
    if (expect?.toLowerCase() !== '100-continue') return;
    removeHeader(head.headers, 'expect');
    this.encoder.encode1xx({ status: 100, headers: [], protocol: head.protocol });
  }

  /** A message that is no good: Envoy closes the connection, unless it is told to be lenient. */
  private refuse(status: number, body: string, details: string): void {
    this.sendLocalReply(
      status,
      body,
      details,
      this.config.keepsConnectionOnBadRequest ? noHeaders : ['connection', 'close'],
    );
  }

  /** @returns false when the request was answered */
  private normalizePath(head: RequestHead): boolean {
    const normal = (this.config.normalizePath as NonNullable<ConnectionManagerConfig['normalizePath']>)(
      head.path,
    );
    if (normal.kind === 'reject') {
      this.sendLocalReply(400, '', 'path_normalization_failed');
      return false;
    }
    head.path = normal.path;
    if (normal.kind === 'forward') return true;
    this.sendLocalReply(307, '', 'path_normalization_failed', ['location', normal.path]);
    return false;
  }

  private stripHost(head: RequestHead): void {
    const { stripHostPort, stripTrailingHostDot } = this.config;
    if (stripHostPort === 'none' && !stripTrailingHostDot) return;
    let [, host = '', port] = /^(.*?)(?::(\d+))?$/s.exec(head.authority) ?? [];
    if (stripTrailingHostDot && host.endsWith('.')) host = host.slice(0, -1);
    if (port !== undefined && head.method !== 'CONNECT') {
      const own = String(this.connection.peer.localPort);
      if (stripHostPort === 'any' || (stripHostPort === 'matching' && port === own)) port = undefined;
    }
    const stripped = port === undefined ? host : `${host}:${port}`;
    if (stripped !== head.authority) setAuthority(head, stripped);
  }

  private allowsUpgrade(head: RequestHead, route: Route | undefined): boolean {
    const own = route?.kind === 'cluster' ? route.upgrades.get(head.upgrade) : undefined;
    return own ?? this.config.upgrades.get(head.upgrade) ?? false;
  }

  private chooseRoute(head: RequestHead, endStream: boolean): void {
    const { stats } = this.connection.shared;
    const route = this.config.routes.match(this);
    this.chosen = route;
    if (head.upgrade !== '' && !this.allowsUpgrade(head, route)) {
      this.sendLocalReply(403, '', 'upgrade_failed', ['connection', 'close']);
      return;
    }
    if (route === undefined || head.method === 'CONNECT') {
      stats.noRoute.inc();
      this.chosen = undefined;
      this.addFlag('NR');
      const close = head.method === 'CONNECT' ? ['connection', 'close'] : noHeaders;
      this.sendLocalReply(404, '', 'route_not_found', close);
      return;
    }
    this.responseMutation = route.responseHeaders;
    if (route.kind === 'cluster') {
      stats.rqTotalRouted.inc();
      if (route.idleTimeoutMs !== undefined) {
        this.idleTimeout.clear();
        this.idleQueue = this.connection.shared.timeouts.get(route.idleTimeoutMs);
        this.idleQueue?.add(this.idleTimeout);
      }
      const filter = this.config.createFilter(this);
      this.filter = filter;
      filter.decodeHeaders(head, endStream);
      return;
    }
    route.requestHeaders?.(head.headers, this);
    if (route.kind === 'redirect') {
      stats.rqRedirect.inc();
      this.sendLocalReply(route.code, '', 'direct_response', ['location', route.location(this)]);
      return;
    }
    stats.rqDirectResponse.inc();
    const more =
      route.code === 201 ? ['location', `${this.scheme}://${this.authority}${this.path}`] : noHeaders;
    this.sendLocalReply(route.code, route.body.toString('utf8'), 'direct_response', more);
  }

  /** The last word on the headers of every response. */
  private sendHead(status: number, headers: HeaderList, endStream: boolean, close: boolean): void {
    const { config, connection } = this;
    this.responseStarted = true;
    this.responseCode = status;
    if (getHeader(headers, 'date') === undefined) headers.push('date', connection.shared.date());
    if (config.serverHeader === 'OVERWRITE') replaceHeader(headers, 'server', config.serverName);
    else if (config.serverHeader === 'APPEND_IF_ABSENT' && getHeader(headers, 'server') === undefined) {
      headers.push('server', config.serverName);
    }
    if (config.via !== '') {
      const before = getHeader(headers, 'via');
      replaceHeader(headers, 'via', before === undefined ? config.via : `${before}, ${config.via}`);
    }
    if (config.requestIdInResponse) {
      const id = getHeader(this.head.headers, 'x-request-id');
      if (id !== undefined) replaceHeader(headers, 'x-request-id', id);
    }
    if ((close || connection.closesAfterResponse()) && status !== 101) headers.push('connection', 'close');
    this.responseHeaders = headers;
    this.encoder.encodeHeaders(status, headers, endStream);
    if (endStream) this.finish();
  }

  private endFilter(): void {
    this.filter?.onDestroy();
    this.filter = undefined;
  }

  private finish(): void {
    if (this.over) return;
    this.over = true;
    this.idleTimeout.clear();
    this.requestTimeout?.clear();
    this.headersTimeout?.clear();
    this.endFilter();
    const { shared } = this.connection;
    this.durationMs = shared.clock.now() - this.startedAt;
    shared.stats.rqActive.dec();
    shared.stats.rqTime.record(Math.floor(this.durationMs));
    if (this.responseCode !== 0) shared.stats.countResponse(this.responseCode);
    const { accessLoggers } = this.config;
    for (let at = 0; at < accessLoggers.length; at++) accessLoggers[at]?.log(this);
    this.connection.onStreamEnd();
  }
}
