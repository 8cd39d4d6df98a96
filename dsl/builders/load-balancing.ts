import type { Cluster } from '../types.js';

/** The fields of a cluster that choose its load balancer. */
export type LoadBalancing = Pick<Cluster, 'lb_policy'>;

/** One host after the other, by weight. Envoy's default. */
export function roundRobin(): LoadBalancing {
  return { lb_policy: 'ROUND_ROBIN' };
}

/** The one of two random hosts that has fewer active requests. */
export function leastRequest(): LoadBalancing {
  return { lb_policy: 'LEAST_REQUEST' };
}

/** Any host. */
export function random(): LoadBalancing {
  return { lb_policy: 'RANDOM' };
}
