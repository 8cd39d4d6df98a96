/**
 * How the load is spread over priority levels: all to the highest (0) while it is healthy enough, the rest to the next.
 */
import type { Host, HostSet } from '../host/host.js';
import { createHostSet } from '../host/create-host.js';

/** `overprovisioning_factor`, in percent: a level takes everything while 72 % of its hosts are healthy. */
export const defaultOverprovisioningFactor = 140;

export interface PriorityLevel {
  readonly hosts: HostSet;
  /** Percent of the requests; all levels together have 100, unless no host is healthy anywhere. */
  readonly load: number;
}

/** Levels without hosts count as not healthy at all. When nothing is healthy, the first level with hosts takes all. */
export function priorityLevels(
  { hosts }: HostSet,
  overprovisioningFactor = defaultOverprovisioningFactor,
): PriorityLevel[] {
  const groups: Host[][] = [];
  for (const host of hosts) {
    while (groups.length <= host.priority) groups.push([]);
    groups[host.priority]?.push(host);
  }
  const sets = groups.map(createHostSet);
  const health = sets.map((set) =>
    set.hosts.length === 0
      ? 0
      : Math.min(100, Math.floor((overprovisioningFactor * set.healthyHosts.length) / set.hosts.length)),
  );
  const total = Math.min(
    100,
    health.reduce((sum, one) => sum + one, 0),
  );
  if (total === 0) {
    const first = sets.findIndex((set) => set.hosts.length > 0);
    return sets.map((set, at) => ({ hosts: set, load: at === first ? 100 : 0 }));
  }
  let left = 100;
  const loads = health.map((one) => {
    const load = Math.min(left, Math.round((one * 100) / total));
    left -= load;
    return load;
  });
  // What rounding has left over goes to the first level that takes anything.
  const first = loads.findIndex((load) => load > 0);
  loads[first] = (loads[first] ?? 0) + left;
  return sets.map((set, at) => ({ hosts: set, load: loads[at] as number }));
}
