/**
 * `hash_balance_factor`: a host that has more than its part of the requests under way gives a key away to others, in an order
 * that depends on the key alone (https://arxiv.org/abs/1908.08762).
 */
import type { Host } from '../host/host.js';
import type { HashTable, TableHost } from './hash-table.js';
import { MersenneTwister } from './mersenne-twister.js';

export class BoundedLoadTable implements HashTable {
  private readonly table: HashTable;
  private readonly hosts: readonly TableHost[];
  private readonly weights: ReadonlyMap<Host, number>;
  private readonly factor: number;
  private readonly activeRequests: () => number;

  /**
   * @param factor percent of the average load that a host may have
   * @param activeRequests of the whole cluster
   */
  constructor(table: HashTable, hosts: readonly TableHost[], factor: number, activeRequests: () => number) {
    this.table = table;
    this.hosts = hosts;
    this.weights = new Map(hosts.map(({ host, weight }) => [host, weight]));
    this.factor = factor;
    this.activeRequests = activeRequests;
  }

  /** Above 1: it has more than its part. */
  private overload({ stats }: Host, weight: number): number {
    const slots = Math.floor(((this.activeRequests() + 1) * this.factor + 99) / 100);
    return stats.rqActive / Math.max(1, Math.ceil(slots * weight));
  }

  choose(hash: bigint, attempt: number): Host | undefined {
    const chosen = this.table.choose(hash, attempt);
    if (chosen === undefined) return undefined;
    const overload = this.overload(chosen, this.weights.get(chosen) ?? 0);
    return overload <= 1 ? chosen : this.another(chosen, overload, hash);
  }

  private another(chosen: Host, overload: number, hash: bigint): Host {
    const { hosts } = this;
    const random = new MersenneTwister(Number(hash & 0xffffffffn));
    const order = hosts.map((_, at) => at);
    let best = chosen;
    let least = overload;
    for (let at = 0; at < order.length; at++) {
      const other = at + random.below(order.length - at);
      const index = order[other] as number;
      order[other] = order[at] as number;
      order[at] = index;
      const { host, weight } = hosts[index] as TableHost;
      if (host === chosen) continue;
      const itsOverload = this.overload(host, weight);
      if (itsOverload <= 1) return host;
      if (itsOverload < least) {
        best = host;
        least = itsOverload;
      }
    }
    return best;
  }
}
