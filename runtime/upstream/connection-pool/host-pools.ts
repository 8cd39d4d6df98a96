/**
 * All pools of a cluster, by endpoint and priority. It may outlive a cluster: when a new configuration changes nothing
 * about connections, the cluster of the new generation takes the pools over with all that is open.
 */
import type { RoutingPriority } from '../cluster/cluster.js';
import type { Host, HostStats } from '../host/host.js';
import type { Http1Pool, PoolOptions } from './http1-pool.js';
import { createHttp1Pool } from './http1-pool.js';

export class HostPools {
  private readonly options: Readonly<Record<RoutingPriority, PoolOptions>>;
  /** By the one object that all snapshots of an endpoint have in common. */
  private readonly pools: Readonly<Record<RoutingPriority, Map<HostStats, Http1Pool>>>;
  /** Until they are empty. */
  private readonly leaving = new Set<Http1Pool>();
  private draining = false;

  constructor(options: Readonly<Record<RoutingPriority, PoolOptions>>) {
    this.options = options;
    this.pools = { DEFAULT: new Map(), HIGH: new Map() };
  }

  /** @param isMember false for a host that has left since the request took it: it still gets its stream */
  get(host: Host, priority: RoutingPriority, isMember: boolean): Http1Pool {
    const pools = this.pools[priority];
    let pool = pools.get(host.stats);
    if (pool === undefined) {
      pool = createHttp1Pool(host, this.options[priority], (empty) => this.leaving.delete(empty));
      if (isMember && !this.draining) {
        pools.set(host.stats, pool);
        this.count(priority);
      } else {
        pool.drain();
        this.leaving.add(pool);
      }
    }
    return pool;
  }

  /**
   * Whether a host may have a pool: it has one, there is room, or one whose connections have all ended makes room.
   * @param limit of pools
   */
  hasRoomFor({ stats }: Host, priority: RoutingPriority, limit: number): boolean {
    const pools = this.pools[priority];
    if (pools.has(stats) || pools.size < limit) return true;
    for (const [endpoint, pool] of pools) {
      if (!pool.isEmpty) continue;
      pools.delete(endpoint);
      pool.drain();
      this.count(priority);
      return true;
    }
    return false;
  }

  private count(priority: RoutingPriority): void {
    this.options[priority].usage.connectionPools = this.pools[priority].size;
  }

  /** The hosts that there are now: pools of others drain, pools of hosts with a newer snapshot follow it. */
  retain(hosts: readonly Host[]): void {
    const current = new Map(hosts.map((host) => [host.stats, host]));
    for (const pools of [this.pools.DEFAULT, this.pools.HIGH]) {
      for (const [endpoint, pool] of pools) {
        const host = current.get(endpoint);
        if (host === undefined) {
          pools.delete(endpoint);
          this.let(pool);
        } else if (pool.host !== host) pool.moveTo(host);
      }
    }
    this.count('DEFAULT');
    this.count('HIGH');
  }

  drain(): void {
    this.draining = true;
    this.retain([]);
  }

  close(): void {
    this.drain();
    for (const pool of [...this.leaving]) pool.close();
  }

  /** Lets a pool go; it is kept in mind until its last connection has ended. */
  private let(pool: Http1Pool): void {
    this.leaving.add(pool);
    pool.drain();
    if (pool.isEmpty) this.leaving.delete(pool);
  }
}
