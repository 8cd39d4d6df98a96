/**
 * The contract of load balancers. One is built per cluster and host set; it is never changed, only replaced.
 */
import type { MetadataCriterion } from '../../common/metadata-criteria.js';
import type { HashPolicy } from '../../route/route-table.js';
import type { Counter, Gauge } from '../../stats/stat.js';
import type { Host, HostSet } from '../host/host.js';
import type { PriorityLoads } from './priority-load.js';
import type { LevelHosts } from './level-hosts.js';

/** What a balancer may look at. Built without allocation on the path of a request: the router itself implements it. */
export interface LoadBalancerContext {
  /** The hash of the route's hash policy, unsigned and of 64 bits; undefined when the policy finds nothing to hash. */
  computeHash(): bigint | undefined;
  /** The same for a hash policy of the balancer's own (`consistent_hashing_lb_config.hash_policy`). */
  hashBy(policy: HashPolicy): bigint | undefined;
  /** `metadata_match` of the route; undefined when it has none. */
  readonly metadataCriteria: readonly MetadataCriterion[] | undefined;
  /** A retry that would rather have another host. The balancer asks at most `hostSelectionRetryCount` times. */
  shouldSelectAnotherHost(host: Host): boolean;
  /** `host_selection_retry_max_attempts`. */
  readonly hostSelectionRetryCount: number;
  /** The load of the priority levels as a retry wants it (`retry_priority`); `loads` itself when it wants nothing. */
  adjustPriorityLoads(loads: PriorityLoads, levels: readonly LevelHosts[]): PriorityLoads;
}

export interface LoadBalancer {
  /** @returns undefined when there is no host that may be used (response flag UH). */
  chooseHost(context: LoadBalancerContext | undefined): Host | undefined;
}

/** Makes the balancer for a new host set. `previous` lets round robin go on where it was. */
export type LoadBalancerFactory = (hosts: HostSet, previous: LoadBalancer | undefined) => LoadBalancer;

/** `cluster.<name>.lb_*`, and the gauges of rings and tables. */
export interface BalancerStats {
  readonly healthyPanic: Counter;
  readonly localClusterNotOk: Counter;
  readonly recalculateZoneStructures: Counter;
  readonly zoneClusterTooSmall: Counter;
  readonly zoneNoCapacityLeft: Counter;
  readonly zoneRoutingAllDirectly: Counter;
  readonly zoneRoutingCrossZone: Counter;
  readonly zoneRoutingSampled: Counter;
  readonly subsetsActive: Gauge;
  readonly subsetsCreated: Counter;
  readonly subsetsRemoved: Counter;
  readonly subsetsSelected: Counter;
  readonly subsetsFallback: Counter;
  readonly subsetsFallbackPanic: Counter;
  /** Made on first use. @param name behind `cluster.<name>.` */
  gauge(name: string): Gauge;
}

/** Where a host, or this proxy, is. */
export interface Locality {
  readonly region: string;
  readonly zone: string;
  readonly subZone: string;
}

/** The cluster that this proxy itself belongs to (`cluster_manager.local_cluster_name`), for zone aware routing. */
export interface LocalCluster {
  /** Its hosts now; undefined while there is no such cluster. */
  readonly hostSet: HostSet | undefined;
}

/** What balancers of a cluster may use. */
export interface BalancerEnvironment {
  /** Of [0, 1). */
  readonly random: () => number;
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  readonly stats: BalancerStats;
  /** Requests that the whole cluster has under way. */
  readonly activeRequests: () => number;
  /** `node.locality`; undefined when it is not set. */
  readonly ownLocality: Locality | undefined;
  /** undefined: zone aware routing is not set up. */
  readonly localCluster: LocalCluster | undefined;
}
