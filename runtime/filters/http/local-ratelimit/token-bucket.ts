/**
 * A bucket of tokens that fills without a break, as Envoy's `AtomicTokenBucketImpl`: what is there is computed from the time
 * that has passed, so nothing has to wake up to fill it.
 */
import type { Clock } from '../../../common/clock.js';
import type { LimitShare } from '../../../common/limit-share.js';
import { wholeLimit } from '../../../common/limit-share.js';
import { durationOf, messageOf, numberOf } from '../../../common/message-fields.js';
import { ConfigError } from '../../../network/filter.js';

export class TokenBucket {
  readonly maxTokens: number;
  /** In tokens each second. */
  readonly fillRate: number;
  private readonly clock: Clock;
  /** Monotonic milliseconds at which the bucket was empty, had it filled ever since at its rate. */
  private emptyAt: number;

  /**
   * @param config `envoy.type.v3.TokenBucket`
   * @param share of its size, and of its rate alike
   * @throws ConfigError at `fill_interval`
   */
  constructor(config: unknown, clock: Clock, what: string, share: LimitShare = wholeLimit) {
    const { fill_interval, max_tokens, tokens_per_fill } = messageOf(config);
    const intervalMs = durationOf(fill_interval, 0);
    if (intervalMs < 50) throw new ConfigError(`${what} fill timer must be >= 50ms`, ['fill_interval']);
    this.clock = clock;
    const most = numberOf(max_tokens, 0);
    this.maxTokens = share(most);
    this.fillRate = ((numberOf(tokens_per_fill, 1) * 1000) / intervalMs) * (this.maxTokens / most || 1);
    this.emptyAt = clock.now() - (this.maxTokens * 1000) / this.fillRate;
  }

  /** With fractions. */
  get tokens(): number {
    return Math.min(this.maxTokens, ((this.clock.now() - this.emptyAt) * this.fillRate) / 1000);
  }

  /** @returns false, and takes nothing, when there are not enough */
  take(count: number): boolean {
    const { tokens } = this;
    if (tokens < count) return false;
    this.emptyAt = this.clock.now() - ((tokens - count) * 1000) / this.fillRate;
    return true;
  }

  /** Seconds, with fractions, until there is a whole token; 0 when there is one. */
  get untilNextToken(): number {
    return Math.max(0, 1 - this.tokens) / this.fillRate;
  }
}
