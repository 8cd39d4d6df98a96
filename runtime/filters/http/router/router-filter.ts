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
import type { RouteToCluster } from '../../../route/route-table.js';
import type { AlternativeStats, Cluster } from '../../../upstream/cluster/cluster.js';
import type {
  PoolFailureReason,
  UpstreamConnectionInfo,
} from '../../../upstream/connection-pool/connection-pool.js';
import type { RequestedNames } from '../../../upstream/cluster/upstream-tls.js';
import type { Host } from '../../../upstream/host/host.js';
import { answerWithoutUpstream } from './answer-without-upstream.js';
import { forgetUpstreamTimings } from '../../../common/stream-timings.js';
import { isGrpcError } from './grpc-error.js';
import { HostChoice } from './host-choice.js';
import { MirrorRequest } from './mirror-request.js';
import { flagOfReset } from './reset-flags.js';
import type { RequestTimeouts } from './request-overrides.js';
import { routeTimeouts, takeAlternativeName, takeRetryPolicy, takeTimeouts } from './request-overrides.js';
import { rewriteHost, rewriteRequest, writeExpectedTimeout } from './rewrite-request.js';
import type { RetryContext, RetryDecision } from './retry-state.js';
import { isCanary, RetryState } from './retry-state.js';
import type { RouterStats } from './router-stats.js';
import { createRouterStats } from './router-stats.js';
import type { StrictCheck } from './strict-headers.js';
import { compileStrictCheck } from './strict-headers.js';
import type { UpstreamRequestOwner } from './upstream-request.js';
import { UpstreamRequest } from './upstream-request.js';

interface RouterOptions extends HttpFilterContext, RetryContext {
  readonly suppressEnvoyHeaders: boolean;
  readonly respectsExpectedTimeout: boolean;
  readonly strictCheck: StrictCheck | undefined;
  readonly routerStats: RouterStats;
  /** Each try has a span of its own, also where the connection manager does not ask for it. */
  readonly startsChildSpan: boolean;
}

// Kinds of time-outs.
const GLOBAL = 0;
const PER_TRY = 1;
const PER_TRY_IDLE = 2;

/** A host asks to be taken out of service; only one with active checks can come back. */
const immediateFail = 'x-envoy-immediate-health-check-fail';

const connectError = 'upstream connect error or disconnect/reset before headers.';

/** Most requests have one try at a time. */
const none: readonly UpstreamRequest[] = [];

function isRemoteReset(reason: ResetReason | PoolFailureReason): boolean {
  return reason === 'remote reset' || reason === 'remote refused stream reset';
}

class Router implements TerminalFilter, UpstreamRequestOwner, TimeoutOwner {
  private readonly callbacks: TerminalFilterCallbacks;
  private readonly options: RouterOptions;
  private route: RouteToCluster | undefined = undefined;
  private cluster: Cluster | undefined = undefined;
  private head: RequestHead | undefined = undefined;
  private timeouts: RequestTimeouts | undefined = undefined;
  private retry: RetryState | undefined = undefined;
  /** The latest try. */
  private upstream: UpstreamRequest | undefined = undefined;
  /** Tries that took too long and go on beside the latest one (`hedge_on_per_try_timeout`). */
  private others: readonly UpstreamRequest[] = none;
  private mirrors: MirrorRequest[] | undefined = undefined;
  private choice: HostChoice | undefined = undefined;
  private isTimeoutRetry = false;
  private isGrpc = false;
  private isCanary = false;
  private alternative: AlternativeStats | undefined = undefined;
  /** The host counts a gRPC response as good or bad by its trailers. */
  private grpcDeferred = false;
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
  private perTryIdleTimeout: Timeout | undefined = undefined;
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
      this.over = true;
      answerWithoutUpstream(route, callbacks, options.routerStats);
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
    this.isGrpc = getHeader(head.headers, 'content-type')?.startsWith('application/grpc') === true;
    callbacks.setUpstream(cluster, undefined);
    const wrong = options.strictCheck?.(head.headers);
    if (wrong !== undefined) {
      this.over = true;
      callbacks.addFlag('IH');
      const value = getHeader(head.headers, wrong) ?? '';
      const body = `invalid header '${wrong}' with value '${value}'`;
      this.reply(400, body, `request_headers_failed_strict_check{${wrong}}`, []);
      return;
    }
    this.prepare(head, route, cluster);
    this.choice = new HostChoice(callbacks, route);
    const host = this.chooseHost();
    if (host === undefined) return;
    // Copied before the host of the upstream comes into the head, and sent after the request itself.
    if (route.mirrorPolicies.length > 0) this.mirror(head, route);
    if (endStream) this.endRequest();
    this.try(host);
    if (this.mirrors !== undefined && (endStream || !this.over)) {
      for (const mirror of this.mirrors) mirror.start(endStream);
    }
  }

  decodeData(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    const encoder = this.upstream?.encoder;
    // A tunnel has no end that another try could wait for.
    const keeps = encoder === undefined || (this.retry !== undefined && !this.responseStarted);
    if (this.mirrors !== undefined) for (const mirror of this.mirrors) mirror.sendData(data, endStream);
    if (keeps && !this.keep(data)) return;
    if (endStream) this.endRequest();
    encoder?.encodeData(data, endStream);
  }

  decodeTrailers(trailers: HeaderList): void {
    if (this.over) return;
    this.trailers = trailers;
    if (this.mirrors !== undefined) for (const mirror of this.mirrors) mirror.sendTrailers(trailers);
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
    if (!this.requestEnded && this.mirrors !== undefined) for (const mirror of this.mirrors) mirror.cancel();
    if (this.over) return;
    this.finish();
    this.stopAll();
  }

  // ---- time-outs

  onTimeout(kind: number): void {
    if (this.over) return;
    if (kind === GLOBAL) this.onGlobalTimeout();
    else if (this.upstream !== undefined) this.onTryTimeout(kind, this.upstream);
  }

  private onGlobalTimeout(): void {
    const { callbacks, cluster, upstream } = this;
    const status = this.timeoutStatus;
    for (const request of upstream === undefined ? this.others : [...this.others, upstream]) {
      cluster?.stats.upstreamRqTimeout.inc();
      request.host.stats.rqTimeout++;
      if (!this.responseStarted) {
        request.host.health.outlierMonitor.putResult('LOCAL_ORIGIN_TIMEOUT', 504);
        this.charge(status, request);
      }
    }
    this.stopAll();
    if (this.responseStarted) {
      callbacks.addFlag('UT');
      this.cut('local reset', 'response_timeout');
    } else this.fail(status, this.timeoutBody, 'response_timeout', 'UT');
  }

  private onTryTimeout(kind: number, upstream: UpstreamRequest): void {
    const { cluster } = this;
    // Once the response flows, the time for the whole try does not count any more.
    if (kind === PER_TRY && this.responseStarted) return;
    if (this.timeouts?.hedges === true) {
      if (!this.responseStarted) this.hedge(upstream);
      return;
    }
    const isIdle = kind === PER_TRY_IDLE;
    (isIdle ? cluster?.stats.upstreamRqPerTryIdleTimeout : cluster?.stats.upstreamRqPerTryTimeout)?.inc();
    upstream.host.stats.rqTimeout++;
    if (!this.responseStarted) upstream.host.health.outlierMonitor.putResult('LOCAL_ORIGIN_TIMEOUT', 504);
    upstream.trace?.addFlag('UT');
    upstream.stop();
    this.upstream = undefined;
    const details = isIdle ? 'upstream_per_try_idle_timeout' : 'upstream_per_try_timeout';
    if (this.responseStarted) {
      this.callbacks.addFlag('UT');
      this.cut('local reset', details);
      return;
    }
    if (this.triesAgain(this.retry?.afterReset('per try timeout', true), true)) {
      upstream.host.stats.rqError++;
      return;
    }
    this.charge(this.timeoutStatus, upstream);
    if (!this.waitsForOthers()) this.fail(this.timeoutStatus, this.timeoutBody, details, 'UT');
  }

  /** Another try beside the one that takes too long: whichever answers first. */
  private hedge(upstream: UpstreamRequest): void {
    if (!this.triesAgain(this.retry?.afterHedgedTimeout(), true)) return;
    upstream.retried = true;
    this.others = [...this.others, upstream];
    this.upstream = undefined;
  }

  private get timeoutStatus(): number {
    return this.timeouts?.answersNoContent === true ? 204 : 504;
  }

  private get timeoutBody(): string {
    return this.timeoutStatus === 504 ? 'upstream request timeout' : '';
  }

  // ---- the upstream

  onUpstreamReady(request: UpstreamRequest, connection: UpstreamConnectionInfo): void {
    const { body, callbacks, cluster, trailers } = this;
    const encoder = request.encoder as NonNullable<UpstreamRequest['encoder']>;
    request.connection = connection;
    this.retry?.onHostAttempted(request.host);
    callbacks.setUpstream(cluster as Cluster, request.host, connection);
    request.host.health.outlierMonitor.putResult('LOCAL_ORIGIN_CONNECT_SUCCESS');
    if (this.requestEnded) this.startPerTryTimeout();
    if (this.responsePaused) encoder.setReadDisabled(true);
    const head = this.head as RequestHead;
    const { timings } = callbacks.info;
    if (callbacks.trace !== undefined) {
      // The next hop goes on with the span of the try, or with that of the request where tries have none.
      if (request.trace === undefined) callbacks.trace.inject(head.headers);
      else request.trace.onReady(head.headers, connection.protocol ?? 'HTTP/1.1');
    }
    if (timings !== undefined) {
      forgetUpstreamTimings(timings);
      timings.poolReady = callbacks.info.durationMs;
      timings.firstUpstreamTx = timings.poolReady;
    }
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
    if (timings !== undefined && this.requestEnded) timings.lastUpstreamTx = callbacks.info.durationMs;
  }

  onUpstream1xx(head: ResponseHead): void {
    // What has told the client to go on answers it to the end.
    this.giveUpRetries();
    this.count(head.status, this.upstream?.host, false);
    this.callbacks.encode1xx(head);
  }

  onUpstreamHeaders(request: UpstreamRequest, head: ResponseHead, endStream: boolean): void {
    const { callbacks, cluster, options, retry } = this;
    const { headers, status } = head;
    const { healthCheckMonitor, outlierMonitor } = request.host.health;
    outlierMonitor.putResponse(status, headers, this.head?.headers ?? []);
    if (healthCheckMonitor !== undefined && getHeader(headers, immediateFail) !== undefined) {
      healthCheckMonitor.setUnhealthy();
    }
    if (retry !== undefined) {
      let couldNotRetry: boolean;
      if (request.retried) couldNotRetry = retry.wantsAfterResponse(status, headers);
      else {
        const decision = retry.afterResponse(status, headers);
        if (this.triesAgain(decision, false)) {
          this.upstream = undefined;
          request.host.stats.rqError++;
          cluster?.stats.countRetriedResponse(status);
          request.stop();
          return;
        }
        couldNotRetry = decision !== 'no';
      }
      if (couldNotRetry && this.waitsForOthers(request)) {
        // One that is still under way may answer better.
        request.host.stats.rqError++;
        this.forget(request);
        request.stop();
        return;
      }
      this.giveUpRetries();
    }
    if (this.others.length > 0 || this.upstream !== request) this.settleOn(request);
    this.countForHost(request, status, headers, endStream);
    this.responseStarted = true;
    const { timings } = callbacks.info;
    if (timings !== undefined) timings.firstUpstreamRx = callbacks.info.durationMs;
    this.perTryTimeout?.clear();
    this.restartIdle();
    this.body = undefined;
    this.isTunnel = status === 101;
    this.isCanary = isCanary(request.host) || getHeader(headers, 'x-envoy-upstream-canary') === 'true';
    this.count(status, request.host, this.isCanary);
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
    callbacks.setResponse(head, 'via_upstream');
    const cookies = this.choice?.setCookies;
    if (cookies !== undefined) for (const cookie of cookies) headers.push('set-cookie', cookie);
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
    if (endStream) {
      if (this.grpcDeferred) this.countGrpc(this.upstream?.host, undefined);
      this.complete();
    } else this.restartIdle();
    this.callbacks.encodeData(data, endStream);
  }

  onUpstreamTrailers(trailers: HeaderList): void {
    if (this.grpcDeferred) this.countGrpc(this.upstream?.host, getHeader(trailers, 'grpc-status'));
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
    if (!isOverflow) request.host.health.outlierMonitor.putResult('LOCAL_ORIGIN_CONNECT_FAILED');
    if (request.encoder === undefined) {
      callbacks.setUpstream(cluster as Cluster, request.host);
      const { timings } = callbacks.info;
      if (timings !== undefined) timings.poolReady = callbacks.info.durationMs;
    } else if (isRemoteReset(reason)) cluster?.stats.upstreamRqRxReset.inc();
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
    this.forget(request);
    if (request.encoder === undefined) this.retry?.onHostAttempted(request.host);
    if (!request.retried) {
      const decision = this.retry?.afterReset(reason, request.encoder !== undefined);
      if (this.triesAgain(decision, false)) {
        request.host.stats.rqError++;
        return;
      }
    }
    const status = reason === 'protocol error' ? 502 : 503;
    this.charge(status, request);
    if (this.waitsForOthers()) return;
    const prefix = this.attempts > 1 ? 'retried and the latest reset reason' : 'reset reason';
    this.fail(
      status,
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

  /** All that is done to the request once, however often it is tried. */
  private prepare(head: RequestHead, route: RouteToCluster, cluster: Cluster): void {
    const { callbacks } = this;
    const { headers } = head;
    const { respectsExpectedTimeout, suppressEnvoyHeaders } = this.options;
    this.timeouts = callbacks.isInternalRequest
      ? takeTimeouts(headers, route, respectsExpectedTimeout)
      : routeTimeouts(route);
    if (callbacks.isInternalRequest) {
      const name = takeAlternativeName(headers);
      if (name !== undefined) this.alternative = cluster.stats.alternative(name);
    }
    if (!suppressEnvoyHeaders) writeExpectedTimeout(headers, this.timeouts, 0);
    if (route.includeRequestAttemptCount) replaceHeader(headers, 'x-envoy-attempt-count', '1');
    this.attempts = 1;
    callbacks.setAttemptCount(1);
    route.requestHeaders?.(headers, callbacks.info);
    rewriteRequest(head, route, callbacks.request, !suppressEnvoyHeaders);
    this.prepareRetries(headers, route, cluster);
  }

  /** After the mutations of the route, which may ask for retries by headers, too. */
  private prepareRetries(headers: HeaderList, route: RouteToCluster, cluster: Cluster): void {
    const { callbacks, options } = this;
    const policy =
      callbacks.isInternalRequest || route.requestHeaders !== undefined
        ? takeRetryPolicy(headers, route)
        : route.retryPolicy;
    if (policy === undefined || policy.retryOn.size === 0) return;
    this.retry = new RetryState(policy, callbacks.request, headers, cluster, route.priority, options);
  }

  /** Copies for the clusters of `request_mirror_policies`. */
  private mirror(head: RequestHead, route: RouteToCluster): void {
    const { callbacks, options } = this;
    for (const policy of route.mirrorPolicies) {
      if (!policy.applies(callbacks.request)) continue;
      const name = policy.cluster(callbacks.request);
      const cluster = name === undefined ? undefined : callbacks.clusters.get(name);
      if (cluster === undefined) continue;
      const { globalMs } = this.timeouts as RequestTimeouts;
      const mirror = new MirrorRequest(head, policy, cluster, route.priority, globalMs, options);
      this.mirrors ??= [];
      this.mirrors.push(mirror);
    }
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
    this.restartIdle();
    const queue = this.options.timeouts.get((this.timeouts as RequestTimeouts).perTryMs);
    if (queue === undefined || this.responseStarted) return;
    this.perTryTimeout ??= new Timeout(this, PER_TRY);
    queue.add(this.perTryTimeout);
  }

  /** The time between two parts of a response begins anew. */
  private restartIdle(): void {
    const idleMs = this.route?.retryPolicy?.perTryIdleTimeoutMs ?? 0;
    if (idleMs === 0 || !this.requestEnded) return;
    this.perTryIdleTimeout ??= new Timeout(this, PER_TRY_IDLE);
    this.options.timeouts.get(idleMs)?.add(this.perTryIdleTimeout);
  }

  /** @returns false when the request was answered: it is too long to be kept and nobody takes it */
  private keep(data: Buffer): boolean {
    const { options, retry } = this;
    if (retry !== undefined && this.bodyLength + data.length > this.retryLimit) {
      // Too long for another try; what was kept is not needed for the one under way.
      this.cluster?.stats.retryOrShadowAbandoned.inc();
      this.giveUpRetries();
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
    const limit = options.bufferLimitBytes;
    const isTooLong = limit > 0 && this.bodyLength + data.length > limit;
    this.body ??= [];
    this.body.push(data);
    this.bodyLength += data.length;
    if (isTooLong) this.callbacks.setRequestReadDisabled(true, PAUSED_BY_ROUTER);
    return true;
  }

  /** Octets of a body that are kept for another try. */
  private get retryLimit(): number {
    const { bufferLimitBytes } = this.options;
    const ofListener = bufferLimitBytes > 0 ? bufferLimitBytes : Number.POSITIVE_INFINITY;
    const given = this.route?.bufferLimit;
    if (given === undefined) return ofListener;
    return given.mayExceed ? given.bytes : Math.min(ofListener, given.bytes);
  }

  /** @returns undefined when there is none; the request was answered then */
  private chooseHost(): Host | undefined {
    const cluster = this.cluster as Cluster;
    const host = this.choice?.choose(cluster);
    if (host === undefined) {
      this.count(503, undefined, false);
      this.fail(503, 'no healthy upstream', 'no_healthy_upstream', 'UH');
    }
    return host;
  }

  private try(host: Host): void {
    const cluster = this.cluster as Cluster;
    const route = this.route as RouteToCluster;
    const head = this.head as RequestHead;
    // Asked for by the host of the request, before that of the endpoint is put in its place.
    if (this.attempts === 1) this.names = cluster.namesOf?.(head);
    if (route.autoHostRewrite && host.hostname !== '' && host.hostname !== head.authority) {
      const tells = !this.options.suppressEnvoyHeaders;
      if (this.attempts === 1) rewriteHost(head, route, host.hostname, tells);
      else setAuthority(head, host.hostname);
    }
    const upstream = new UpstreamRequest(this, host);
    this.upstream = upstream;
    const { trace } = this.callbacks;
    if (trace !== undefined) {
      upstream.trace = trace.startUpstream(cluster, this.attempts, this.options.startsChildSpan);
    }
    upstream.start(cluster.pool(host, route.priority, head.protocol, this.names));
  }

  // ---- parts of the response

  /** @returns true when another try is on its way */
  private triesAgain(decision: RetryDecision | undefined, afterTimeout: boolean): boolean {
    if (decision === undefined || decision === 'no') return false;
    if (typeof decision === 'string') {
      this.callbacks.addFlag(decision === 'exhausted' ? 'URX' : 'UO');
      return false;
    }
    this.perTryTimeout?.clear();
    this.perTryIdleTimeout?.clear();
    this.isTimeoutRetry = afterTimeout;
    this.backOff = this.options.clock.setTimer(decision, () => this.tryAgain());
    return true;
  }

  private tryAgain(): void {
    this.backOff = undefined;
    if (this.over) return;
    const route = this.route as RouteToCluster;
    const { headers } = this.head as RequestHead;
    this.attempts++;
    this.callbacks.setAttemptCount(this.attempts);
    this.retry?.onRetry();
    if (this.choice !== undefined) this.choice.retry = this.retry;
    const host = this.chooseHost();
    if (host === undefined) {
      this.stopAll();
      return;
    }
    if (route.includeRequestAttemptCount) this.writeAttemptCount(headers);
    if (route.includeIsTimeoutRetry) {
      replaceHeader(headers, 'x-envoy-is-timeout-retry', String(this.isTimeoutRetry));
    }
    const elapsed = this.requestEnded ? this.options.clock.now() - this.requestEndedAt : 0;
    if (!this.options.suppressEnvoyHeaders) {
      writeExpectedTimeout(headers, this.timeouts as RequestTimeouts, Math.floor(elapsed));
    }
    this.try(host);
  }

  /** Some other try is under way, or will be. */
  private waitsForOthers(request?: UpstreamRequest): boolean {
    return (
      this.backOff !== undefined ||
      (this.upstream !== undefined && this.upstream !== request) ||
      this.others.some((other) => other !== request)
    );
  }

  private forget(request: UpstreamRequest): void {
    if (this.upstream === request) this.upstream = undefined;
    if (this.others !== none) this.others = this.others.filter((other) => other !== request);
  }

  private giveUpRetries(): void {
    this.retry?.release();
    this.retry = undefined;
    this.backOff?.cancel();
    this.backOff = undefined;
  }

  /** Its response is the one: all other tries end. */
  private settleOn(request: UpstreamRequest): void {
    this.forget(request);
    this.stopAll();
    this.upstream = request;
    this.callbacks.setUpstream(this.cluster as Cluster, request.host, request.connection);
  }

  private stopAll(): void {
    this.upstream?.stop();
    for (const other of this.others) other.stop();
    this.upstream = undefined;
    this.others = none;
  }

  /** A response that the client does not get, or gets from us. */
  private charge(status: number, { host }: UpstreamRequest): void {
    host.stats.rqError++;
    this.count(status, host, isCanary(host));
  }

  private count(status: number, host: Host | undefined, canary: boolean): void {
    const { alternative, callbacks, cluster } = this;
    const zone = host?.zone ?? '';
    cluster?.stats.countResponse(status, callbacks.isInternalRequest, zone, canary);
    alternative?.count(status, callbacks.isInternalRequest, zone, canary);
  }

  private countForHost(
    { host }: UpstreamRequest,
    status: number,
    headers: readonly string[],
    endStream: boolean,
  ): void {
    if (status >= 500) host.stats.rqError++;
    else if (!this.isGrpc) host.stats.rqSuccess++;
    else if (endStream) this.countGrpc(host, getHeader(headers, 'grpc-status'));
    else this.grpcDeferred = true;
  }

  private countGrpc(host: Host | undefined, grpcStatus: string | undefined): void {
    this.grpcDeferred = false;
    if (host === undefined) return;
    if (isGrpcError(grpcStatus)) host.stats.rqError++;
    else host.stats.rqSuccess++;
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
    if (flag !== undefined) this.callbacks.addFlag(flag);
    this.finish();
    this.reply(status, body, details, headers);
  }

  /** A local reply of a request that has a route to a cluster. */
  private reply(status: number, body: string, details: string, headers: HeaderList): void {
    // Before a host is chosen there is no attempt to be told of.
    if (this.route?.includeAttemptCountInResponse === true && this.attempts > 0)
      this.writeAttemptCount(headers);
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
    const { callbacks, cluster, options, upstream } = this;
    const { timings } = callbacks.info;
    if (timings !== undefined) timings.lastUpstreamRx = callbacks.info.durationMs;
    // Before the request's own span, as the parts of a thing end before it.
    upstream?.trace?.finish(upstream.host.addressText, false);
    if (this.requestEnded) {
      const ms = Math.floor(options.clock.now() - this.requestEndedAt);
      const zone = upstream?.host.zone ?? '';
      cluster?.stats.recordResponseTime(ms, callbacks.isInternalRequest, zone, this.isCanary);
      this.alternative?.record(ms, callbacks.isInternalRequest, zone, this.isCanary);
    }
    this.finish();
    // The response is whole while the request is not: the rest of it is of no use to the upstream.
    if (!this.requestEnded) upstream?.encoder?.resetStream('local reset');
  }

  private finish(): void {
    this.over = true;
    this.globalTimeout?.clear();
    this.perTryTimeout?.clear();
    this.perTryIdleTimeout?.clear();
    this.giveUpRetries();
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
      wallClock: () => context.clock.wallTime(),
      bufferLimitBytes: context.bufferLimitBytes,
      suppressEnvoyHeaders: messageOf(config).suppress_envoy_headers === true,
      respectsExpectedTimeout: messageOf(config).respect_expected_rq_timeout === true,
      strictCheck: compileStrictCheck(messageOf(config)),
      startsChildSpan: messageOf(config).start_child_span === true,
      routerStats: createRouterStats(context.statPrefix, context.stats),
    };
    return (callbacks) => new Router(callbacks, options);
  },
};
