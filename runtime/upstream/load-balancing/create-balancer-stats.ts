import type { StatsScope } from '../../stats/stat.js';
import type { BalancerStats } from './load-balancer.js';

/** @param prefix `cluster.<name>.` */
export function createBalancerStats(prefix: string, scope: StatsScope): BalancerStats {
  const counter = (name: string) => scope.counter(`${prefix}lb_${name}`);
  return {
    healthyPanic: counter('healthy_panic'),
    localClusterNotOk: counter('local_cluster_not_ok'),
    recalculateZoneStructures: counter('recalculate_zone_structures'),
    zoneClusterTooSmall: counter('zone_cluster_too_small'),
    zoneNoCapacityLeft: counter('zone_no_capacity_left'),
    zoneRoutingAllDirectly: counter('zone_routing_all_directly'),
    zoneRoutingCrossZone: counter('zone_routing_cross_zone'),
    zoneRoutingSampled: counter('zone_routing_sampled'),
    subsetsActive: scope.gauge(`${prefix}lb_subsets_active`),
    subsetsCreated: counter('subsets_created'),
    subsetsRemoved: counter('subsets_removed'),
    subsetsSelected: counter('subsets_selected'),
    subsetsFallback: counter('subsets_fallback'),
    subsetsFallbackPanic: counter('subsets_fallback_panic'),
    gauge: (name) => scope.gauge(prefix + name),
  };
}
