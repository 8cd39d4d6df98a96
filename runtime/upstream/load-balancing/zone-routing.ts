/**
 * Zone aware routing: as many requests as possible stay in the zone of this proxy without giving its hosts more than their
 * part (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/zone_aware). Only at the
 * highest priority level, and only where the bootstrap says which cluster this proxy belongs to.
 */
import type { Host, HostSet } from '../host/host.js';
import type { LevelHosts, LocalityHosts } from './level-hosts.js';
import { levelsOf, sameLocality } from './level-hosts.js';
import type { BalancerEnvironment, LocalCluster } from './load-balancer.js';

export interface ZoneAwareOptions {
  /** Percent of the requests that are routed so. */
  readonly routingEnabled: number;
  /** Fewer healthy hosts than these: no zone aware routing. */
  readonly minClusterSize: number;
  /** In panic there is no host at all, instead of any. */
  readonly failTrafficOnPanic: boolean;
  /** Everything stays in the own zone while so many hosts of it are healthy; undefined: only its part does. */
  readonly forcedFrom: number | undefined;
  /** The parts of zones are those of their hosts' weights, not of their numbers. */
  readonly byWeight: boolean;
}

/** Hundredths of a percent. */
const whole = 10_000;

type Routing =
  | { readonly kind: 'none' }
  | { readonly kind: 'direct' }
  | {
      readonly kind: 'residual';
      /** Of 10,000 requests those that stay. */
      readonly stay: number;
      /** What each locality may take of the others, added up. */
      readonly capacity: readonly number[];
    };

interface Shares {
  /** Part of the proxies that are in the locality, and of the upstream's hosts. */
  readonly local: number;
  readonly upstream: number;
}

function sharesOf(
  upstream: readonly LocalityHosts[],
  local: readonly LocalityHosts[],
  byWeight: boolean,
): Shares[] {
  const size = (hosts: readonly Host[]): number =>
    byWeight ? hosts.reduce((sum, { weight }) => sum + weight, 0) : hosts.length;
  const count = (localities: readonly LocalityHosts[]) =>
    localities.reduce((sum, { healthyHosts }) => sum + size(healthyHosts), 0);
  const allLocal = count(local);
  const allUpstream = count(upstream);
  return upstream.map(({ healthyHosts, locality }) => {
    if (healthyHosts.length === 0) return { local: 0, upstream: 0 };
    const here = size(local.find((one) => sameLocality(one.locality, locality))?.healthyHosts ?? []);
    return {
      local: allLocal > 0 ? Math.floor((whole * here) / allLocal) : 0,
      upstream: Math.floor((whole * size(healthyHosts)) / allUpstream),
    };
  });
}

/** The decision for the hosts of one level, made again when the local cluster has other hosts. */
export class ZoneRouting {
  private readonly level: LevelHosts;
  private readonly options: ZoneAwareOptions;
  private readonly environment: BalancerEnvironment;
  private readonly local: LocalCluster;
  private readonly panicThreshold: number;
  private seen: HostSet | undefined = undefined;
  private localLevel: LevelHosts | undefined = undefined;
  private routing: Routing = { kind: 'none' };

  /** @param panicThreshold percent; also of the local cluster */
  constructor(
    level: LevelHosts,
    options: ZoneAwareOptions,
    environment: BalancerEnvironment,
    local: LocalCluster,
    panicThreshold: number,
  ) {
    this.level = level;
    this.options = options;
    this.environment = environment;
    this.local = local;
    this.panicThreshold = panicThreshold;
  }

  /** @returns the locality to choose from; undefined: from all; `'fail'`: no host may be chosen */
  choose(): number | undefined | 'fail' {
    this.follow();
    const { environment, localLevel, options, routing } = this;
    const { random, stats } = environment;
    if (routing.kind === 'none') return undefined;
    if (options.routingEnabled < 100 && random() * 100 >= options.routingEnabled) return undefined;
    if (localLevel === undefined || this.isLocalInPanic(localLevel)) {
      stats.localClusterNotOk.inc();
      return options.failTrafficOnPanic ? 'fail' : undefined;
    }
    if (routing.kind === 'direct') {
      stats.zoneRoutingAllDirectly.inc();
      return 0;
    }
    if (random() * whole < routing.stay) {
      stats.zoneRoutingSampled.inc();
      return 0;
    }
    stats.zoneRoutingCrossZone.inc();
    const { capacity } = routing;
    const total = capacity.at(-1) as number;
    if (total === 0) {
      stats.zoneNoCapacityLeft.inc();
      return Math.floor(random() * capacity.length);
    }
    const drawn = random() * total;
    return capacity.findIndex((end) => drawn < end);
  }

  private isLocalInPanic({ degradedHosts, healthyHosts, hosts }: LevelHosts): boolean {
    const able = healthyHosts.length + degradedHosts.length;
    return (hosts.length === 0 ? 0 : (100 * able) / hosts.length) < this.panicThreshold;
  }

  private follow(): void {
    const { hostSet } = this.local;
    if (hostSet === this.seen) return;
    this.seen = hostSet;
    this.localLevel = hostSet === undefined ? undefined : levelsOf(hostSet, this.environment.ownLocality)[0];
    this.routing = this.decide();
  }

  private decide(): Routing {
    const { environment, level, localLevel, options } = this;
    const { stats } = environment;
    if (localLevel === undefined) return { kind: 'none' };
    stats.recalculateZoneStructures.inc();
    if (level.localities.length < 2) return { kind: 'none' };
    if (localLevel.localities.length < 2 && options.forcedFrom === undefined) return { kind: 'none' };
    if (!localLevel.hasOwnLocality) {
      stats.localClusterNotOk.inc();
      return { kind: 'none' };
    }
    if (level.healthyHosts.length < options.minClusterSize) {
      stats.zoneClusterTooSmall.inc();
      return { kind: 'none' };
    }
    const shares = sharesOf(level.localities, localLevel.localities, options.byWeight);
    const own = level.hasOwnLocality ? shares[0] : undefined;
    const able = level.localities[0]?.healthyHosts.length ?? 0;
    const isForced = options.forcedFrom !== undefined && able >= options.forcedFrom;
    if (own !== undefined && ((own.upstream > 0 && own.upstream >= own.local) || isForced)) {
      return { kind: 'direct' };
    }
    let end = 0;
    const capacity = shares.map(({ local, upstream }, at) => {
      if (at > 0 || own === undefined) end += Math.max(0, upstream - local);
      return end;
    });
    const stay = own !== undefined && own.local > 0 ? Math.floor((own.upstream * whole) / own.local) : 0;
    return { kind: 'residual', stay, capacity };
  }
}
