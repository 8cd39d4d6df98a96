/**
 * Whether a failed try is followed by another one, and when (`RetryState` of the route's policy).
 */
import type { RetryPolicy } from '../../../route/route-table.js';

/** What became of a try. */
export type TryResult =
  | { readonly kind: 'response'; readonly status: number; readonly ratelimited: boolean }
  | { readonly kind: 'connect-failure' }
  /** @param requestSent something of the request was written */
  | { readonly kind: 'reset'; readonly refused: boolean; readonly requestSent: boolean }
  | { readonly kind: 'per-try-timeout' };

const gatewayErrors: ReadonlySet<number> = new Set([502, 503, 504]);

function wantsRetry({ retriableStatusCodes, retryOn }: RetryPolicy, result: TryResult): boolean {
  switch (result.kind) {
    case 'response': {
      const { ratelimited, status } = result;
      if (ratelimited && !retryOn.has('envoy-ratelimited')) return false;
      return (
        (retryOn.has('5xx') && status >= 500 && status < 600) ||
        (retryOn.has('gateway-error') && gatewayErrors.has(status)) ||
        (retryOn.has('retriable-4xx') && status === 409) ||
        (retryOn.has('retriable-status-codes') && retriableStatusCodes.has(status)) ||
        (retryOn.has('envoy-ratelimited') && ratelimited)
      );
    }
    case 'connect-failure':
      return ['5xx', 'gateway-error', 'connect-failure', 'reset', 'reset-before-request'].some((on) =>
        retryOn.has(on),
      );
    case 'reset':
      return (
        retryOn.has('5xx') ||
        retryOn.has('gateway-error') ||
        retryOn.has('reset') ||
        (retryOn.has('reset-before-request') && !result.requestSent) ||
        (retryOn.has('refused-stream') && result.refused)
      );
    default:
      return retryOn.has('5xx') || retryOn.has('gateway-error') || retryOn.has('reset');
  }
}

export class RetryState {
  private readonly policy: RetryPolicy;
  private readonly random: () => number;
  private left: number;
  private tries = 0;

  constructor(policy: RetryPolicy, random: () => number) {
    this.policy = policy;
    this.random = random;
    this.left = policy.numRetries;
  }

  /**
   * Milliseconds until the next try; `exhausted` when the policy would retry and has none left; undefined when the result
   * is final. The delay is uniform in [0, base * 2^n), capped.
   */
  next(result: TryResult): number | 'exhausted' | undefined {
    if (!wantsRetry(this.policy, result)) return undefined;
    if (this.left === 0) return 'exhausted';
    this.left--;
    const { backOffBaseMs, backOffMaxMs } = this.policy;
    const ceiling = Math.min(backOffBaseMs * 2 ** this.tries++, backOffMaxMs);
    return this.random() * ceiling;
  }
}
