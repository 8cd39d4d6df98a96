/**
 * What all cluster types share: the snapshots that requests take, and their change as hosts come and go.
 *
 * A cluster is built beside the one of the same name that is in force, and looks for its hosts there. Until `activate` it
 * touches nothing that the other uses: neither its pools nor its membership statistics.
 */
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../../dsl/api/generated/types.js';
import type { Clock } from '../../common/clock.js';
import type { LimitShare } from '../../common/limit-share.js';
import type { LoggerRegistry } from '../../common/logger.js';
import { messageOf, textOf } from '../../common/message-fields.js';
import type { Protocol } from '../../http/codec.js';
import { lazyHttp2Stats } from '../../http/http2/http2-stats.js';
import { under } from '../../network/config-path.js';
import type { DnsResolver } from '../../network/dns/dns-resolver.js';
import { expiredCertificates } from '../../network/tls/expired-certificates.js';
import type { RotatingTls } from '../../network/tls/material.js';
import type { StaticSecrets } from '../../network/tls/secrets.js';
import { createSslStats } from '../../network/tls/ssl-stats.js';
import type { Counter, Gauge, StatsScope } from '../../stats/stat.js';
import type { ConnectionPool } from '../connection-pool/connection-pool.js';
import { createTcpConnector } from '../connection-pool/create-tcp-connector.js';
import type { TcpConnector } from '../connection-pool/tcp-connector.js';
import { HostPools } from '../connection-pool/host-pools.js';
import { NamedPools } from '../connection-pool/named-pools.js';
import { createRefusingPool } from '../connection-pool/refusing-pool.js';
import type { HostDescription } from '../host/create-host.js';
import { createHostSet, renewHost } from '../host/create-host.js';
import type { Host, HostSet } from '../host/host.js';
import { keepHealthyHosts } from '../host/keep-healthy-hosts.js';
import type { HostsByIdentity } from '../host/merge-hosts.js';
import { changedPriorities, mergeHosts, sameHosts } from '../host/merge-hosts.js';
import { readBalancingPolicy } from '../load-balancing/balancing-policy.js';
import { createBalancerStats } from '../load-balancing/create-balancer-stats.js';
import { createLoadBalancerFactory } from '../load-balancing/create-load-balancer.js';
import type {
  LoadBalancer,
  LoadBalancerFactory,
  LocalCluster,
  Locality,
} from '../load-balancing/load-balancer.js';
import type { OutlierAverages } from '../outlier/outlier-detector.js';
import type { ResourceUsage } from './circuit-breaker.js';
import { CircuitBreaker, checkBreakers } from './circuit-breaker.js';
import type {
  CircuitBreakerLimits,
  Cluster,
  ClusterResources,
  ClusterStats,
  RoutingPriority,
} from './cluster.js';
import type { ConnectionSettings } from './connection-settings.js';
import { connectionKey, connectionSettings } from './connection-settings.js';
import { tcpConnectionSettings } from './tcp-connection-settings.js';
import {
  innerTransportSocket,
  innerTransportSocketPath,
  speaksProxyProtocol,
} from './upstream-proxy-protocol.js';
import { clusterStatPrefix, createClusterStats } from './create-cluster-stats.js';
import type { HostPair, HostWatchDependencies } from './host-watch.js';
import { HostWatch } from './host-watch.js';
import { requestedNames } from './requested-names.js';
import type { RequestedNames, UpstreamTlsMaterial } from './upstream-tls.js';
import { UpstreamTls, upstreamTls } from './upstream-tls.js';

const httpNeedsEnvoy = 'upstream_proxy_protocol:_HTTP_needs_real_Envoy';

export interface ClusterDependencies extends HostWatchDependencies {
  readonly clock: Clock;
  readonly stats: StatsScope;
  /** Forgets statistics that nobody has any more. Default: they stay. */
  readonly removeStats?: (isGone: (name: string) => boolean) => void;
  /** Of [0, 1). */
  readonly random: () => number;
  /** `node.locality`, for zone aware routing. */
  readonly ownLocality?: () => Locality | undefined;
  /** The cluster that this proxy itself belongs to; undefined when the bootstrap names none. */
  readonly localCluster?: () => LocalCluster | undefined;
  /** Who is told about names that do not resolve (`upstream`). */
  readonly loggers?: LoggerRegistry;
  /** `static_resources.secrets` */
  readonly secrets?: StaticSecrets;
  /** Of circuit breakers. Default: all of them. */
  readonly shareOfLimit?: LimitShare;
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
  readonly tcp: TcpConnector;
  /** Connections begin with what one client is told of, so that requests cannot share them. */
  readonly isForOctets: boolean;
  /** Who may let pools drain. */
  owner: HostChangingCluster;
}

/** @throws ConfigError with the path inside the cluster */
function readTls(config: unknown, secrets: StaticSecrets): UpstreamTlsMaterial | undefined {
  const { transport_socket: transportSocket } = messageOf(config);
  return under(
    () => upstreamTls(innerTransportSocket(transportSocket), secrets),
    ...innerTransportSocketPath(transportSocket),
  );
}

export class HostChangingCluster implements Cluster {
  readonly name: string;
  readonly observabilityName: string;
  /** `cluster.<name>.` */
  readonly statPrefix: string;
  readonly config: ClusterConfig;
  readonly stats: ClusterStats;
  hostSet: HostSet = createHostSet([]);
  private hosts: HostsByIdentity = new Map();
  private readonly balancers: LoadBalancerFactory;
  private balancer: LoadBalancer;
  /** The balancer is for hosts of before: it is made anew when somebody asks. */
  private isStale = false;
  private readonly connections: Connections;
  private secrets: StaticSecrets;
  /** Comes into force with the cluster; undefined for plain text. */
  private readonly material: UpstreamTlsMaterial | undefined;
  readonly namesOf: Cluster['namesOf'];
  private readonly membershipChange: Counter;
  private readonly membershipTotal: Gauge;
  private readonly membershipHealthy: Gauge;
  private readonly membershipDegraded: Gauge;
  private readonly membershipExcluded: Gauge;
  private readonly watch: HostWatch;
  private readonly maxHostWeight: Gauge;
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
    const { clock, localCluster, ownLocality, random, stats } = dependencies;
    const fields = messageOf(config);
    this.config = config;
    this.name = textOf(fields.name);
    this.observabilityName = textOf(fields.alt_stat_name) || this.name;
    this.statPrefix = clusterStatPrefix(this.name, textOf(fields.alt_stat_name));
    this.previous = previous;
    // Whatever may be refused comes first: a refused cluster leaves no statistics behind.
    const policy = readBalancingPolicy(config);
    checkBreakers(config);
    const key = connectionKey(config);
    this.secrets = dependencies.secrets ?? [];
    this.material = readTls(config, this.secrets);
    this.namesOf = requestedNames(config);
    const kept = previous?.connections.key === key ? previous.connections : undefined;
    const http2Stats = lazyHttp2Stats(`${this.statPrefix}http2.`, stats);
    const settings =
      kept?.settings ??
      connectionSettings(config, this.material !== undefined, dependencies.clock, random, http2Stats);
    this.watch = this.createWatch(dependencies, settings);
    this.stats =
      previous?.statPrefix === this.statPrefix
        ? previous.stats
        : createClusterStats(this.statPrefix, stats, ownLocality?.()?.zone);
    this.connections = kept ?? this.connect(key, settings, dependencies);
    this.balancers = createLoadBalancerFactory(policy, {
      random,
      now: () => clock.now(),
      stats: createBalancerStats(this.statPrefix, stats),
      activeRequests: () => this.stats.upstreamRqActive.value,
      ownLocality: ownLocality?.(),
      localCluster: localCluster?.(),
    });
    this.balancer = this.balancers(this.hostSet, undefined);
    this.membershipChange = stats.counter(`${this.statPrefix}membership_change`);
    this.membershipTotal = stats.gauge(`${this.statPrefix}membership_total`);
    this.membershipHealthy = stats.gauge(`${this.statPrefix}membership_healthy`);
    this.membershipDegraded = stats.gauge(`${this.statPrefix}membership_degraded`);
    this.membershipExcluded = stats.gauge(`${this.statPrefix}membership_excluded`);
    this.maxHostWeight = stats.gauge(`${this.statPrefix}max_host_weight`);
  }

  private createWatch(dependencies: ClusterDependencies, { http1 }: ConnectionSettings): HostWatch {
    const tls = this.material === undefined ? undefined : () => this.upstreamTls as UpstreamTls;
    return new HostWatch(this.config, dependencies, {
      statPrefix: this.statPrefix,
      http1,
      tls,
      hasTraffic: () => {
        const { upstreamCxRxBytesTotal, upstreamCxTotal, upstreamCxTxBytesTotal } = this.stats;
        return upstreamCxTotal.used || upstreamCxTxBytesTotal.used || upstreamCxRxBytesTotal.used;
      },
      onChange: (host, isFailure) => this.onHealthChange(host, isFailure),
    });
  }

  /** Resolves when each new host was checked once; never rejects. */
  get firstHealthRound(): Promise<void> {
    return this.watch.firstRound;
  }

  get outlierAverages(): OutlierAverages | undefined {
    return this.watch.outlierAverages;
  }

  private connect(
    key: string,
    settings: ConnectionSettings,
    { clock, loggers, shareOfLimit, stats }: ClusterDependencies,
  ): Connections {
    const breaker = (priority: RoutingPriority) =>
      new CircuitBreaker(this.config, priority, this.statPrefix, stats, shareOfLimit);
    const breakers = { DEFAULT: breaker('DEFAULT'), HIGH: breaker('HIGH') };
    const tls =
      this.material === undefined
        ? undefined
        : new UpstreamTls(
            this.material,
            createSslStats(this.statPrefix, stats, 'client'),
            (certificates) => {
              const log = loggers?.get('upstream');
              for (const text of expiredCertificates(certificates, clock.wallTime())) {
                log?.warning(`cluster '${this.name}': ${text}`);
              }
            },
            loggers?.get('connection'),
          );
    const shared = { ...settings, clock, stats: this.stats, tls };
    const poolsFor = (names: RequestedNames) =>
      new HostPools({
        DEFAULT: { ...shared, names, limits: breakers.DEFAULT.limits, usage: breakers.DEFAULT },
        HIGH: { ...shared, names, limits: breakers.HIGH.limits, usage: breakers.HIGH },
      });
    const tcp = createTcpConnector({
      ...tcpConnectionSettings(this.config, settings, this.statPrefix, stats),
      clock,
      stats: this.stats,
      limits: breakers.DEFAULT.limits,
      usage: breakers.DEFAULT,
      tls,
    });
    return {
      key,
      settings,
      breakers,
      tls,
      pools: poolsFor({}),
      namedPools: new NamedPools(poolsFor),
      tcp,
      isForOctets: speaksProxyProtocol(messageOf(this.config).transport_socket),
      owner: this,
    };
  }

  /** Many hosts may change at once, and a balancer may be a large table: it is made once for all of them. */
  get loadBalancer(): LoadBalancer {
    if (this.isStale) {
      this.isStale = false;
      this.balancer = this.balancers(this.hostSet, this.balancer);
    }
    return this.balancer;
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
    const material = readTls(this.config, secrets);
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

  get tcp(): TcpConnector {
    return this.connections.tcp;
  }

  resources(priority: RoutingPriority): ClusterResources {
    return this.connections.breakers[priority];
  }

  pool(
    host: Host,
    priority: RoutingPriority = 'DEFAULT',
    downstream?: Protocol,
    names?: RequestedNames,
  ): ConnectionPool {
    const { isForOctets, namedPools, owner, settings } = this.connections;
    if (isForOctets) return createRefusingPool(host, httpNeedsEnvoy);
    const asHttp2 = settings.followsDownstream && downstream === 'HTTP/2';
    const pools = names === undefined ? this.connections.pools : namedPools.get(names);
    return pools.get(host, priority, owner.hasEndpoint(host), asHttp2);
  }

  get hasPoolFor(): ((host: Host, priority: RoutingPriority) => boolean) | undefined {
    const { breakers } = this.connections;
    const isLimited = [breakers.DEFAULT, breakers.HIGH].some(
      ({ limits }) => limits.maxConnectionPools !== Number.POSITIVE_INFINITY,
    );
    return isLimited ? this.roomFor : undefined;
  }

  private readonly roomFor = (host: Host, priority: RoutingPriority): boolean => {
    const { breakers, pools } = this.connections;
    if (pools.hasRoomFor(host, priority, breakers[priority].limits.maxConnectionPools)) return true;
    this.stats.upstreamCxPoolOverflow.inc();
    return false;
  };

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
    const merged = mergeHosts(
      descriptions,
      before,
      (identity) => this.hosts.get(identity) ?? this.fromBefore(identity),
    );
    const after = this.watch.keepsHealthyHosts ? keepHealthyHosts(merged, before) : merged;
    if (sameHosts(before, after)) return false;
    this.hosts = after;
    this.watch.update([...after.values()], this.pairs());
    this.hostSet = createHostSet([...after.values()]);
    this.isStale = true;
    this.changes += changedPriorities(before, after);
    if (this.isActive) this.publish();
    return true;
  }

  /** The endpoint as the generation before has it, with a health of its own where either of them watches it. */
  private fromBefore(identity: string): Host | undefined {
    const host = this.previous?.hosts.get(identity);
    if (host === undefined) return undefined;
    return this.watch.isWatching || this.previous?.watch.isWatching === true ? renewHost(host) : host;
  }

  /** Hosts that the generation before has, too, with a health of their own there. */
  private pairs(): HostPair[] {
    const pairs: HostPair[] = [];
    for (const [identity, now] of this.hosts) {
      const before = this.previous?.hosts.get(identity);
      if (before !== undefined && before.health !== now.health) pairs.push({ now, before });
    }
    return pairs;
  }

  /** The same hosts, of which others may be used now. */
  private rebalance(): void {
    this.hostSet = createHostSet(this.hostSet.hosts);
    this.isStale = true;
  }

  private onHealthChange(host: Host, isFailure: boolean): void {
    // While it warms nobody asks; it is done once for all of them when the cluster comes into force.
    if (!this.isActive) return;
    this.rebalance();
    this.publishHealth();
    if (!isFailure) return;
    // A new set of connections may have better luck.
    this.connections.pools.renew(host);
    this.connections.namedPools.renew(host);
    host.health.tellFailure();
  }

  /** Puts the cluster in the place of the previous one. */
  activate(): void {
    if (this.isActive) return;
    // Against what it takes the place of; the first of its name counts what happened while it looked for its hosts.
    if (this.previous !== undefined) this.changes = changedPriorities(this.previous.hosts, this.hosts);
    this.watch.start(this.pairs(), this.previous?.watch);
    this.rebalance();
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
    this.publishHealth();
    // Envoy tells it of clusters whose hosts change, only.
    if (this.config.type === 'STRICT_DNS') {
      this.maxHostWeight.set(this.hostSet.hosts.reduce((most, { weight }) => Math.max(most, weight), 0));
    }
  }

  private publishHealth(): void {
    const { degradedHosts, excludedHosts, healthyHosts } = this.hostSet;
    this.membershipHealthy.set(healthyHosts.length);
    this.membershipDegraded.set(degradedHosts.length);
    this.membershipExcluded.set(excludedHosts.length);
  }

  /** Ends checks and detection; the generation that comes has taken over what they know. */
  stopWatching(): void {
    this.watch.stop();
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
    this.membershipDegraded.set(0);
    this.membershipExcluded.set(0);
  }

  close(): void {
    if (this.connections.owner !== this) return;
    this.connections.pools.close();
    this.connections.namedPools.close();
  }
}
