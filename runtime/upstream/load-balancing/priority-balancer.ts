import type { Host, HostSet } from '../host/host.js';
import type { LoadBalancer, LoadBalancerContext, LoadBalancerFactory } from './load-balancer.js';
import { priorityLevels } from './priority-load.js';

/** One balancer for each priority level, and the share of the requests that each gets. */
class PriorityBalancer implements LoadBalancer {
  readonly levels: readonly LoadBalancer[];
  private readonly loads: readonly number[];
  private readonly random: () => number;

  constructor(levels: readonly LoadBalancer[], loads: readonly number[], random: () => number) {
    this.levels = levels;
    this.loads = loads;
    this.random = random;
  }

  chooseHost(context: LoadBalancerContext | undefined): Host | undefined {
    let drawn = this.random() * 100;
    for (let at = 0; at < this.levels.length; at++) {
      drawn -= this.loads[at] as number;
      if (drawn < 0) return this.levels[at]?.chooseHost(context);
    }
    return undefined;
  }
}

/** Wraps the balancer of one level. Without lower priorities, which is the rule, nothing is wrapped. */
export function byPriority(ofLevel: LoadBalancerFactory, random: () => number): LoadBalancerFactory {
  return (set: HostSet, previous) => {
    const before = previous instanceof PriorityBalancer ? previous.levels : [previous];
    if (set.hosts.every(({ priority }) => priority === 0)) return ofLevel(set, before[0]);
    const levels = priorityLevels(set);
    return new PriorityBalancer(
      levels.map(({ hosts }, at) => ofLevel(hosts, before[at])),
      levels.map(({ load }) => load),
      random,
    );
  };
}
