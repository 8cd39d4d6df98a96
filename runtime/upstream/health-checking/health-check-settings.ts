/**
 * What is common to all kinds of `HealthCheck`, as numbers.
 */
import { durationOf, messageOf, numberOf } from '../../common/message-fields.js';
import type { HealthTransition } from './health-checker.js';

/** Times in milliseconds. */
export interface HealthCheckSettings {
  readonly timeoutMs: number;
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
  /** One connection for many checks. */
  readonly reuseConnection: boolean;
  readonly alwaysLogFailures: boolean;
  readonly alwaysLogSuccess: boolean;
  readonly intervals: HealthCheckIntervals;
}

/** Node fires longer timers at once (24.8 days). */
const longestTimerMs = 0x7fffffff;

/** When the next check is. */
export class HealthCheckIntervals {
  private readonly intervalMs: number;
  private readonly noTrafficMs: number;
  private readonly noTrafficHealthyMs: number;
  private readonly unhealthyMs: number;
  private readonly unhealthyEdgeMs: number;
  private readonly healthyEdgeMs: number;
  private readonly initialJitterMs: number;
  private readonly jitterMs: number;
  private readonly jitterPercent: number;
  private readonly random: () => number;

  /** @param random of [0, 1) */
  constructor(config: unknown, random: () => number) {
    const fields = messageOf(config);
    this.intervalMs = durationOf(fields.interval, 0);
    this.noTrafficMs = durationOf(fields.no_traffic_interval, 60_000);
    this.noTrafficHealthyMs = durationOf(fields.no_traffic_healthy_interval, this.noTrafficMs);
    this.unhealthyMs = durationOf(fields.unhealthy_interval, this.intervalMs);
    this.unhealthyEdgeMs = durationOf(fields.unhealthy_edge_interval, this.unhealthyMs);
    this.healthyEdgeMs = durationOf(fields.healthy_edge_interval, this.intervalMs);
    this.initialJitterMs = durationOf(fields.initial_jitter, 0);
    this.jitterMs = durationOf(fields.interval_jitter, 0);
    this.jitterPercent = numberOf(fields.interval_jitter_percent, 0);
    this.random = random;
  }

  /** Before the first check of a new host: 0 without `initial_jitter`. */
  first(): number {
    return this.initialJitterMs === 0 ? 0 : this.withJitter(0, this.initialJitterMs);
  }

  /** @param hasTraffic the cluster has had a connection, ever: one that is not used is checked less often */
  next(passed: boolean, transition: HealthTransition, hasTraffic: boolean): number {
    const pending = transition === 'change pending';
    let baseMs: number;
    if (!hasTraffic) baseMs = passed && !pending ? this.noTrafficHealthyMs : this.noTrafficMs;
    else if (passed) baseMs = pending ? this.healthyEdgeMs : this.intervalMs;
    else baseMs = pending ? this.unhealthyEdgeMs : this.unhealthyMs;
    return this.withJitter(baseMs, this.jitterMs);
  }

  private withJitter(baseMs: number, jitterMs: number): number {
    const percentMs = Math.floor((this.jitterPercent * baseMs) / 100);
    const jitter = Math.floor(this.random() * percentMs) + Math.floor(this.random() * jitterMs);
    return Math.max(1, Math.min(longestTimerMs, baseMs + jitter));
  }
}

/** @param random of [0, 1) */
export function readHealthCheckSettings(config: unknown, random: () => number): HealthCheckSettings {
  const fields = messageOf(config);
  return {
    timeoutMs: Math.min(longestTimerMs, durationOf(fields.timeout, 0)),
    unhealthyThreshold: numberOf(fields.unhealthy_threshold, 0),
    healthyThreshold: numberOf(fields.healthy_threshold, 0),
    reuseConnection: fields.reuse_connection !== false,
    alwaysLogFailures: fields.always_log_health_check_failures === true,
    alwaysLogSuccess: fields.always_log_health_check_success === true,
    intervals: new HealthCheckIntervals(config, random),
  };
}
