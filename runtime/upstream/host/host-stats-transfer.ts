/**
 * Counters of hosts (`/clusters`) of worker processes, added up in the hosts of their primary.
 */
import type { Cluster, ClusterManager } from '../cluster/cluster.js';
import type { HostStats } from './host.js';

type Field = keyof HostStats;

/** Grow only. */
const totals: readonly Field[] = ['cxTotal', 'cxConnectFail', 'rqTotal', 'rqSuccess', 'rqError', 'rqTimeout'];
/** Go with the worker. */
const actives: readonly Field[] = ['cxActive', 'rqActive', 'rqPendingActive'];
const fields: readonly Field[] = [...totals, ...actives];

/** By how much each of `fields` has changed. */
export type HostReport = readonly [cluster: string, address: string, changes: readonly number[]];

/** On the side of the worker. */
export class HostReporter {
  private readonly last = new WeakMap<HostStats, readonly number[]>();

  take(clusters: ClusterManager): HostReport[] {
    const reports: HostReport[] = [];
    for (const { hostSet, name } of clusters.all()) {
      for (const { addressText, stats } of hostSet.hosts) {
        const before = this.last.get(stats);
        const now = fields.map((field) => stats[field]);
        const changes = now.map((value, at) => value - (before?.[at] ?? 0));
        if (changes.every((change) => change === 0)) continue;
        this.last.set(stats, now);
        reports.push([name, addressText, changes]);
      }
    }
    return reports;
  }
}

const hostsOf = (cluster: Cluster | undefined, address: string): HostStats | undefined =>
  cluster?.hostSet.hosts.find(({ addressText }) => addressText === address)?.stats;

/** On the side of the primary. */
export class HostCollector {
  private readonly clusters: ClusterManager;
  /** Worker -> host -> what of `actives` is its own. */
  private readonly open = new Map<number, Map<HostStats, number[]>>();

  constructor(clusters: ClusterManager) {
    this.clusters = clusters;
  }

  receive(worker: number, reports: readonly HostReport[]): void {
    let open = this.open.get(worker);
    if (open === undefined) {
      open = new Map();
      this.open.set(worker, open);
    }
    for (const [cluster, address, changes] of reports) {
      const stats = hostsOf(this.clusters.get(cluster), address);
      // It has left meanwhile.
      if (stats === undefined) continue;
      for (const [at, field] of fields.entries()) stats[field] += changes[at] ?? 0;
      const own = open.get(stats) ?? actives.map(() => 0);
      open.set(
        stats,
        own.map((value, at) => value + (changes[totals.length + at] ?? 0)),
      );
    }
  }

  /** The worker is gone, with what it had open. */
  forget(worker: number): void {
    for (const [stats, own] of this.open.get(worker) ?? []) {
      for (const [at, field] of actives.entries()) stats[field] -= own[at] ?? 0;
    }
    this.open.delete(worker);
  }
}
