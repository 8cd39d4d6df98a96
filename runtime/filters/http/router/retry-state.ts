/**
 * Whether a failed try is followed by another one, when, and on which hosts (`RetryStateImpl`). One per request whose route has
 * a retry policy; it holds a place in the cluster's retry limit from one decision to the next.
 */
import { getHeader } from '../../../common/header-list.js';
import { hasMetadata } from '../../../common/metadata-criteria.js';
import type { ResetReason } from '../../../http/codec.js';
import type { HeaderTest, MatchedRequest } from '../../../route/compile-header-matcher.js';
import type { RetryPolicy } from '../../../route/route-table.js';
import type { Cluster, ClusterResources, RoutingPriority } from '../../../upstream/cluster/cluster.js';
import type { PoolFailureReason } from '../../../upstream/connection-pool/connection-pool.js';
import type { Host } from '../../../upstream/host/host.js';
import type { LevelHosts } from '../../../upstream/load-balancing/level-hosts.js';
import type { PriorityLoads } from '../../../upstream/load-balancing/priority-load.js';
import { PreviousPriorities } from './previous-priorities.js';

/** `no`: the result is final; the others are final, too, and leave a flag: URX, UO. A number: wait so many milliseconds. */
export type RetryDecision = 'no' | 'exhausted' | 'overflow' | number;

/** Why there was no response: of the stream, of the pool, or the time for one try was over. */
export type ResetCause = ResetReason | PoolFailureReason | 'per try timeout';

/** What retries may use. */
export interface RetryContext {
  /** Of [0, 1). */
  readonly random: () => number;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
}

function isGatewayError(status: number): boolean {
  return status >= 502 && status <= 504;
}

function isConnectFailure(cause: ResetCause): boolean {
  return (
    cause === 'remote connection failure' ||
    cause === 'local connection failure' ||
    cause === 'connection timeout'
  );
}

/** Tokens of `retry_on` by the number of `grpc-status` (https://grpc.io/docs/guides/status-codes/). */
const grpcTokens: Readonly<Record<string, string>> = {
  1: 'cancelled',
  4: 'deadline-exceeded',
  8: 'resource-exhausted',
  13: 'internal',
  14: 'unavailable',
};

/** `canary: true` of the metadata `envoy.lb`. */
export function isCanary({ lbMetadata }: Host): boolean {
  return lbMetadata?.canary === true;
}

function hasAny(tests: readonly HeaderTest[], status: number, headers: readonly string[]): boolean {
  const response = { status: String(status) };
  return tests.some((fits) => fits(response, headers));
}

export class RetryState {
  private readonly policy: RetryPolicy;
  private readonly cluster: Cluster;
  private readonly resources: ClusterResources;
  private readonly context: RetryContext;
  private readonly isAllowed: boolean;
  private left: number;
  private tries = 0;
  private holdsPlace = false;
  /** For the next wait only. */
  private resetAfterMs = 0;
  /** The last wait was by a header of the response. */
  private waitedAsTold = false;
  private readonly previousHosts: Host[] = [];
  private readonly previousPriorities: PreviousPriorities | undefined;

  /** @param headers of the request */
  constructor(
    policy: RetryPolicy,
    request: MatchedRequest,
    headers: readonly string[],
    cluster: Cluster,
    priority: RoutingPriority,
    context: RetryContext,
  ) {
    this.policy = policy;
    this.cluster = cluster;
    this.resources = cluster.resources(priority);
    this.context = context;
    this.left = policy.numRetries;
    const { previousPrioritiesFrequency, retriableRequestHeaders } = policy;
    this.isAllowed =
      retriableRequestHeaders.length === 0 || retriableRequestHeaders.some((fits) => fits(request, headers));
    this.previousPriorities =
      previousPrioritiesFrequency > 0 ? new PreviousPriorities(previousPrioritiesFrequency) : undefined;
  }

  /** @param headers of the response */
  afterResponse(status: number, headers: readonly string[]): RetryDecision {
    const wants = this.wantsAfterResponse(status, headers);
    if (wants) this.resetAfterMs = this.resetTime(headers);
    return this.decide(wants);
  }

  /** @param requestStarted something of the request was written */
  afterReset(cause: ResetCause, requestStarted: boolean): RetryDecision {
    return this.decide(this.wantsAfterReset(cause, requestStarted));
  }

  /** A try that has not ended gets another one beside it, whatever `retry_on` says. */
  afterHedgedTimeout(): RetryDecision {
    return this.decide(true);
  }

  /** Whether such a response would be tried again, could it be. */
  wantsAfterResponse(status: number, headers: readonly string[]): boolean {
    const { retriableHeaders, retriableStatusCodes, retryOn } = this.policy;
    if (!this.isAllowed) return false;
    // The response of another Envoy that limits rates.
    if (getHeader(headers, 'x-envoy-ratelimited') !== undefined) return retryOn.has('envoy-ratelimited');
    return (
      (retryOn.has('5xx') && status >= 500 && status < 600) ||
      (retryOn.has('gateway-error') && isGatewayError(status)) ||
      (retryOn.has('retriable-4xx') && status === 409) ||
      (retryOn.has('retriable-status-codes') && retriableStatusCodes.has(status)) ||
      (retryOn.has('retriable-headers') && hasAny(retriableHeaders, status, headers)) ||
      retryOn.has(grpcTokens[getHeader(headers, 'grpc-status') ?? ''] ?? '')
    );
  }

  /** A host was asked, or could not be reached. */
  onHostAttempted(host: Host): void {
    this.previousHosts.push(host);
    this.previousPriorities?.add(host);
  }

  get hostSelectionMaxAttempts(): number {
    return this.policy.hostPredicates.length === 0 ? 0 : this.policy.hostSelectionMaxAttempts;
  }

  shouldSelectAnotherHost(host: Host): boolean {
    const { hostPredicates } = this.policy;
    for (let at = 0; at < hostPredicates.length; at++) {
      const predicate = hostPredicates[at] as RetryPolicy['hostPredicates'][number];
      if (predicate.kind === 'previous_hosts') {
        if (this.previousHosts.some(({ addressText }) => addressText === host.addressText)) return true;
      } else if (predicate.kind === 'omit_canary_hosts') {
        if (isCanary(host)) return true;
      } else if (hasMetadata(host.lbMetadata ?? {}, predicate.criteria, true)) return true;
    }
    return false;
  }

  adjustPriorityLoads(loads: PriorityLoads, levels: readonly LevelHosts[]): PriorityLoads {
    return this.previousPriorities?.adjust(loads, levels) ?? loads;
  }

  /** The time is over, and the next try begins: it is counted now, not when it was decided on, as in Envoy. */
  onRetry(): void {
    const { stats } = this.cluster;
    stats.upstreamRqRetry.inc();
    (this.waitedAsTold
      ? stats.upstreamRqRetryBackoffRatelimited
      : stats.upstreamRqRetryBackoffExponential
    ).inc();
  }

  /** The request is over, or is not to be tried again. */
  release(): void {
    if (!this.holdsPlace) return;
    this.holdsPlace = false;
    this.resources.usage.retries--;
  }

  private wantsAfterReset(cause: ResetCause, requestStarted: boolean): boolean {
    // The breaker has opened to spare the upstream; another try would not spare it.
    if (cause === 'overflow' || !this.isAllowed) return false;
    const { retryOn } = this.policy;
    return (
      retryOn.has('5xx') ||
      retryOn.has('gateway-error') ||
      retryOn.has('reset') ||
      (retryOn.has('reset-before-request') && !requestStarted) ||
      (retryOn.has('connect-failure') && isConnectFailure(cause)) ||
      (retryOn.has('refused-stream') && cause === 'remote refused stream reset')
    );
  }

  private decide(wants: boolean): RetryDecision {
    const { stats } = this.cluster;
    const { usage } = this.resources;
    if (this.holdsPlace && !wants) stats.upstreamRqRetrySuccess.inc();
    this.release();
    if (!wants) return 'no';
    if (this.left === 0) {
      stats.upstreamRqRetryLimitExceeded.inc();
      return 'exhausted';
    }
    this.left--;
    if (!this.resources.canRetry) {
      stats.upstreamRqRetryOverflow.inc();
      return 'overflow';
    }
    this.holdsPlace = true;
    usage.retries++;
    return this.waitingTime();
  }

  /** What the first header that says something says, in milliseconds; 0 when none does. */
  private resetTime(headers: readonly string[]): number {
    const { resetHeaders, resetMaxMs } = this.policy;
    for (const { format, name } of resetHeaders) {
      const text = getHeader(headers, name);
      if (text === undefined || !/^\d{1,15}$/.test(text)) continue;
      const ms = Number(text) * 1000;
      const wait = format === 'SECONDS' ? ms : Math.floor(ms - this.context.wallClock());
      if (format === 'UNIX_TIMESTAMP' && wait <= 0) continue;
      if (wait <= resetMaxMs) return wait;
    }
    return 0;
  }

  private waitingTime(): number {
    const { random } = this.context;
    const least = this.resetAfterMs;
    this.resetAfterMs = 0;
    if (least > 1) {
      this.waitedAsTold = true;
      // Up to half as long again, so that not all come back at one time.
      return least + Math.floor(random() * Math.floor(least / 2));
    }
    this.waitedAsTold = false;
    // Uniform in [0, base * 2^n), capped (`JitteredExponentialBackOffStrategy`).
    const { backOffBaseMs, backOffMaxMs } = this.policy;
    const ceiling = Math.min(backOffBaseMs * 2 ** Math.min(this.tries++, 30), backOffMaxMs);
    return Math.floor(random() * ceiling);
  }
}
