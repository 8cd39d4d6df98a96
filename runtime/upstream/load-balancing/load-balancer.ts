/**
 * The contract of load balancers. One is built per cluster and host set; it is never changed, only replaced.
 */
import type { Host, HostSet } from '../host/host.js';

/** What a balancer may look at. Built without allocation on the path of a request: the stream itself implements it. */
export interface LoadBalancerContext {
  /** Hash of the route's hash policy, when it has one. */
  readonly hash?: number | undefined;
}

export interface LoadBalancer {
  /** @returns undefined when there is no host that may be used (response flag UH). */
  chooseHost(context: LoadBalancerContext | undefined): Host | undefined;
}

/** Makes the balancer for a new host set. `previous` lets round robin go on where it was. */
export type LoadBalancerFactory = (hosts: HostSet, previous: LoadBalancer | undefined) => LoadBalancer;
