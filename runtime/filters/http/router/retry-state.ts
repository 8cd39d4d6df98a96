/**
 * Whether a failed try is followed by another one, and when (`RetryStateImpl`). One per request whose route has a retry
 * policy; it holds a place in the cluster's retry limit from one decision to the next.
 */
import type { ResetReason } from '../../../http/codec.js';
import type { RetryPolicy } from '../../../route/route-table.js';
import type { Cluster, ClusterResources, RoutingPriority } from '../../../upstream/cluster/cluster.js';
import type { PoolFailureReason } from '../../../upstream/connection-pool/connection-pool.js';

/** `no`: the result is final; the others are final, too, and leave a flag: URX, UO. A number: wait so many milliseconds. */
export type RetryDecision = 'no' | 'exhausted' | 'overflow' | number;

/** Why there was no response: of the stream, of the pool, or the time for one try was over. */
export type ResetCause = ResetReason | PoolFailureReason | 'per try timeout';

/** What of the policy a request from inside the mesh may change by its headers. */
export interface RetryOverrides {
  readonly retryOn: ReadonlySet<string>;
  readonly numRetries: number;
  readonly retriableStatusCodes: ReadonlySet<number>;
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

export class RetryState {
  private readonly policy: RetryPolicy;
  private readonly overrides: RetryOverrides;
  private readonly cluster: Cluster;
  private readonly resources: ClusterResources;
  private readonly random: () => number;
  private left: number;
  private tries = 0;
  private holdsPlace = false;

  constructor(
    policy: RetryPolicy,
    overrides: RetryOverrides,
    cluster: Cluster,
    priority: RoutingPriority,
    random: () => number,
  ) {
    this.policy = policy;
    this.overrides = overrides;
    this.cluster = cluster;
    this.resources = cluster.resources(priority);
    this.random = random;
    this.left = overrides.numRetries;
  }

  /** @param isRatelimited the response has `x-envoy-ratelimited` */
  afterResponse(status: number, isRatelimited: boolean): RetryDecision {
    return this.decide(this.wantsAfterResponse(status, isRatelimited));
  }

  /** @param requestStarted something of the request was written */
  afterReset(cause: ResetCause, requestStarted: boolean): RetryDecision {
    return this.decide(this.wantsAfterReset(cause, requestStarted));
  }

  /** The request is over, or is not to be tried again. */
  release(): void {
    if (!this.holdsPlace) return;
    this.holdsPlace = false;
    this.resources.usage.retries--;
  }

  private wantsAfterResponse(status: number, isRatelimited: boolean): boolean {
    const { retriableStatusCodes, retryOn } = this.overrides;
    if (isRatelimited) return retryOn.has('envoy-ratelimited');
    return (
      (retryOn.has('5xx') && status >= 500 && status < 600) ||
      (retryOn.has('gateway-error') && isGatewayError(status)) ||
      (retryOn.has('retriable-4xx') && status === 409) ||
      (retryOn.has('retriable-status-codes') && retriableStatusCodes.has(status))
    );
  }

  private wantsAfterReset(cause: ResetCause, requestStarted: boolean): boolean {
    // The breaker has opened to spare the upstream; another try would not spare it.
    if (cause === 'overflow') return false;
    const { retryOn } = this.overrides;
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
    const { limits, usage } = this.resources;
    if (this.holdsPlace && !wants) stats.upstreamRqRetrySuccess.inc();
    this.release();
    if (!wants) return 'no';
    if (this.left === 0) {
      stats.upstreamRqRetryLimitExceeded.inc();
      return 'exhausted';
    }
    this.left--;
    if (usage.retries >= limits.maxRetries) {
      stats.upstreamRqRetryOverflow.inc();
      return 'overflow';
    }
    this.holdsPlace = true;
    usage.retries++;
    stats.upstreamRqRetry.inc();
    return this.backOff();
  }

  /** Uniform in [0, base * 2^n), capped (measured: `JitteredExponentialBackOffStrategy`). */
  private backOff(): number {
    const { backOffBaseMs, backOffMaxMs } = this.policy;
    const ceiling = Math.min(backOffBaseMs * 2 ** Math.min(this.tries++, 30), backOffMaxMs);
    return Math.floor(this.random() * ceiling);
  }
}
