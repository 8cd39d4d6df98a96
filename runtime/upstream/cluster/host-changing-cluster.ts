/**
 * What all cluster types share: the snapshots that requests take, and their change as hosts come and go.
 *
 * A cluster is built beside the one of the same name that is in force, and looks for its hosts there. Until `activate` it
 * touches nothing that the other uses: neither its pools nor its membership statistics.
 */
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../../dsl/api/generated/types.js';
import type { Clock } from '../../common/clock.js';
import type { LoggerRegistry } from '../../common/logger.js';
import { messageOf, textOf } from '../../common/message-fields.js';
import type { DnsResolver } from '../../network/dns/dns-resolver.js';
import { expiredCertificates } from '../../network/tls/expired-certificates.js';
import type { RotatingTls } from '../../network/tls/material.js';
import type { StaticSecrets } from '../../network/tls/secrets.js';
import { createSslStats } from '../../network/tls/ssl-stats.js';
import type { Counter, Gauge, StatsScope } from '../../stats/stat.js';
import type { ConnectionPool } from '../connection-pool/connection-pool.js';
import { HostPools } from '../connection-pool/host-pools.js';
import { NamedPools } from '../connection-pool/named-pools.js';
import type { HostDescription } from '../host/create-host.js';
import { createHostSet } from '../host/create-host.js';
import type { Host, HostSet } from '../host/host.js';
import type { HostsByIdentity } from '../host/merge-hosts.js';
import { changedPriorities, mergeHosts, sameHosts } from '../host/merge-hosts.js';
import { createLoadBalancerFactory } from '../load-balancing/create-load-balancer.js';
import type { LoadBalancer, LoadBalancerFactory } from '../load-balancing/load-balancer.js';
import type { ResourceUsage } from './circuit-breaker.js';
import { CircuitBreaker } from './circuit-breaker.js';
import type {
  CircuitBreakerLimits,
  Cluster,
  ClusterResources,
  ClusterStats,
  RoutingPriority,
} from './cluster.js';
import type { ConnectionSettings } from './connection-settings.js';
import { connectionKey, connectionSettings } from './connection-settings.js';
import { clusterStatPrefix, createClusterStats } from './create-cluster-stats.js';
import { requestedNames } from './requested-names.js';
import type { RequestedNames, UpstreamTlsMaterial } from './upstream-tls.js';
import { UpstreamTls, upstreamTls } from './upstream-tls.js';

export interface ClusterDependencies {
  readonly clock: Clock;
  readonly stats: StatsScope;
  /** Of [0, 1). */
  readonly random: () => number;
  /** Who is told about names that do not resolve (`upstream`). */
  readonly loggers?: LoggerRegistry;
  /** `static_resources.secrets` */
  readonly secrets?: StaticSecrets;
  /** Instead of the resolver that the configuration asks for. */
  readonly createResolver?: (config: ClusterConfig) => DnsResolver;
}

/** Connections with what limits them; passed on from generation to generation while nothing about them changes. */
interface Connections {
  readonly key: string;
  readonly settings: ConnectionSettings;
  readonly breakers: Readonly<Record<RoutingPriority, CircuitBreaker>>;
  readonly tls: UpstreamTls | undefined;
  readonly pools: HostPools;
  /** By what requests ask of TLS, when they do. */
  readonly namedPools: NamedPools;
  /** Who may let pools drain. */
  owner: HostChangingCluster;
}

export class HostChangingCluster implements Cluster {
  readonly name: string;
  readonly observabilityName: string;
  /** `cluster.<name>.` */
  readonly statPrefix: string;
  readonly config: ClusterConfig;
  readonly stats: ClusterStats;
  hostSet: HostSet = createHostSet([]);
  loadBalancer: LoadBalancer;
  private hosts: HostsByIdentity = new Map();
  private readonly balancers: LoadBalancerFactory;
  private readonly connections: Connections;
  private secrets: StaticSecrets;
  /** Comes into force with the cluster; undefined for plain text. */
  private readonly material: UpstreamTlsMaterial | undefined;
  readonly namesOf: Cluster['namesOf'];
  private readonly membershipChange: Counter;
  private readonly membershipTotal: Gauge;
  private readonly membershipHealthy: Gauge;
  /** The cluster that this one will take the place of; undefined once it has. */
  private previous: HostChangingCluster | undefined;
  private isActive = false;
  /** Of the membership, not counted yet. */
  private changes = 0;

  /** @throws ConfigError with the path inside the cluster */
  constructor(
    config: ClusterConfig,
    dependencies: ClusterDependencies,
    previous: HostChangingCluster | undefined,
  ) {
    const { random, stats } = dependencies;
    const fields = messageOf(config);
    this.config = config;
    this.name = textOf(fields.name);
    this.observabilityName = textOf(fields.alt_stat_name) || this.name;
    this.statPrefix = clusterStatPrefix(this.name, textOf(fields.alt_stat_name));
    this.previous = previous;
    // Whatever may be refused comes first: a refused cluster leaves no statistics behind.
    this.balancers = createLoadBalancerFactory(config, random);
    const key = connectionKey(config);
    this.secrets = dependencies.secrets ?? [];
    this.material = upstreamTls(fields.transport_socket, this.secrets);
    this.namesOf = requestedNames(config);
    const kept = previous?.connections.key === key ? previous.connections : undefined;
    const settings = kept?.settings ?? connectionSettings(config, dependencies.clock);
    this.stats =
      previous?.statPrefix === this.statPrefix ? previous.stats : createClusterStats(this.statPrefix, stats);
    this.connections = kept ?? this.connect(key, settings, dependencies);
    this.loadBalancer = this.balancers(this.hostSet, undefined);
    this.membershipChange = stats.counter(`${this.statPrefix}membership_change`);
    this.membershipTotal = stats.gauge(`${this.statPrefix}membership_total`);
    this.membershipHealthy = stats.gauge(`${this.statPrefix}membership_healthy`);
  }

  private connect(
    key: string,
    settings: ConnectionSettings,
    { clock, loggers, stats }: ClusterDependencies,
  ): Connections {
    const breaker = (priority: RoutingPriority) =>
      new CircuitBreaker(this.config, priority, this.statPrefix, stats);
    const breakers = { DEFAULT: breaker('DEFAULT'), HIGH: breaker('HIGH') };
    const tls =
      this.material === undefined
        ? undefined
        : new UpstreamTls(this.material, createSslStats(this.statPrefix, stats, 'client'), (certificates) => {
            const log = loggers?.get('upstream');
            for (const text of expiredCertificates(certificates, clock.wallTime())) {
              log?.warning(`cluster '${this.name}': ${text}`);
            }
          });
    const shared = { ...settings, clock, stats: this.stats, tls };
    const poolsFor = (names: RequestedNames) =>
      new HostPools({
        DEFAULT: { ...shared, names, limits: breakers.DEFAULT.limits, usage: breakers.DEFAULT },
        HIGH: { ...shared, names, limits: breakers.HIGH.limits, usage: breakers.HIGH },
      });
    const namedPools = new NamedPools(poolsFor);
    return { key, settings, breakers, tls, pools: poolsFor({}), namedPools, owner: this };
  }

  get limits(): CircuitBreakerLimits {
    return this.connections.breakers.DEFAULT.limits;
  }

  get usage(): ResourceUsage {
    return this.connections.breakers.DEFAULT;
  }

  get connectTimeoutMs(): number {
    return this.connections.settings.connectTimeoutMs;
  }

  get idleTimeoutMs(): number {
    return this.connections.settings.idleTimeoutMs;
  }

  get upstreamTls(): UpstreamTls | undefined {
    return this.connections.tls;
  }

  /** Reads the files of the TLS context again. @returns puts it in force; undefined for plain text. @throws ConfigError */
  prepareTls(secrets: StaticSecrets): (() => boolean) | undefined {
    const { tls } = this.connections;
    const material = upstreamTls(messageOf(this.config).transport_socket, secrets);
    if (tls === undefined || material === undefined) return undefined;
    return () => {
      this.secrets = secrets;
      return tls.set(material);
    };
  }

  get rotatingTls(): RotatingTls | undefined {
    const { tls } = this.connections;
    if (tls === undefined) return undefined;
    return {
      key: this,
      name: `cluster '${this.name}'`,
      get files() {
        return tls.material.files;
      },
      prepare: () => this.prepareTls(this.secrets) as () => boolean,
    };
  }

  resources(priority: RoutingPriority): ClusterResources {
    return this.connections.breakers[priority];
  }

  pool(host: Host, priority: RoutingPriority = 'DEFAULT', names?: RequestedNames): ConnectionPool {
    const { namedPools, owner } = this.connections;
    const pools = names === undefined ? this.connections.pools : namedPools.get(names);
    return pools.get(host, priority, owner.hasEndpoint(host));
  }

  /** Also for an older snapshot of a host that is still there. */
  private hasEndpoint({ stats }: Host): boolean {
    const { hosts } = this.hostSet;
    for (let at = 0; at < hosts.length; at++) if (hosts[at]?.stats === stats) return true;
    return false;
  }

  /**
   * Puts a new host set in force; pools of hosts that are gone drain.
   * @returns false when nothing differs: the same hosts in another order are the same hosts
   */
  setHosts(descriptions: readonly HostDescription[]): boolean {
    const before = this.hosts;
    const after = mergeHosts(
      descriptions,
      before,
      (identity) => this.hosts.get(identity) ?? this.previous?.hosts.get(identity),
    );
    if (sameHosts(before, after)) return false;
    this.hosts = after;
    this.hostSet = createHostSet([...after.values()]);
    this.loadBalancer = this.balancers(this.hostSet, this.loadBalancer);
    this.changes += changedPriorities(before, after);
    if (this.isActive) this.publish();
    return true;
  }

  /** Puts the cluster in the place of the previous one. */
  activate(): void {
    if (this.isActive) return;
    // Against what it takes the place of; the first of its name counts what happened while it looked for its hosts.
    if (this.previous !== undefined) this.changes = changedPriorities(this.previous.hosts, this.hosts);
    this.isActive = true;
    this.connections.owner = this;
    if (this.material !== undefined) this.connections.tls?.set(this.material);
    this.previous = undefined;
    this.publish();
  }

  private publish(): void {
    this.connections.pools.retain(this.hostSet.hosts);
    this.connections.namedPools.retain(this.hostSet.hosts);
    this.membershipChange.add(this.changes);
    this.changes = 0;
    this.membershipTotal.set(this.hostSet.hosts.length);
    this.membershipHealthy.set(this.hostSet.healthyHosts.length);
  }

  /** The cluster has left the configuration, or another one has taken its place. */
  drain(): void {
    if (this.connections.owner !== this) return;
    this.connections.pools.drain();
    this.connections.namedPools.drain();
  }

  /** Of a cluster that has left for good: its gauges say so. */
  retire(): void {
    this.drain();
    this.membershipTotal.set(0);
    this.membershipHealthy.set(0);
  }

  close(): void {
    if (this.connections.owner !== this) return;
    this.connections.pools.close();
    this.connections.namedPools.close();
  }
}
