/**
 * What load balancing serves of Envoy's messages.
 */
import type { SupportedFields } from '../../config/supported-fields.js';

const cluster = 'envoy.config.cluster.v3.Cluster';
const policy = 'envoy.extensions.load_balancing_policies.';
const slowStart = { slow_start_window: true, aggression: true, min_weight_percent: true } as const;
const selector = {
  keys: true,
  single_host_per_subset: true,
  fallback_policy: true,
  fallback_keys_subset: true,
} as const;
const subsets = {
  fallback_policy: true,
  default_subset: true,
  subset_selectors: true,
  locality_weight_aware: true,
  scale_locality_weight: true,
  panic_mode_any: true,
  list_as_any: true,
  metadata_fallback_policy: true,
} as const;
const zoneAware = { routing_enabled: true, min_cluster_size: true, fail_traffic_on_panic: true } as const;
const hashing = { use_hostname_for_hashing: true, hash_balance_factor: true } as const;
const ring = { minimum_ring_size: true, maximum_ring_size: true, hash_function: true } as const;

export const loadBalancingSupportedFields: SupportedFields = {
  [`${cluster}.LeastRequestLbConfig`]: {
    choice_count: true,
    active_request_bias: true,
    slow_start_config: true,
  },
  [`${cluster}.RoundRobinLbConfig`]: { slow_start_config: true },
  [`${cluster}.SlowStartConfig`]: slowStart,
  [`${cluster}.RingHashLbConfig`]: ring,
  [`${cluster}.MaglevLbConfig`]: { table_size: true },
  [`${cluster}.LbSubsetConfig`]: subsets,
  [`${cluster}.LbSubsetConfig.LbSubsetSelector`]: selector,
  [`${cluster}.CommonLbConfig`]: {
    ignore_new_hosts_until_first_hc: true,
    healthy_panic_threshold: true,
    // Nothing is merged here: every change is one host set.
    update_merge_window: 'ignored',
    zone_aware_lb_config: true,
    locality_weighted_lb_config: true,
    consistent_hashing_lb_config: true,
  },
  [`${cluster}.CommonLbConfig.ZoneAwareLbConfig`]: zoneAware,
  [`${cluster}.CommonLbConfig.LocalityWeightedLbConfig`]: {},
  [`${cluster}.CommonLbConfig.ConsistentHashingLbConfig`]: hashing,
  // Balancers look at `envoy.lb` alone.
  'envoy.config.core.v3.Metadata': { filter_metadata: true, typed_filter_metadata: 'ignored' },
  'envoy.config.cluster.v3.LoadBalancingPolicy': { policies: true },
  'envoy.config.cluster.v3.LoadBalancingPolicy.Policy': { typed_extension_config: true },
  [`${policy}common.v3.LocalityLbConfig`]: { zone_aware_lb_config: true, locality_weighted_lb_config: true },
  [`${policy}common.v3.LocalityLbConfig.ZoneAwareLbConfig`]: {
    ...zoneAware,
    force_locality_direct_routing: true,
    force_local_zone: true,
    locality_basis: true,
  },
  [`${policy}common.v3.LocalityLbConfig.ZoneAwareLbConfig.ForceLocalZone`]: { min_size: true },
  [`${policy}common.v3.LocalityLbConfig.LocalityWeightedLbConfig`]: {},
  [`${policy}common.v3.SlowStartConfig`]: slowStart,
  [`${policy}common.v3.ConsistentHashingLbConfig`]: { ...hashing, hash_policy: true },
  [`${policy}round_robin.v3.RoundRobin`]: { slow_start_config: true, locality_lb_config: true },
  [`${policy}random.v3.Random`]: { locality_lb_config: true },
  [`${policy}least_request.v3.LeastRequest`]: {
    choice_count: true,
    active_request_bias: true,
    slow_start_config: true,
    locality_lb_config: true,
    selection_method: true,
    enable_full_scan: true,
  },
  [`${policy}ring_hash.v3.RingHash`]: {
    ...ring,
    ...hashing,
    consistent_hashing_lb_config: true,
    locality_weighted_lb_config: true,
  },
  [`${policy}maglev.v3.Maglev`]: {
    table_size: true,
    consistent_hashing_lb_config: true,
    locality_weighted_lb_config: true,
  },
  [`${policy}subset.v3.Subset`]: { ...subsets, allow_redundant_keys: true, subset_lb_policy: true },
  [`${policy}subset.v3.Subset.LbSubsetSelector`]: selector,
};
