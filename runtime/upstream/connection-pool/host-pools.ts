/**
 * All pools of a cluster, by endpoint and priority. It may outlive a cluster: when a new configuration changes nothing
 * about connections, the cluster of the new generation takes the pools over with all that is open.
 */
import type { RoutingPriority } from '../cluster/cluster.js';
import type { Host, HostStats } from '../host/host.js';
import type { HostPool, PoolOptions } from './host-pool.js';
import { createHostPool } from './host-pool.js';

/** Pools by the one object that all snapshots of an endpoint have in common. */
type PoolTable = Map<HostStats, HostPool>;

export class HostPools {
  private readonly options: Readonly<Record<RoutingPriority, PoolOptions>>;
  private readonly pools: Readonly<Record<RoutingPriority, PoolTable>>;
  /** Of requests that came over HTTP/2, for `use_downstream_protocol_config`. */
  private readonly http2Pools: Readonly<Record<RoutingPriority, PoolTable>>;
  /** Until they are empty. */
  private readonly leaving = new Set<HostPool>();
  /** All of the above. */
  private readonly tables: readonly PoolTable[];
  private draining = false;

  constructor(options: Readonly<Record<RoutingPriority, PoolOptions>>) {
    this.options = options;
    this.pools = { DEFAULT: new Map(), HIGH: new Map() };
    this.http2Pools = { DEFAULT: new Map(), HIGH: new Map() };
    const { http2Pools, pools } = this;
    this.tables = [pools.DEFAULT, pools.HIGH, http2Pools.DEFAULT, http2Pools.HIGH];
  }

  /**
   * @param isMember false for a host that has left since the request took it: it still gets its stream
   * @param asHttp2 HTTP/2 whatever the options say
   */
  get(host: Host, priority: RoutingPriority, isMember: boolean, asHttp2: boolean): HostPool {
    const pools = (asHttp2 ? this.http2Pools : this.pools)[priority];
    let pool = pools.get(host.stats);
    if (pool === undefined) {
      const configured = this.options[priority];
      const options: PoolOptions = asHttp2 ? { ...configured, protocol: 'http2' } : configured;
      pool = createHostPool(host, options, (empty) => this.leaving.delete(empty));
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
    this.options[priority].usage.connectionPools = this.pools[priority].size + this.http2Pools[priority].size;
  }

  /** The hosts that there are now: pools of others drain, pools of hosts with a newer snapshot follow it. */
  retain(hosts: readonly Host[]): void {
    const current = new Map(hosts.map((host) => [host.stats, host]));
    for (const pools of this.tables) {
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

  /** Connections to the host are used up and not used again; the next stream has a new one. */
  renew({ stats }: Host): void {
    for (const pools of this.tables) {
      const pool = pools.get(stats);
      if (pool === undefined) continue;
      pools.delete(stats);
      this.let(pool);
    }
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
  private let(pool: HostPool): void {
    this.leaving.add(pool);
    pool.drain();
    if (pool.isEmpty) this.leaving.delete(pool);
  }
}
