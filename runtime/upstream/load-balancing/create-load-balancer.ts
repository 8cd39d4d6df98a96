/**
 * The balancer that a cluster's policy asks for.
 */
import { BoundedLoadTable } from './bounded-load.js';
import type { BalancingPolicy } from './balancing-policy.js';
import type { HashTable, TableHost } from './hash-table.js';
import { HashingBalancer } from './hashing-balancer.js';
import type { CreateHostPicker } from './host-picker.js';
import { HostSourceBalancer } from './host-source-balancer.js';
import { leastRequestPicker } from './least-request.js';
import { levelsOf } from './level-hosts.js';
import type { BalancerEnvironment, LoadBalancerFactory } from './load-balancer.js';
import { MaglevTable } from './maglev.js';
import { randomPicker } from './random.js';
import { Ring } from './ring-hash.js';
import { roundRobinPicker } from './round-robin.js';
import type { SlowStart } from './slow-start.js';
import { createSlowStart } from './slow-start.js';
import type { CreateLevelBalancer } from './subset-balancer.js';
import { SubsetBalancer } from './subset-balancer.js';

type HashPolicy = Extract<BalancingPolicy['hosts'], { readonly balanceFactor: number }>;
type ListPolicy = Exclude<BalancingPolicy['hosts'], HashPolicy>;

function createTable(
  policy: HashPolicy,
  { activeRequests, stats }: BalancerEnvironment,
): (hosts: readonly TableHost[]) => HashTable {
  const make = (hosts: readonly TableHost[]): HashTable => {
    if (policy.kind === 'RING_HASH') {
      const ring = new Ring(hosts, policy);
      const { maxHashesPerHost, minHashesPerHost, size } = ring.sizes;
      stats.gauge('ring_hash_lb.size').set(size);
      stats.gauge('ring_hash_lb.min_hashes_per_host').set(minHashesPerHost);
      stats.gauge('ring_hash_lb.max_hashes_per_host').set(maxHashesPerHost);
      return ring;
    }
    const table = new MaglevTable(hosts, policy.tableSize);
    stats.gauge('maglev_lb.min_entries_per_host').set(table.sizes.minEntriesPerHost);
    stats.gauge('maglev_lb.max_entries_per_host').set(table.sizes.maxEntriesPerHost);
    return table;
  };
  const { balanceFactor } = policy;
  if (balanceFactor === 0) return make;
  return (hosts) => new BoundedLoadTable(make(hosts), hosts, balanceFactor, activeRequests);
}

function createPickers(
  policy: ListPolicy,
  random: () => number,
  slowStart: SlowStart | undefined,
): CreateHostPicker {
  switch (policy.kind) {
    case 'ROUND_ROBIN':
      return roundRobinPicker(random, slowStart);
    case 'RANDOM':
      return randomPicker(random);
    case 'LEAST_REQUEST':
      return leastRequestPicker({ ...policy, slowStart }, random);
  }
}

/** @param environment what all balancers of the cluster have in common */
export function createLoadBalancerFactory(
  policy: BalancingPolicy,
  environment: BalancerEnvironment,
): LoadBalancerFactory {
  const { hosts, level, localityWeighted, subsets, zoneAware } = policy;
  let slowStart: SlowStart | undefined;
  let create: CreateLevelBalancer;
  if (hosts.kind === 'RING_HASH' || hosts.kind === 'MAGLEV') {
    const { hashPolicy, useHostname } = hosts;
    const table = createTable(hosts, environment);
    const options = { level, localityWeighted, useHostname, hashPolicy, createTable: table };
    create = (levels) => new HashingBalancer(levels, options, environment);
  } else {
    slowStart = hosts.kind === 'RANDOM' ? undefined : createSlowStart(hosts.slowStart, environment.now);
    const createPicker = createPickers(hosts, environment.random, slowStart);
    const options = { level, localityWeighted, zoneAware, createPicker };
    create = (levels, before) => new HostSourceBalancer(levels, options, environment, before);
  }
  return (set, before) => {
    slowStart?.see(set.hosts);
    const levels = levelsOf(set, environment.ownLocality);
    return subsets === undefined
      ? create(levels, before)
      : new SubsetBalancer(levels, subsets, create, environment, before);
  };
}
