import type { Host, HostSet } from '../host/host.js';

/** `common_lb_config.healthy_panic_threshold`, in percent; Envoy's default. */
export const defaultPanicThreshold = 50;

/**
 * The hosts that may be chosen: the healthy ones, or all when fewer are healthy than the panic threshold wants, since
 * then the health checks are more likely wrong than the hosts. Weights of 0 do not exist in Envoy.
 */
export function usableHosts({ hosts, healthyHosts }: HostSet, panicThreshold: number): readonly Host[] {
  if (hosts.length === 0) return hosts;
  return (healthyHosts.length / hosts.length) * 100 < panicThreshold ? hosts : healthyHosts;
}
