import type { Cluster } from '../types.js';

/** The fields of a cluster that choose its load balancer. */
export type LoadBalancing = Pick<
  Cluster,
  'lb_policy' | 'ring_hash_lb_config' | 'maglev_lb_config' | 'least_request_lb_config'
>;

/** One host after the other, by weight. Envoy's default. */
export function roundRobin(): LoadBalancing {
  return { lb_policy: 'ROUND_ROBIN' };
}

/** The one of two random hosts that has fewer active requests. @param choices how many are looked at, default 2 */
export function leastRequest(choices?: number): LoadBalancing {
  return choices === undefined
    ? { lb_policy: 'LEAST_REQUEST' }
    : { lb_policy: 'LEAST_REQUEST', least_request_lb_config: { choice_count: choices } };
}

/** Any host. */
export function random(): LoadBalancing {
  return { lb_policy: 'RANDOM' };
}

/** The same host for the same key, which the routes name by `hashBy`. @param minimumSize of the ring, default 1024 */
export function ringHash(minimumSize?: number): LoadBalancing {
  return minimumSize === undefined
    ? { lb_policy: 'RING_HASH' }
    : { lb_policy: 'RING_HASH', ring_hash_lb_config: { minimum_ring_size: minimumSize } };
}

/** Like `ringHash`, faster, and less steady when hosts change. @param tableSize a prime, default 65537 */
export function maglev(tableSize?: number): LoadBalancing {
  return tableSize === undefined
    ? { lb_policy: 'MAGLEV' }
    : { lb_policy: 'MAGLEV', maglev_lb_config: { table_size: tableSize } };
}
