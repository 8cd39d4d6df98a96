/**
 * Slow start: a host that is new gets little at first and more from second to second (`slow_start_config`).
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/slow_start
 */
import { durationOf, messageOf, numberOf } from '../../common/message-fields.js';
import type { Host, HostStats } from '../host/host.js';

/** Which hosts of a cluster are new; one for all its balancers, generation after generation of its host set. */
export class SlowStart {
  private readonly windowMs: number;
  private readonly aggression: number;
  private readonly minimum: number;
  private readonly now: () => number;
  private since = new Map<HostStats, number>();
  private latest = Number.NEGATIVE_INFINITY;

  /** @param now monotonic milliseconds */
  constructor(windowMs: number, aggression: number, minimum: number, now: () => number) {
    this.windowMs = windowMs;
    this.aggression = aggression;
    this.minimum = minimum;
    this.now = now;
  }

  /** The hosts that there are now: one that was not there, or was unhealthy, begins. */
  see(hosts: readonly Host[]): void {
    const now = this.now();
    const since = new Map<HostStats, number>();
    for (const { healthy, stats } of hosts) {
      if (!healthy) continue;
      const begun = this.since.get(stats) ?? now;
      since.set(stats, begun);
      this.latest = Math.max(this.latest, begun);
    }
    this.since = since;
  }

  /** No host is new: weights are those of the configuration. */
  get isOver(): boolean {
    return this.now() - this.latest > this.windowMs;
  }

  /** @returns what the weight of the host is multiplied by: 1 when it is not new */
  factor({ stats }: Host): number {
    const age = this.now() - (this.since.get(stats) ?? Number.NEGATIVE_INFINITY);
    if (age >= this.windowMs) return 1;
    const time = Math.max(1, age) / this.windowMs;
    return Math.max(this.minimum, this.aggression === 1 ? time : time ** (1 / this.aggression));
  }
}

/** @param config a `SlowStartConfig`. @returns undefined when there is no window */
export function createSlowStart(config: unknown, now: () => number): SlowStart | undefined {
  const { aggression, min_weight_percent, slow_start_window } = messageOf(config);
  const windowMs = durationOf(slow_start_window, 0);
  if (windowMs === 0) return undefined;
  const given = aggression === undefined ? 1 : numberOf(messageOf(aggression).default_value, 0);
  const minimum = min_weight_percent === undefined ? 10 : numberOf(messageOf(min_weight_percent).value, 0);
  return new SlowStart(windowMs, given > 0 ? given : 1, minimum / 100, now);
}
