/**
 * When a cluster asks for its names again.
 */
import { durationOf, messageOf } from '../../common/message-fields.js';

/** Node fires longer timers at once (24.8 days). */
const longestTimerMs = 0x7fffffff;
/** The TTL of what does not come from a server (the hosts file): its changes are seen at the usual rate. */
const noTtl = 0x7fffffff;

export class DnsRefresh {
  private readonly rateMs: number;
  private readonly jitterMs: number;
  private readonly respectTtl: boolean;
  private readonly random: () => number;
  private readonly failureBaseMs: number | undefined;
  private readonly failureMaxMs: number;
  private nextFailureMs = 0;

  /** @param random of [0, 1) */
  constructor(cluster: unknown, random: () => number) {
    const config = messageOf(cluster);
    const failure = config.dns_failure_refresh_rate;
    const base = durationOf(messageOf(failure).base_interval, 0);
    this.rateMs = durationOf(config.dns_refresh_rate, 5000);
    this.jitterMs = durationOf(config.dns_jitter, 0);
    this.respectTtl = config.respect_dns_ttl === true;
    this.random = random;
    this.failureBaseMs = failure === undefined ? undefined : base;
    // `RefreshRate.max_interval`: ten times the base when it is not set.
    this.failureMaxMs = durationOf(messageOf(failure).max_interval, base * 10);
    this.nextFailureMs = base;
  }

  /** @param ttlSeconds 0 when nothing is known: then the usual rate counts, as in Envoy */
  afterSuccess(ttlSeconds: number): number {
    this.nextFailureMs = this.failureBaseMs ?? 0;
    const hasTtl = this.respectTtl && ttlSeconds > 0 && ttlSeconds < noTtl;
    const delayMs = hasTtl ? ttlSeconds * 1000 : this.rateMs;
    return Math.min(longestTimerMs, delayMs + this.random() * this.jitterMs);
  }

  /**
   * `dns_refresh_rate`, or with `dns_failure_refresh_rate` a random part of an interval that doubles with each failure.
   * All names of a cluster share that interval; any success resets it.
   */
  afterFailure(): number {
    if (this.failureBaseMs === undefined) return Math.min(longestTimerMs, this.rateMs);
    const intervalMs = this.nextFailureMs;
    this.nextFailureMs = Math.min(this.failureMaxMs, intervalMs * 2);
    return Math.max(1, Math.min(longestTimerMs, this.random() * intervalMs));
  }
}
