import type { Host } from '../host/host.js';

/** True when no host is to be preferred, so that no schedule is needed. */
export function haveEqualWeights(hosts: readonly Host[]): boolean {
  return hosts.every(({ weight }) => weight === hosts[0]?.weight);
}
