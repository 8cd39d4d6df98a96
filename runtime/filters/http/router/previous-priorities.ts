/**
 * `envoy.retry_priorities.previous_priorities`: retries leave out the priority levels that were tried, until none is left.
 */
import type { Host } from '../../../upstream/host/host.js';
import type { LevelHosts } from '../../../upstream/load-balancing/level-hosts.js';
import type { PriorityLoads } from '../../../upstream/load-balancing/priority-load.js';
import { spreadLoad } from '../../../upstream/load-balancing/priority-load.js';

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

export class PreviousPriorities {
  private readonly frequency: number;
  private attempted: number[] = [];
  private readonly excluded = new Set<number>();
  private adjusted: PriorityLoads | undefined = undefined;

  /** @param frequency after how many tries the levels are left out, and each time again */
  constructor(frequency: number) {
    this.frequency = frequency;
  }

  add({ priority }: Host): void {
    this.attempted.push(priority);
  }

  /** @param levels the same as of `loads` */
  adjust(loads: PriorityLoads, levels: readonly LevelHosts[]): PriorityLoads {
    const { attempted, excluded, frequency } = this;
    if (attempted.length < frequency) return loads;
    if (attempted.length % frequency === 0) {
      for (const priority of attempted) excluded.add(priority);
      const { degraded, healthy } = loads.availability;
      const without = (availability: readonly number[]) =>
        levels.map((_, level) => (excluded.has(level) ? 0 : (availability[level] as number)));
      if (sum(without(healthy)) + sum(without(degraded)) === 0) {
        excluded.clear();
        this.attempted = [];
      }
      if (sum(without(healthy)) + sum(without(degraded)) === 0) return loads;
      this.adjusted = spreadLoad(without(healthy), without(degraded));
    }
    return this.adjusted ?? loads;
  }
}
