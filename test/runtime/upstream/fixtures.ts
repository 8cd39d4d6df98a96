/** Small pieces that the tests of `runtime/upstream` share. */
import { readMessage } from '../../../dsl/api/read-message.js';
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../../dsl/api/generated/types.js';
import type {
  AddressFamily,
  DnsResolver,
  ResolvedAddresses,
} from '../../../runtime/network/dns/dns-resolver.js';
import { DnsError } from '../../../runtime/network/dns/dns-resolver.js';
import { metadataCriteria } from '../../../runtime/common/metadata-criteria.js';
import type { StatsStore } from '../../../runtime/stats/stats-store.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import type { HostAttributes } from '../../../runtime/upstream/host/create-host.js';
import { createHost, createHostSet } from '../../../runtime/upstream/host/create-host.js';
import type { Host, HostSet } from '../../../runtime/upstream/host/host.js';
import {
  DEGRADED_ACTIVE_HC,
  EXCLUDED_VIA_IMMEDIATE_HC_FAIL,
  FAILED_ACTIVE_HC,
} from '../../../runtime/upstream/host/host-health.js';
import { readBalancingPolicy } from '../../../runtime/upstream/load-balancing/balancing-policy.js';
import { createBalancerStats } from '../../../runtime/upstream/load-balancing/create-balancer-stats.js';
import { createLoadBalancerFactory } from '../../../runtime/upstream/load-balancing/create-load-balancer.js';
import type {
  BalancerEnvironment,
  LoadBalancerContext,
  LoadBalancerFactory,
} from '../../../runtime/upstream/load-balancing/load-balancer.js';

export interface HostState {
  readonly healthy?: boolean;
  /** Able to serve, but not preferred. */
  readonly degraded?: boolean;
  /** Does not count: it has never been checked. */
  readonly excluded?: boolean;
}

export function host(ip: string, more: Partial<HostAttributes> & HostState = {}): Host {
  const { degraded, excluded, healthy = degraded !== true, ...attributes } = more;
  const made = createHost(
    { kind: 'ip', ip, port: 80 },
    { hostname: '', weight: 1, priority: 0, zone: '', region: '', subZone: '', ...attributes },
  );
  // A degraded or an excluded host has flags of its own.
  if (!healthy && degraded !== true) made.health.set(FAILED_ACTIVE_HC);
  if (degraded === true) made.health.set(DEGRADED_ACTIVE_HC);
  if (excluded === true) made.health.set(EXCLUDED_VIA_IMMEDIATE_HC_FAIL);
  return made;
}

export function hostSet(...hosts: readonly Host[]): HostSet {
  return createHostSet(hosts);
}

/** A cluster as the reader hands it out; anything that it finds wrong fails the test. */
export function clusterConfig(fields: Readonly<Record<string, unknown>>): ClusterConfig {
  const { issues, value } = readMessage('envoy.config.cluster.v3.Cluster', fields);
  if (issues.length > 0) throw new Error(JSON.stringify(issues));
  return value as unknown as ClusterConfig;
}

export function assignment(
  ...endpoints: readonly (readonly [address: string, port: number, weight?: number])[]
) {
  return {
    cluster_name: 'c',
    endpoints: [
      {
        lb_endpoints: endpoints.map(([address, port, weight]) => ({
          endpoint: { address: { socket_address: { address, port_value: port } } },
          ...(weight === undefined ? {} : { load_balancing_weight: weight }),
        })),
      },
    ],
  };
}

/** Value of a counter or gauge; fails for one that nobody has made. */
export function statValue(stats: StatsStore, name: string): number {
  const found = [...stats.counters(), ...stats.gauges()].find((one) => one.name === name);
  if (found === undefined) throw new Error(`no statistic ${name}`);
  return found.value;
}

/** The counters and gauges below a prefix that are not 0. */
export function nonZero(stats: StatsStore, prefix: string): Record<string, number> {
  const all = [...stats.counters(), ...stats.gauges()];
  const found = all.filter(({ name, value }) => name.startsWith(prefix) && value !== 0);
  return Object.fromEntries(
    found
      .map(({ name, value }) => [name.slice(prefix.length), value] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

type Scripted = readonly string[] | 'not-found' | 'no-data' | 'server-failure' | 'timeout';

/** A resolver that says what it is told to say; what it is not told has no such name. */
export class FakeResolver implements DnsResolver {
  readonly answers = new Map<string, Scripted>();
  readonly asked: string[] = [];
  ttlSeconds = 60;
  closed = false;

  set(name: string, family: AddressFamily, answer: Scripted): this {
    this.answers.set(`${name} ${family}`, answer);
    return this;
  }

  async resolve(name: string, family: AddressFamily): Promise<ResolvedAddresses> {
    this.asked.push(`${name} ${family}`);
    const answer = this.answers.get(`${name} ${family}`) ?? 'not-found';
    if (typeof answer === 'string') throw new DnsError(answer, `${name}: ${answer}`);
    return { addresses: [...answer], ttlSeconds: this.ttlSeconds };
  }

  close(): void {
    this.closed = true;
  }
}

/** Lets everything that waits for settled promises go on. */
export function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What balancers may use, with numbers that a test decides on. */
export function balancerEnvironment(
  random: () => number,
  more: Partial<BalancerEnvironment> = {},
): BalancerEnvironment {
  return {
    random,
    now: () => 0,
    stats: createBalancerStats('cluster.c.', createStatsStore()),
    activeRequests: () => 0,
    ownLocality: undefined,
    localCluster: undefined,
    ...more,
  };
}

/** The factory that a cluster of this configuration has. @throws ConfigError */
export function balancerFactory(
  cluster: unknown,
  random: () => number,
  more: Partial<BalancerEnvironment> = {},
): LoadBalancerFactory {
  return createLoadBalancerFactory(readBalancingPolicy(cluster), balancerEnvironment(random, more));
}

/** A request as balancers see it: one that wants nothing, but for what a test gives it. */
export function balancerContext(
  more: Partial<LoadBalancerContext> & { readonly hash?: bigint | undefined; readonly lb?: object } = {},
): LoadBalancerContext {
  const { hash, lb, ...context } = more;
  return {
    computeHash: () => hash,
    hashBy: () => hash,
    metadataCriteria: lb === undefined ? undefined : metadataCriteria(lb as Record<string, unknown>),
    shouldSelectAnotherHost: () => false,
    hostSelectionRetryCount: 0,
    adjustPriorityLoads: (loads) => loads,
    ...context,
  };
}
