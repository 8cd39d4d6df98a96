import type { Host } from '../host/host.js';
import type { LoadBalancer } from './load-balancer.js';

/** Hosts in turn. */
class EqualRoundRobin implements LoadBalancer {
  private readonly hosts: readonly Host[];
  private next: number;

  constructor(hosts: readonly Host[], start: number) {
    this.hosts = hosts;
    this.next = hosts.length === 0 ? 0 : start % hosts.length;
  }

  get position(): number {
    return this.next;
  }

  chooseHost(): Host | undefined {
    const { hosts } = this;
    if (hosts.length === 0) return undefined;
    const host = hosts[this.next];
    this.next = this.next + 1 === hosts.length ? 0 : this.next + 1;
    return host;
  }
}

/** Earliest deadline first, as Envoy's scheduler: a host of weight w is due each 1/w; equal deadlines in list order. */
class WeightedRoundRobin implements LoadBalancer {
  private readonly hosts: readonly Host[];
  private readonly due: number[];

  constructor(hosts: readonly Host[]) {
    this.hosts = hosts;
    this.due = hosts.map(({ weight }) => 1 / weight);
  }

  chooseHost(): Host | undefined {
    const { due, hosts } = this;
    let first = 0;
    for (let at = 1; at < due.length; at++) if ((due[at] as number) < (due[first] as number)) first = at;
    const host = hosts[first] as Host;
    due[first] = (due[first] as number) + 1 / host.weight;
    return host;
  }
}

/**
 * `ROUND_ROBIN`.
 * @param random of [0, 1): where the turn starts, so that many proxies do not start at one host
 * @param previous goes on where it was
 */
export function createRoundRobin(
  hosts: readonly Host[],
  random: () => number,
  previous: LoadBalancer | undefined,
): LoadBalancer {
  if (hosts.some(({ weight }) => weight !== hosts[0]?.weight)) return new WeightedRoundRobin(hosts);
  const start = previous instanceof EqualRoundRobin ? previous.position : Math.floor(random() * hosts.length);
  return new EqualRoundRobin(hosts, start);
}
