/**
 * `envoy.filters.http.router`: sends a request to a host of its route's cluster, tries again where the route says so, and
 * gives the response back. A failure is an answer with Envoy's body, flag and details (`source/common/router/router.cc`).
 *
 * Life of a request here: route -> cluster -> headers -> [host -> pool -> try]* -> response. The router is over when the
 * response has ended, when it has given a local reply, or when the stream is destroyed; from then on it is deaf.
 */
import type { Timer } from '../../../common/clock.js';
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
  TerminalFilter,
  TerminalFilterCallbacks,
} from '../../../http/filter.js';
import { PAUSED_BY_ROUTER, PAUSED_BY_UPSTREAM } from '../../../http/filter.js';
import type { Route, RouteToCluster } from '../../../route/route-table.js';
import type { Cluster } from '../../../upstream/cluster/cluster.js';
import type {
  PoolFailureReason,
  UpstreamConnectionInfo,
} from '../../../upstream/connection-pool/connection-pool.js';
import type { RequestedNames } from '../../../upstream/cluster/upstream-tls.js';
import type { RequestTimeouts } from './request-overrides.js';
import { routeTimeouts, takeRetryPolicy, takeTimeouts } from './request-overrides.js';
import type { RetryDecision } from './retry-state.js';
import { RetryState } from './retry-state.js';
import type { RouterStats } from './router-stats.js';
import { createRouterStats } from './router-stats.js';
import type { UpstreamRequestOwner } from './upstream-request.js';
import { UpstreamRequest } from './upstream-request.js';

interface RouterOptions extends HttpFilterContext {
  readonly suppressEnvoyHeaders: boolean;
  readonly routerStats: RouterStats;
}

// Kinds of time-outs.
const GLOBAL = 0;
const PER_TRY = 1;

const connectError = 'upstream connect error or disconnect/reset before headers.';

/** `streamResetReasonToResponseFlag` of Envoy. */
const flagOfReset: Readonly<Record<ResetReason | PoolFailureReason, ResponseFlag>> = {
  'local reset': 'LR',
  'remote reset': 'UR',
  'remote refused stream reset': 'UR',
  'connection termination': 'UC',
  'protocol error': 'UPE',
  'http1 premature upstream half close': 'UC',
  overflow: 'UO',
  'remote connection failure': 'UF',
  'local connection failure': 'UF',
  'connection timeout': 'UF',
};

class Router implements TerminalFilter, UpstreamRequestOwner, TimeoutOwner {
  private readonly callbacks: TerminalFilterCallbacks;
  private readonly options: RouterOptions;
  private route: RouteToCluster | undefined = undefined;
  private cluster: Cluster | undefined = undefined;
  private head: RequestHead | undefined = undefined;
  private timeouts: RequestTimeouts | undefined = undefined;
  private retry: RetryState | undefined = undefined;
  private upstream: UpstreamRequest | undefined = undefined;
  /** Body that was not yet written, or that another try may need. */
  private body: Buffer[] | undefined = undefined;
  private bodyLength = 0;
  private trailers: HeaderList | undefined = undefined;
  private requestEnded = false;
  /** Monotonic; 0 until the request has ended. */
  private requestEndedAt = 0;
  private attempts = 0;
  /** What the request asks of TLS. */
  private names: RequestedNames | undefined = undefined;
  private responseStarted = false;
  private responsePaused = false;
  private isTunnel = false;
  private over = false;
  private globalTimeout: Timeout | undefined = undefined;
  private perTryTimeout: Timeout | undefined = undefined;
  private backOff: Timer | undefined = undefined;

  constructor(callbacks: TerminalFilterCallbacks, options: RouterOptions) {
    this.callbacks = callbacks;
    this.options = options;
  }

  // ---- TerminalFilter

  decodeHeaders(head: RequestHead, endStream: boolean): void {
    const { callbacks, options } = this;
    options.routerStats.rqTotal.inc();
    const { route } = callbacks;
    if (route === undefined || route.kind !== 'cluster') {
      this.answer(route);
      return;
    }
    this.route = route;
    const name = route.cluster(callbacks.request);
    const cluster = name === undefined ? undefined : callbacks.clusters.get(name);
    if (name === undefined || cluster === undefined) {
      options.routerStats.noCluster.inc();
      this.over = true;
      callbacks.addFlag('NC');
      this.reply(route.clusterNotFoundCode, '', 'cluster_not_found', []);
      return;
    }
    this.cluster = cluster;
    this.head = head;
    callbacks.setUpstream(cluster, undefined, '');
    this.prepare(head, route, cluster);
    if (endStream) this.endRequest();
    this.try();
  }

  decodeData(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    const encoder = this.upstream?.encoder;
    // A tunnel has no end that another try could wait for.
    const keeps = encoder === undefined || (this.retry !== undefined && !this.responseStarted);
    if (keeps && !this.keep(data)) return;
    if (endStream) this.endRequest();
    encoder?.encodeData(data, endStream);
  }

  decodeTrailers(trailers: HeaderList): void {
    if (this.over) return;
    this.trailers = trailers;
    this.endRequest();
    this.upstream?.encoder?.encodeTrailers(trailers);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.responsePaused = true;
    this.upstream?.encoder?.setReadDisabled(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.responsePaused = false;
    this.upstream?.encoder?.setReadDisabled(false);
  }

  onDestroy(): void {
    if (this.over) return;
    this.finish();
    this.upstream?.stop();
  }

  // ---- time-outs

  onTimeout(kind: number): void {
    if (this.over) return;
    const { callbacks, cluster, upstream } = this;
    if (kind === PER_TRY) {
      // Once the response flows only the global time-out ends it.
      if (this.responseStarted) return;
      cluster?.stats.upstreamRqPerTryTimeout.inc();
    } else cluster?.stats.upstreamRqTimeout.inc();
    if (upstream !== undefined) {
      upstream.host.stats.rqTimeout++;
      upstream.host.stats.rqError++;
      upstream.stop();
      this.upstream = undefined;
    }
    if (kind === PER_TRY) {
      if (this.triesAgain(this.retry?.afterReset('per try timeout', true))) return;
      this.fail(504, 'upstream request timeout', 'upstream_per_try_timeout', 'UT');
    } else if (this.responseStarted) {
      callbacks.addFlag('UT');
      this.cut('local reset', 'response_timeout');
    } else this.fail(504, 'upstream request timeout', 'response_timeout', 'UT');
  }

  // ---- the upstream

  onUpstreamReady(request: UpstreamRequest, connection: UpstreamConnectionInfo): void {
    const { body, callbacks, cluster, trailers } = this;
    const encoder = request.encoder as NonNullable<UpstreamRequest['encoder']>;
    callbacks.setUpstream(cluster as Cluster, request.host, connection.localAddress, connection.tls);
    if (this.requestEnded) this.startPerTryTimeout();
    if (this.responsePaused) encoder.setReadDisabled(true);
    const head = this.head as RequestHead;
    encoder.encodeHeaders(head, this.requestEnded && body === undefined && trailers === undefined);
    if (body !== undefined) {
      if (this.retry === undefined) {
        this.body = undefined;
        this.bodyLength = 0;
      }
      for (let at = 0; at < body.length && this.upstream === request; at++) {
        const isLast = at === body.length - 1 && this.requestEnded && trailers === undefined;
        encoder.encodeData(body[at] as Buffer, isLast);
      }
      callbacks.setRequestReadDisabled(false, PAUSED_BY_ROUTER);
    }
    if (trailers !== undefined && this.upstream === request) encoder.encodeTrailers(trailers);
  }

  onUpstream1xx(head: ResponseHead): void {
    this.callbacks.encode1xx(head);
  }

  onUpstreamHeaders(request: UpstreamRequest, head: ResponseHead, endStream: boolean): void {
    const { callbacks, cluster, options, retry } = this;
    const { headers, status } = head;
    if (status >= 500) request.host.stats.rqError++;
    else request.host.stats.rqSuccess++;
    if (retry !== undefined) {
      const isRatelimited = getHeader(headers, 'x-envoy-ratelimited') !== undefined;
      if (this.triesAgain(retry.afterResponse(status, isRatelimited))) {
        cluster?.stats.countRetriedResponse(status);
        request.stop();
        return;
      }
    }
    this.responseStarted = true;
    this.perTryTimeout?.clear();
    this.body = undefined;
    this.isTunnel = status === 101;
    cluster?.stats.countResponse(status, callbacks.isInternalRequest);
    if (status < 400 && status !== 101 && this.head?.upgrade === 'websocket') {
      // Neither a tunnel nor an error: what follows would be taken for one of them.
      request.stop();
      this.finish();
      callbacks.sendLocalReply(status, '', 'websocket_handshake_unsuccessful');
      return;
    }
    // Since the request's last octet, so that the client's slowness does not count.
    if (!options.suppressEnvoyHeaders && this.requestEnded) {
      const since = Math.floor(options.clock.now() - this.requestEndedAt);
      replaceHeader(headers, 'x-envoy-upstream-service-time', String(since));
    }
    callbacks.setResponseCode(status);
    if (this.route?.includeAttemptCountInResponse === true) this.writeAttemptCount(headers);
    this.route?.responseHeaders?.(headers, callbacks.info);
    if (endStream) this.complete();
    callbacks.encodeHeaders(head, endStream, 'via_upstream');
  }

  onUpstreamData(data: Buffer, endStream: boolean): void {
    if (endStream && this.isTunnel) {
      this.endTunnel(data);
      return;
    }
    if (endStream) this.complete();
    this.callbacks.encodeData(data, endStream);
  }

  onUpstreamTrailers(trailers: HeaderList): void {
    this.complete();
    this.callbacks.encodeTrailers(trailers);
  }

  onUpstreamReset(
    request: UpstreamRequest,
    reason: ResetReason | PoolFailureReason,
    transportFailureReason: string,
  ): void {
    const { callbacks, cluster, options } = this;
    const isOverflow = reason === 'overflow';
    const flag = flagOfReset[reason];
    if (!isOverflow) {
      request.host.stats.rqError++;
      if (request.encoder !== undefined) cluster?.stats.upstreamRqRxReset.inc();
      else callbacks.setUpstream(cluster as Cluster, request.host, '');
    }
    callbacks.setUpstreamTransportFailureReason(transportFailureReason);
    const words = reason.replaceAll(' ', '_');
    const cause = transportFailureReason === '' ? words : `${words}|${transportFailureReason}`;
    if (this.responseStarted) {
      options.routerStats.rqResetAfterDownstreamResponseStarted.inc();
      callbacks.addFlag(flag);
      this.cut(
        reason === 'protocol error' ? reason : 'local reset',
        `upstream_reset_after_response_started{${cause}}`,
      );
      return;
    }
    this.upstream = undefined;
    if (this.triesAgain(this.retry?.afterReset(reason, request.encoder !== undefined))) return;
    const prefix = this.attempts > 1 ? 'retried and the latest reset reason' : 'reset reason';
    this.fail(
      reason === 'protocol error' ? 502 : 503,
      `${connectError} ${prefix}: ${reason}`,
      `upstream_reset_before_response_started{${cause}}`,
      flag,
      isOverflow && !options.suppressEnvoyHeaders ? ['x-envoy-overloaded', 'true'] : [],
    );
  }

  onUpstreamAboveWatermark(): void {
    this.callbacks.setRequestReadDisabled(true, PAUSED_BY_UPSTREAM);
  }

  onUpstreamBelowWatermark(): void {
    this.callbacks.setRequestReadDisabled(false, PAUSED_BY_UPSTREAM);
  }

  // ---- parts of the request

  /** Routes that need no upstream. */
  private answer(route: Exclude<Route, RouteToCluster> | undefined): void {
    const { callbacks, options } = this;
    this.over = true;
    if (route === undefined) {
      options.routerStats.noRoute.inc();
      callbacks.addFlag('NR');
      callbacks.sendLocalReply(404, '', 'route_not_found');
      return;
    }
    const { request } = callbacks;
    const headers: HeaderList = [];
    if (route.kind === 'redirect') {
      options.routerStats.rqRedirect.inc();
      headers.push('location', route.location(request));
      callbacks.sendLocalReply(route.code, '', 'direct_response', headers, route.responseHeaders);
      return;
    }
    options.routerStats.rqDirectResponse.inc();
    // RFC 9110 section 15.3.2: the place of what was created; Envoy does the same for redirecting codes.
    if (route.code === 201 || (route.code >= 300 && route.code < 400)) {
      headers.push('location', `${request.scheme}://${request.authority}${request.path}`);
    }
    callbacks.sendLocalReply(route.code, route.body, 'direct_response', headers, route.responseHeaders);
  }

  /** All that is done to the request once, however often it is tried. */
  private prepare(head: RequestHead, route: RouteToCluster, cluster: Cluster): void {
    const { callbacks, options } = this;
    const { headers } = head;
    const { random } = options;
    if (callbacks.isInternalRequest) {
      this.timeouts = takeTimeouts(headers, route);
      const wanted = takeRetryPolicy(headers, route);
      if (wanted !== undefined) {
        this.retry = new RetryState(wanted.policy, wanted.overrides, cluster, route.priority, random);
      }
    } else {
      this.timeouts = routeTimeouts(route);
      const { retryPolicy } = route;
      if (retryPolicy !== undefined && retryPolicy.retryOn.size > 0) {
        this.retry = new RetryState(retryPolicy, retryPolicy, cluster, route.priority, random);
      }
    }
    this.writeExpectedTimeout(headers, 0);
    if (route.includeRequestAttemptCount) replaceHeader(headers, 'x-envoy-attempt-count', '1');
    route.requestHeaders?.(headers, callbacks.info);
    this.rewrite(head, route);
  }

  private rewrite(head: RequestHead, route: RouteToCluster): void {
    const { headers } = head;
    const host = route.rewriteAuthority(this.callbacks.request);
    if (host !== undefined) this.rewriteHost(head, route, host);
    if (!route.rewritesPath) return;
    const before = head.path;
    head.path = route.rewritePath(before);
    if (!this.options.suppressEnvoyHeaders) replaceHeader(headers, 'x-envoy-original-path', before);
  }

  private rewriteHost(head: RequestHead, route: RouteToCluster, host: string): void {
    const { headers } = head;
    const before = head.authority;
    setAuthority(head, host);
    if (!this.options.suppressEnvoyHeaders) replaceHeader(headers, 'x-envoy-original-host', before);
    if (!route.appendXForwardedHost) return;
    const forwarded = getHeader(headers, 'x-forwarded-host');
    replaceHeader(headers, 'x-forwarded-host', forwarded === undefined ? before : `${forwarded},${before}`);
  }

  /** `FilterUtility::setTimeoutHeaders`. @param elapsedMs since the request ended */
  private writeExpectedTimeout(headers: HeaderList, elapsedMs: number): void {
    if (this.options.suppressEnvoyHeaders) return;
    const { globalMs, perTryMs } = this.timeouts as RequestTimeouts;
    let expected = perTryMs;
    if (globalMs > 0) {
      // 0 would mean for ever.
      const left = elapsedMs >= globalMs ? 1 : globalMs - elapsedMs;
      expected = perTryMs === 0 ? left : Math.min(perTryMs, left);
    }
    if (expected <= 0) return;
    replaceHeader(headers, 'x-envoy-expected-rq-timeout-ms', String(expected));
  }

  /** The last octet of the request is here: its time-outs start to count. */
  private endRequest(): void {
    this.requestEnded = true;
    this.requestEndedAt = this.options.clock.now();
    const queue = this.options.timeouts.get((this.timeouts as RequestTimeouts).globalMs);
    if (queue !== undefined) {
      this.globalTimeout = new Timeout(this, GLOBAL);
      queue.add(this.globalTimeout);
    }
    if (this.upstream?.encoder !== undefined) this.startPerTryTimeout();
  }

  private startPerTryTimeout(): void {
    const queue = this.options.timeouts.get((this.timeouts as RequestTimeouts).perTryMs);
    if (queue === undefined || this.responseStarted) return;
    this.perTryTimeout ??= new Timeout(this, PER_TRY);
    queue.add(this.perTryTimeout);
  }

  /** @returns false when the request was answered: it is too long to be kept and nobody takes it */
  private keep(data: Buffer): boolean {
    const limit = this.options.bufferLimitBytes;
    const isTooLong = limit > 0 && this.bodyLength + data.length > limit;
    if (isTooLong && this.retry !== undefined) {
      // Too long for another try; what was kept is not needed for the one under way.
      this.retry.release();
      this.retry = undefined;
      if (this.upstream === undefined) {
        this.fail(
          507,
          'exceeded request buffer limit while retrying upstream',
          'request_payload_exceeded_retry_buffer_limit',
          undefined,
        );
        return false;
      }
      if (this.upstream.encoder !== undefined) {
        this.body = undefined;
        return true;
      }
    }
    this.body ??= [];
    this.body.push(data);
    this.bodyLength += data.length;
    if (isTooLong) this.callbacks.setRequestReadDisabled(true, PAUSED_BY_ROUTER);
    return true;
  }

  private try(): void {
    const { callbacks } = this;
    const cluster = this.cluster as Cluster;
    const route = this.route as RouteToCluster;
    const head = this.head as RequestHead;
    this.attempts++;
    callbacks.setAttemptCount(this.attempts);
    const host = cluster.loadBalancer.chooseHost(undefined);
    if (host === undefined) {
      cluster.stats.upstreamCxNoneHealthy.inc();
      this.fail(503, 'no healthy upstream', 'no_healthy_upstream', 'UH');
      return;
    }
    // Asked for by the host of the request, before that of the endpoint is put in its place.
    if (this.attempts === 1) this.names = cluster.namesOf?.(head);
    if (route.autoHostRewrite && host.hostname !== '' && host.hostname !== head.authority) {
      if (this.attempts === 1) this.rewriteHost(head, route, host.hostname);
      else setAuthority(head, host.hostname);
    }
    if (route.includeRequestAttemptCount && this.attempts > 1) {
      replaceHeader(head.headers, 'x-envoy-attempt-count', String(this.attempts));
    }
    const upstream = new UpstreamRequest(this, host);
    this.upstream = upstream;
    upstream.start(cluster.pool(host, route.priority, this.names));
  }

  // ---- parts of the response

  /** @returns true when another try is on its way */
  private triesAgain(decision: RetryDecision | undefined): boolean {
    if (decision === undefined || decision === 'no') return false;
    if (typeof decision === 'string') {
      this.callbacks.addFlag(decision === 'exhausted' ? 'URX' : 'UO');
      return false;
    }
    this.perTryTimeout?.clear();
    this.upstream = undefined;
    this.backOff = this.options.clock.setTimer(decision, () => this.tryAgain());
    return true;
  }

  private tryAgain(): void {
    this.backOff = undefined;
    if (this.over) return;
    const { headers } = this.head as RequestHead;
    const elapsed = this.requestEnded ? this.options.clock.now() - this.requestEndedAt : 0;
    this.writeExpectedTimeout(headers, Math.floor(elapsed));
    this.try();
  }

  private writeAttemptCount(headers: HeaderList): void {
    replaceHeader(headers, 'x-envoy-attempt-count', String(this.attempts));
  }

  private fail(
    status: number,
    body: string,
    details: string,
    flag: ResponseFlag | undefined,
    headers: HeaderList = [],
  ): void {
    const { callbacks, cluster } = this;
    if (flag !== undefined) callbacks.addFlag(flag);
    cluster?.stats.countResponse(status, callbacks.isInternalRequest);
    this.finish();
    this.reply(status, body, details, headers);
  }

  /** A local reply of a request that has a route to a cluster. */
  private reply(status: number, body: string, details: string, headers: HeaderList): void {
    if (this.route?.includeAttemptCountInResponse === true) this.writeAttemptCount(headers);
    this.callbacks.sendLocalReply(status, body, details, headers);
  }

  private cut(reason: ResetReason, details: string): void {
    this.finish();
    this.callbacks.resetStream(reason, details);
  }

  /** The upstream has closed its end: a tunnel has no other end than this. */
  private endTunnel(data: Buffer): void {
    const { callbacks } = this;
    if (data.length > 0) callbacks.encodeData(data, false);
    callbacks.addFlag('UC');
    this.cut('local reset', 'upstream_reset_after_response_started{connection_termination}');
  }

  /** The response has ended. */
  private complete(): void {
    const { cluster, options, upstream } = this;
    if (this.requestEnded) {
      cluster?.stats.upstreamRqTime.record(Math.floor(options.clock.now() - this.requestEndedAt));
    }
    this.finish();
    // The response is whole while the request is not: the rest of it is of no use to the upstream.
    if (!this.requestEnded) upstream?.encoder?.resetStream('local reset');
  }

  private finish(): void {
    this.over = true;
    this.globalTimeout?.clear();
    this.perTryTimeout?.clear();
    this.backOff?.cancel();
    this.retry?.release();
    this.body = undefined;
  }
}

/** `envoy.extensions.filters.http.router.v3.Router`. */
export const routerFilterFactory: HttpFilterFactory = {
  kind: 'terminal',
  create(config, context) {
    const options: RouterOptions = {
      clock: context.clock,
      timeouts: context.timeouts,
      stats: context.stats,
      statPrefix: context.statPrefix,
      random: context.random,
      bufferLimitBytes: context.bufferLimitBytes,
      suppressEnvoyHeaders: messageOf(config).suppress_envoy_headers === true,
      routerStats: createRouterStats(context.statPrefix, context.stats),
    };
    return (callbacks) => new Router(callbacks, options);
  },
};
