import type { Host } from '../host/host.js';
import { EdfScheduler } from './edf-scheduler.js';
import type { LoadBalancer } from './load-balancer.js';
import { haveEqualWeights } from './weights.js';

/** Hosts in turn. The turn counts on over changes of the host set, as Envoy's index does. */
class EqualRoundRobin implements LoadBalancer {
  private readonly hosts: readonly Host[];
  private turn: number;

  constructor(hosts: readonly Host[], turn: number) {
    this.hosts = hosts;
    this.turn = turn;
  }

  get nextTurn(): number {
    return this.turn;
  }

  chooseHost(): Host | undefined {
    const { hosts } = this;
    if (hosts.length === 0) return undefined;
    return hosts[this.turn++ % hosts.length];
  }
}

/**
 * `ROUND_ROBIN`: in turn, or by an earliest-deadline-first schedule when weights differ.
 * @param random of [0, 1): where the turn starts, so that many proxies do not start at one host
 * @param previous goes on where it was
 */
export function createRoundRobin(
  hosts: readonly Host[],
  random: () => number,
  previous: LoadBalancer | undefined,
): LoadBalancer {
  if (haveEqualWeights(hosts)) {
    const start =
      previous instanceof EqualRoundRobin ? previous.nextTurn : Math.floor(random() * hosts.length);
    return new EqualRoundRobin(hosts, start);
  }
  const schedule = new EdfScheduler(hosts, ({ weight }) => weight);
  for (let skipped = Math.floor(random() * hosts.length); skipped > 0; skipped--) schedule.pick();
  return { chooseHost: () => schedule.pick() };
}
