/**
 * `envoy.filters.http.router`: sends a request to a host of its route's cluster, tries again where the route says so, and
 * gives the response back. A failure is an answer with Envoy's body, flag and details.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, replaceHeader } from '../../../common/header-list.js';
import { messageOf } from '../../../common/message-fields.js';
import type { ResponseFlag } from '../../../common/stream-info.js';
import type { TimeoutOwner } from '../../../common/timeout-queue.js';
import { Timeout } from '../../../common/timeout-queue.js';
import type { RequestHead, ResetReason, ResponseHead } from '../../../http/codec.js';
import { setAuthority } from '../../../http/codec.js';
import type {
  HttpFilterContext,
  HttpFilterFactory,
  StreamDecoderFilter,
  StreamDecoderFilterCallbacks,
} from '../../../http/filter.js';
import type { HeaderMutation } from '../../../route/route-table.js';
import type { Cluster } from '../../../upstream/cluster/cluster.js';
import type {
  PoolFailureReason,
  UpstreamConnectionInfo,
} from '../../../upstream/connection-pool/connection-pool.js';
import type { TryResult } from './retry-state.js';
import { RetryState } from './retry-state.js';
import type { UpstreamRequestOwner } from './upstream-request.js';
import { UpstreamRequest } from './upstream-request.js';

interface RouterOptions extends HttpFilterContext {
  readonly suppressEnvoyHeaders: boolean;
}

// Kinds of time-outs.
const ROUTE = 0;
const PER_TRY = 1;

/** Body kept for further tries; a longer request is tried once (`per_connection_buffer_limit_bytes`, one MiB). */
const retryBodyLimit = 1024 * 1024;

const beforeHeaders = 'upstream connect error or disconnect/reset before headers.';

class Router implements StreamDecoderFilter, UpstreamRequestOwner, TimeoutOwner {
  private readonly callbacks: StreamDecoderFilterCallbacks;
  private readonly options: RouterOptions;
  private readonly routeTimeout = new Timeout(this, ROUTE);
  private perTryTimeout: Timeout | undefined = undefined;
  private retry: RetryState | undefined = undefined;
  private cluster: Cluster | undefined = undefined;
  private head: RequestHead | undefined = undefined;
  private upstream: UpstreamRequest | undefined = undefined;
  /** Body that was not yet written, or that another try may need. */
  private body: Buffer[] | undefined = undefined;
  private bodyLength = 0;
  private trailers: HeaderList | undefined = undefined;
  private requestEnded = false;
  private attempts = 0;
  private startedAt = 0;
  private tryStartedAt = 0;
  private over = false;
  private responseStarted = false;

  constructor(callbacks: StreamDecoderFilterCallbacks, options: RouterOptions) {
    this.callbacks = callbacks;
    this.options = options;
  }

  decodeHeaders(head: RequestHead, endStream: boolean): void {
    const { callbacks, options } = this;
    const { info, request, route } = callbacks;
    this.head = head;
    this.requestEnded = endStream;
    this.startedAt = options.clock.now();
    const name = route.cluster(request);
    const cluster = name === undefined ? undefined : callbacks.clusters.get(name);
    if (name === undefined || cluster === undefined) {
      callbacks.addFlag('NC');
      callbacks.sendLocalReply(route.clusterNotFoundCode, '', 'cluster_not_found');
      return;
    }
    this.cluster = cluster;
    callbacks.setUpstream(cluster, undefined, '');
    const weighted = route.clusterHeaders(name);
    const { headers } = head;
    if (!options.suppressEnvoyHeaders && route.timeoutMs > 0) {
      replaceHeader(headers, 'x-envoy-expected-rq-timeout-ms', String(this.expectedTimeout()));
    }
    weighted?.request?.(headers, info);
    route.requestHeaders?.(headers, info);
    this.setResponseMutation(weighted?.response);
    this.rewrite(head);
    if (route.retryPolicy !== undefined) this.retry = new RetryState(route.retryPolicy, options.random);
    if (endStream) this.startRouteTimeout();
    this.try();
  }

  decodeData(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    if (endStream) {
      this.requestEnded = true;
      this.startRouteTimeout();
    }
    const encoder = this.upstream?.encoder;
    const keeps = this.retry !== undefined && !this.responseStarted;
    if (encoder === undefined || keeps) this.keep(data);
    encoder?.encodeData(data, endStream);
  }

  decodeTrailers(trailers: HeaderList): void {
    if (this.over) return;
    this.requestEnded = true;
    this.startRouteTimeout();
    this.trailers = trailers;
    this.upstream?.encoder?.encodeTrailers(trailers);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.upstream?.encoder?.setReadDisabled(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.upstream?.encoder?.setReadDisabled(false);
  }

  onDestroy(): void {
    if (this.over) return;
    this.finish();
    this.upstream?.stop();
  }

  onTimeout(kind: number): void {
    if (this.over) return;
    const { callbacks, upstream } = this;
    if (kind === PER_TRY) {
      this.cluster?.stats.upstreamRqPerTryTimeout.inc();
      if (upstream !== undefined) upstream.host.stats.rqTimeout++;
      upstream?.stop();
      if (this.retriesAfter({ kind: 'per-try-timeout' })) return;
      this.fail(504, 'upstream request timeout', 'upstream_per_try_timeout', 'UT');
      return;
    }
    this.cluster?.stats.upstreamRqTimeout.inc();
    if (upstream !== undefined) upstream.host.stats.rqTimeout++;
    upstream?.stop();
    if (this.responseStarted) {
      callbacks.addFlag('UT');
      this.finish();
      callbacks.resetStream('local reset', 'response_timeout');
    } else this.fail(504, 'upstream request timeout', 'response_timeout', 'UT');
  }

  // ---- the upstream

  onUpstreamReady(request: UpstreamRequest, connection: UpstreamConnectionInfo): void {
    const { body, callbacks, cluster, head, trailers } = this;
    callbacks.setUpstream(cluster, request.host, connection.localAddress);
    const hasMore = body !== undefined || trailers !== undefined;
    request.encodeHeaders(head as RequestHead, this.requestEnded && !hasMore);
    if (body !== undefined) {
      for (const [at, part] of body.entries()) {
        const isLast = at === body.length - 1 && this.requestEnded && trailers === undefined;
        request.encoder?.encodeData(part, isLast);
      }
      if (this.retry === undefined) this.body = undefined;
    }
    if (trailers !== undefined) request.encoder?.encodeTrailers(trailers);
    callbacks.setRequestReadDisabled(false);
  }

  onUpstream1xx(head: ResponseHead): void {
    this.callbacks.encode1xx(head);
  }

  onUpstreamHeaders(request: UpstreamRequest, head: ResponseHead, endStream: boolean): void {
    const { callbacks, cluster, options } = this;
    const { status } = head;
    if (status >= 500) request.host.stats.rqError++;
    else request.host.stats.rqSuccess++;
    if (this.retry !== undefined) {
      const ratelimited = getHeader(head.headers, 'x-envoy-ratelimited') !== undefined;
      if (this.retriesAfter({ kind: 'response', status, ratelimited })) {
        request.stop();
        return;
      }
      if (this.attempts > 1 && status < 500) cluster?.stats.upstreamRqRetrySuccess.inc();
    }
    this.responseStarted = true;
    this.perTryTimeout?.clear();
    this.body = undefined;
    cluster?.stats.countResponse(status);
    if (this.head?.upgrade === 'websocket' && status >= 200 && status < 300) {
      // A success that is no switch would leave the client waiting for frames; Envoy gives it away as this.
      this.finish();
      request.stop();
      callbacks.sendLocalReply(status, '', 'websocket_handshake_unsuccessful', ['connection', 'close']);
      return;
    }
    if (!options.suppressEnvoyHeaders && status !== 101) {
      const now = options.clock.now();
      const spent = String(Math.floor(now - this.tryStartedAt));
      replaceHeader(head.headers, 'x-envoy-upstream-service-time', spent);
    }
    if (endStream) this.complete();
    callbacks.encodeHeaders(head, endStream, 'via_upstream');
  }

  onUpstreamData(data: Buffer, endStream: boolean): void {
    if (endStream) this.complete();
    this.callbacks.encodeData(data, endStream);
  }

  onUpstreamTrailers(trailers: HeaderList): void {
    this.complete();
    this.callbacks.encodeTrailers(trailers);
  }

  onUpstreamReset(request: UpstreamRequest, reason: ResetReason, transportFailureReason: string): void {
    const { callbacks, cluster } = this;
    cluster?.stats.upstreamRqRxReset.inc();
    request.host.stats.rqError++;
    callbacks.setUpstreamTransportFailureReason(transportFailureReason);
    const isProtocolError = reason === 'protocol error';
    const flag: ResponseFlag = isProtocolError ? 'UPE' : reason === 'connection termination' ? 'UC' : 'UR';
    const text = reason.replaceAll(' ', '_');
    if (this.responseStarted) {
      callbacks.addFlag(flag);
      this.finish();
      callbacks.resetStream(reason, `upstream_reset_after_response_started{${text}}`);
      return;
    }
    const refused = reason === 'remote refused stream reset';
    if (this.retriesAfter({ kind: 'reset', refused, requestSent: true })) return;
    this.failBeforeHeaders(isProtocolError ? 502 : 503, reason, text, flag);
  }

  onPoolFailure(request: UpstreamRequest, reason: PoolFailureReason, transportFailureReason: string): void {
    const { callbacks } = this;
    const text = reason.replaceAll(' ', '_');
    if (reason === 'overflow') {
      this.failBeforeHeaders(503, reason, text, 'UO', ['x-envoy-overloaded', 'true']);
      return;
    }
    request.host.stats.rqError++;
    callbacks.setUpstream(this.cluster, request.host, '');
    callbacks.setUpstreamTransportFailureReason(transportFailureReason);
    if (this.retriesAfter({ kind: 'connect-failure' })) return;
    const details = transportFailureReason === '' ? text : `${text}|${transportFailureReason}`;
    this.failBeforeHeaders(503, reason, details, 'UF');
  }

  onUpstreamAboveWatermark(): void {
    this.callbacks.setRequestReadDisabled(true);
  }

  onUpstreamBelowWatermark(): void {
    this.callbacks.setRequestReadDisabled(false);
  }

  // ---- parts

  private try(): void {
    const { callbacks, cluster } = this;
    const host = cluster?.loadBalancer.chooseHost(undefined);
    if (cluster === undefined || host === undefined) {
      cluster?.stats.upstreamCxNoneHealthy.inc();
      this.fail(503, 'no healthy upstream', 'no_healthy_upstream', 'UH');
      return;
    }
    this.attempts++;
    callbacks.setAttemptCount(this.attempts);
    const { route } = callbacks;
    const head = this.head as RequestHead;
    if (route.includeRequestAttemptCount) {
      replaceHeader(head.headers, 'x-envoy-attempt-count', String(this.attempts));
    }
    if (route.autoHostRewrite && host.hostname !== '') setAuthority(head, host.hostname);
    this.tryStartedAt = this.options.clock.now();
    const perTryMs = route.retryPolicy?.perTryTimeoutMs ?? 0;
    if (perTryMs > 0) {
      this.perTryTimeout ??= new Timeout(this, PER_TRY);
      this.options.timeouts.get(perTryMs)?.add(this.perTryTimeout);
    }
    const upstream = new UpstreamRequest(this, host);
    this.upstream = upstream;
    upstream.start(cluster.pool(host));
  }

  /** @returns true when another try was made or is on its way */
  private retriesAfter(result: TryResult): boolean {
    const { callbacks, cluster, options, retry } = this;
    if (retry === undefined || cluster === undefined || callbacks.responseStarted) return false;
    if (this.bodyLength > retryBodyLimit) return false;
    const delay = retry.next(result);
    if (delay === undefined) return false;
    if (delay === 'exhausted') {
      callbacks.addFlag('URX');
      cluster.stats.upstreamRqRetryLimitExceeded.inc();
      return false;
    }
    if (cluster.usage.retries >= cluster.limits.maxRetries) {
      callbacks.addFlag('UO');
      cluster.stats.upstreamRqRetryOverflow.inc();
      return false;
    }
    this.perTryTimeout?.clear();
    cluster.usage.retries++;
    cluster.stats.upstreamRqRetry.inc();
    options.clock.setTimer(delay, () => {
      cluster.usage.retries--;
      if (this.over) return;
      const { head } = this;
      if (head !== undefined && getHeader(head.headers, 'x-envoy-expected-rq-timeout-ms') !== undefined) {
        replaceHeader(head.headers, 'x-envoy-expected-rq-timeout-ms', String(this.expectedTimeout()));
      }
      this.try();
    });
    return true;
  }

  /** What is left of the route's time, or the time of each try where that is shorter. */
  private expectedTimeout(): number {
    const { retryPolicy, timeoutMs } = this.callbacks.route;
    const perTry = retryPolicy?.perTryTimeoutMs ?? 0;
    const spent = this.attempts === 0 ? 0 : this.options.clock.now() - this.startedAt;
    const left = Math.max(1, Math.floor(timeoutMs - spent));
    return perTry > 0 ? perTry : left;
  }

  private startRouteTimeout(): void {
    this.options.timeouts.get(this.callbacks.route.timeoutMs)?.add(this.routeTimeout);
  }

  private rewrite(head: RequestHead): void {
    const { request, route } = this.callbacks;
    const host = route.rewriteAuthority(request);
    if (host !== undefined) {
      const before = head.authority;
      setAuthority(head, host);
      replaceHeader(head.headers, 'x-envoy-original-host', before);
      if (route.appendXForwardedHost) {
        const forwarded = getHeader(head.headers, 'x-forwarded-host');
        replaceHeader(
          head.headers,
          'x-forwarded-host',
          forwarded === undefined ? before : `${forwarded},${before}`,
        );
      }
    }
    if (route.rewritesPath) {
      const before = head.path;
      head.path = route.rewritePath(before);
      if (!this.options.suppressEnvoyHeaders) replaceHeader(head.headers, 'x-envoy-original-path', before);
    }
  }

  /** Mutations of the response: of the weighted cluster, then of the route and what is around it. */
  private setResponseMutation(weighted: HeaderMutation | undefined): void {
    const { callbacks } = this;
    const { route } = callbacks;
    const { responseHeaders } = route;
    if (weighted === undefined && responseHeaders === undefined && !route.includeAttemptCountInResponse)
      return;
    callbacks.responseMutation = (headers, info) => {
      weighted?.(headers, info);
      responseHeaders?.(headers, info);
      if (route.includeAttemptCountInResponse)
        replaceHeader(headers, 'x-envoy-attempt-count', String(this.attempts));
    };
  }

  private keep(data: Buffer): void {
    this.bodyLength += data.length;
    if (this.upstream?.encoder !== undefined && this.bodyLength > retryBodyLimit) {
      // Too long for another try; what was kept is not needed for this one.
      this.body = undefined;
      this.retry = undefined;
      return;
    }
    this.body ??= [];
    this.body.push(data);
    // Nobody takes it yet: the client is to wait.
    if (this.upstream?.encoder === undefined && this.bodyLength > retryBodyLimit) {
      this.callbacks.setRequestReadDisabled(true);
    }
  }

  private fail(
    status: number,
    body: string,
    details: string,
    flag: ResponseFlag,
    headers: HeaderList = [],
  ): void {
    this.callbacks.addFlag(flag);
    this.cluster?.stats.countResponse(status);
    this.finish();
    this.callbacks.sendLocalReply(status, body, details, headers);
  }

  private failBeforeHeaders(
    status: number,
    reason: string,
    details: string,
    flag: ResponseFlag,
    headers: HeaderList = [],
  ): void {
    const retried = this.attempts > 1 ? ' retried and the latest reset reason: ' : ' reset reason: ';
    const before = `upstream_reset_before_response_started{${details}}`;
    this.fail(status, `${beforeHeaders}${retried}${reason}`, before, flag, headers);
  }

  private complete(): void {
    const { cluster, options } = this;
    cluster?.stats.upstreamRqTime.record(Math.floor(options.clock.now() - this.startedAt));
    this.finish();
    // The response is whole while the request is not: the rest of it is of no use to the upstream.
    if (!this.requestEnded) this.upstream?.encoder?.resetStream('local reset');
  }

  private finish(): void {
    this.over = true;
    this.routeTimeout.clear();
    this.perTryTimeout?.clear();
  }
}

export const routerFilterFactory: HttpFilterFactory = (config, context) => {
  const options = { ...context, suppressEnvoyHeaders: messageOf(config).suppress_envoy_headers === true };
  return (callbacks) => new Router(callbacks, options);
};
