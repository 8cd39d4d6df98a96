import type { Host } from '../host/host.js';
import type { LoadBalancer } from './load-balancer.js';

/** `RANDOM`: any host, whatever its weight, as in Envoy. */
export function createRandom(hosts: readonly Host[], random: () => number): LoadBalancer {
  return { chooseHost: () => hosts[Math.floor(random() * hosts.length)] };
}
