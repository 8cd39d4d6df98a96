/**
 * The hosts of one priority level, by what may be asked of them: all, healthy, degraded; and the same for each locality.
 */
import type { Host, HostSet } from '../host/host.js';
import type { Locality } from './load-balancer.js';

/** The hosts of one locality at one level. */
export interface LocalityHosts {
  readonly locality: Locality;
  readonly hosts: readonly Host[];
  readonly healthyHosts: readonly Host[];
  readonly degradedHosts: readonly Host[];
  /** `load_balancing_weight` of the locality, 0 when it has none. */
  readonly weight: number;
}

export interface LevelHosts {
  readonly priority: number;
  readonly hosts: readonly Host[];
  readonly healthyHosts: readonly Host[];
  readonly degradedHosts: readonly Host[];
  /** Hosts that count neither as healthy nor as unhealthy: they have never been checked. */
  readonly excludedHosts: readonly Host[];
  /** The locality of this proxy first, when it has hosts; then by region, zone and sub-zone. */
  readonly localities: readonly LocalityHosts[];
  /** The first of `localities` is that of this proxy. */
  readonly hasOwnLocality: boolean;
}

/** What health checking may say of a host besides `healthy`; a degraded host need not be healthy. */
interface CheckedHost {
  readonly degraded?: boolean;
  readonly excluded?: boolean;
}

/** Able to serve, but only when there are not enough others. */
export function isDegraded(host: Host): boolean {
  return (host as CheckedHost).degraded === true;
}

const isHealthy = (host: Host): boolean => host.healthy && (host as CheckedHost).degraded !== true;
const isExcluded = (host: Host): boolean => (host as CheckedHost).excluded === true;

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

export function sameLocality(left: Locality, right: Locality): boolean {
  return left.region === right.region && left.zone === right.zone && left.subZone === right.subZone;
}

function compareLocalities(left: Locality, right: Locality): number {
  return (
    byText(left.region, right.region) || byText(left.zone, right.zone) || byText(left.subZone, right.subZone)
  );
}

/** The weight of a locality, of its hosts at one level. */
export type LocalityWeight = (hosts: readonly Host[]) => number;

/** As configured. */
export const configuredWeight: LocalityWeight = (hosts) =>
  hosts.reduce((most, { localityWeight = 0 }) => Math.max(most, localityWeight), 0);

function localitiesOf(
  hosts: readonly Host[],
  own: Locality | undefined,
  weightOf: LocalityWeight,
): LocalityHosts[] {
  const groups = new Map<string, Host[]>();
  for (const host of hosts) {
    const key = JSON.stringify([host.region, host.zone, host.subZone]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [host]);
    else group.push(host);
  }
  const isOwn = ({ locality }: LocalityHosts): boolean => own !== undefined && sameLocality(locality, own);
  return [...groups.values()]
    .map((members): LocalityHosts => {
      const { region, subZone, zone } = members[0] as Host;
      return {
        locality: { region, zone, subZone },
        hosts: members,
        healthyHosts: members.filter(isHealthy),
        degradedHosts: members.filter(isDegraded),
        weight: weightOf(members),
      };
    })
    .sort((left, right) => {
      if (isOwn(left) !== isOwn(right)) return isOwn(left) ? -1 : 1;
      return compareLocalities(left.locality, right.locality);
    });
}

/** Groups the hosts when somebody asks for the localities: most clusters have no use for them. */
class Level implements LevelHosts {
  readonly priority: number;
  readonly hosts: readonly Host[];
  readonly healthyHosts: readonly Host[];
  readonly degradedHosts: readonly Host[];
  readonly excludedHosts: readonly Host[];
  private readonly own: Locality | undefined;
  private readonly weightOf: LocalityWeight;
  private grouped: readonly LocalityHosts[] | undefined = undefined;

  constructor(priority: number, hosts: readonly Host[], own: Locality | undefined, weightOf: LocalityWeight) {
    this.priority = priority;
    this.weightOf = weightOf;
    this.hosts = hosts;
    this.healthyHosts = hosts.filter(isHealthy);
    this.degradedHosts = hosts.filter(isDegraded);
    this.excludedHosts = hosts.filter(isExcluded);
    this.own = own;
  }

  get localities(): readonly LocalityHosts[] {
    this.grouped ??= localitiesOf(this.hosts, this.own, this.weightOf);
    return this.grouped;
  }

  get hasOwnLocality(): boolean {
    const first = this.localities[0];
    return first !== undefined && this.own !== undefined && sameLocality(first.locality, this.own);
  }
}

/** @returns at least one level; a gap between priorities is a level without hosts */
export function levelsOf({ hosts }: HostSet, own: Locality | undefined): readonly LevelHosts[] {
  const groups: Host[][] = [[]];
  for (const host of hosts) {
    while (groups.length <= host.priority) groups.push([]);
    groups[host.priority]?.push(host);
  }
  return groups.map((members, priority) => new Level(priority, members, own, configuredWeight));
}

/** As many levels, of some of the hosts. @param weightOf of a locality in them */
export function partOfLevels(
  levels: readonly LevelHosts[],
  belongs: (host: Host) => boolean,
  own: Locality | undefined,
  weightOf: LocalityWeight,
): readonly LevelHosts[] {
  return levels.map(({ hosts, priority }) => new Level(priority, hosts.filter(belongs), own, weightOf));
}
