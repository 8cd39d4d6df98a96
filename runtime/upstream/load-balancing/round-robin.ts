import type { Host } from '../host/host.js';
import type { CreateHostPicker, HostPicker } from './host-picker.js';
import type { SlowStart } from './slow-start.js';
import { haveEqualWeights, scheduledPicker } from './weights.js';

/** Hosts in turn. The turn counts on over changes of the host set, as Envoy's index does. */
class EqualRoundRobin implements HostPicker {
  private readonly hosts: readonly Host[];
  private turn: number;

  constructor(hosts: readonly Host[], turn: number) {
    this.hosts = hosts;
    this.turn = turn;
  }

  get nextTurn(): number {
    return this.turn;
  }

  pick(): Host | undefined {
    const { hosts } = this;
    if (hosts.length === 0) return undefined;
    return hosts[this.turn++ % hosts.length];
  }
}

/**
 * `ROUND_ROBIN`: in turn, or by an earliest-deadline-first schedule when weights differ or hosts are new.
 * @param random of [0, 1): where the turn starts, so that many proxies do not start at one host
 */
export function roundRobinPicker(random: () => number, slowStart: SlowStart | undefined): CreateHostPicker {
  // One start for all lists of the cluster, as in Envoy: a list that is empty at first must not begin at its first host.
  const seed = Math.floor(random() * 2 ** 31);
  return (hosts, before) => {
    const isOver = slowStart?.isOver ?? true;
    if (hosts.length < 2 || (isOver && haveEqualWeights(hosts))) {
      return new EqualRoundRobin(hosts, before instanceof EqualRoundRobin ? before.nextTurn : seed);
    }
    const weightOf = ({ weight }: Host) => weight;
    const withSlowStart = (host: Host) => host.weight * (slowStart?.factor(host) ?? 1);
    return scheduledPicker(hosts, slowStart === undefined ? weightOf : withSlowStart, random);
  };
}
