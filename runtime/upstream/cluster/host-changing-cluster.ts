/**
 * What all cluster types share: the snapshots that requests take, and their change as hosts come and go.
 */
import type { ConnectionOptions } from 'node:tls';
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../../dsl/api/generated/types.js';
import type { Clock } from '../../common/clock.js';
import { durationOf, messageOf, numberOf } from '../../common/message-fields.js';
import { clientProtocolOptions, http1ClientDefaults } from '../../http/http1/http1-options.js';
import type { Counter, Gauge, StatsScope } from '../../stats/stat.js';
import type { ConnectionPool } from '../connection-pool/connection-pool.js';
import type { PoolOptions } from '../connection-pool/http1-pool.js';
import { createHttp1Pool } from '../connection-pool/http1-pool.js';
import type { HostAttributes } from '../host/create-host.js';
import { addressText, createHost, createHostSet, sameHost } from '../host/create-host.js';
import type { Host, HostSet, UpstreamAddress } from '../host/host.js';
import { createLoadBalancerFactory } from '../load-balancing/create-load-balancer.js';
import type { LoadBalancer, LoadBalancerFactory } from '../load-balancing/load-balancer.js';
import type { ResourceUsage } from './circuit-breaker.js';
import { circuitBreakerLimits } from './circuit-breaker.js';
import type { CircuitBreakerLimits, Cluster, ClusterStats } from './cluster.js';
import { createClusterStats } from './create-cluster-stats.js';
import { upstreamTls } from './upstream-tls.js';

export interface ClusterDependencies {
  readonly clock: Clock;
  readonly stats: StatsScope;
  /** Of [0, 1). */
  readonly random: () => number;
}

/** A host as the configuration or the DNS says it is. */
export interface HostDescription {
  readonly address: UpstreamAddress;
  readonly attributes: HostAttributes;
}

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const oneHourMs = 3_600_000;

export class HostChangingCluster implements Cluster {
  readonly name: string;
  readonly config: ClusterConfig;
  readonly stats: ClusterStats;
  readonly limits: CircuitBreakerLimits;
  readonly usage: ResourceUsage = { connections: 0, pendingRequests: 0, requests: 0, retries: 0 };
  readonly connectTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly upstreamTls: ConnectionOptions | undefined;
  hostSet: HostSet = createHostSet([]);
  loadBalancer: LoadBalancer;
  private readonly balancers: LoadBalancerFactory;
  private readonly poolOptions: PoolOptions;
  private readonly pools = new Map<Host, ConnectionPool>();
  private readonly membershipChange: Counter;
  private readonly membershipTotal: Gauge;
  private readonly membershipHealthy: Gauge;
  /** Hosts of the generation before, whose counters and health go on. */
  private readonly known = new Map<string, Host>();
  private drained = false;

  /** @throws ConfigError with the path inside the cluster */
  constructor(config: ClusterConfig, dependencies: ClusterDependencies, previous: Cluster | undefined) {
    const { clock, random, stats } = dependencies;
    const fields = messageOf(config);
    const options = messageOf(messageOf(fields.typed_extension_protocol_options)[optionsName]);
    const common = messageOf(options.common_http_protocol_options ?? fields.common_http_protocol_options);
    const explicit = messageOf(options.explicit_http_config);
    const http1 = explicit.http_protocol_options ?? fields.http_protocol_options;
    this.config = config;
    this.name = String(fields.name);
    this.stats = createClusterStats(this.name, stats);
    this.limits = circuitBreakerLimits(config);
    this.connectTimeoutMs = durationOf(fields.connect_timeout, 5000);
    this.idleTimeoutMs = durationOf(common.idle_timeout, oneHourMs);
    this.upstreamTls = upstreamTls(fields.transport_socket);
    this.balancers = createLoadBalancerFactory(config, random);
    this.loadBalancer = this.balancers(this.hostSet, undefined);
    this.poolOptions = {
      clock,
      stats: this.stats,
      limits: this.limits,
      usage: this.usage,
      http1: {
        ...http1ClientDefaults,
        ...clientProtocolOptions(http1 === undefined ? undefined : messageOf(http1)),
        maxHeadersCount: numberOf(common.max_headers_count, http1ClientDefaults.maxHeadersCount),
        bufferLimitBytes: numberOf(
          fields.per_connection_buffer_limit_bytes,
          http1ClientDefaults.bufferLimitBytes,
        ),
        clock,
      },
      tls: this.upstreamTls,
      connectTimeoutMs: this.connectTimeoutMs,
      idleTimeoutMs: this.idleTimeoutMs,
      maxRequestsPerConnection: numberOf(
        common.max_requests_per_connection ?? fields.max_requests_per_connection,
        0,
      ),
    };
    const prefix = `cluster.${this.name}.`;
    this.membershipChange = stats.counter(`${prefix}membership_change`);
    this.membershipTotal = stats.gauge(`${prefix}membership_total`);
    this.membershipHealthy = stats.gauge(`${prefix}membership_healthy`);
    for (const one of ['membership_degraded', 'membership_excluded', 'version']) stats.gauge(prefix + one);
    for (const host of previous?.hostSet.hosts ?? []) this.known.set(host.addressText, host);
  }

  pool(host: Host): ConnectionPool {
    let pool = this.pools.get(host);
    if (pool === undefined) {
      pool = createHttp1Pool(host, this.poolOptions);
      this.pools.set(host, pool);
      // A request that took the host before it left still gets its stream.
      if (this.drained || !this.hostSet.hosts.includes(host)) pool.drain();
    }
    return pool;
  }

  /** Puts a new host set in force; pools of hosts that are gone drain. Does nothing when nothing differs. */
  setHosts(descriptions: readonly HostDescription[]): void {
    const before = this.hostSet.hosts;
    const current = new Map([...this.known, ...before.map((host) => [host.addressText, host] as const)]);
    this.known.clear();
    const hosts = new Map<string, Host>();
    for (const { address, attributes } of descriptions) {
      const key = addressText(address);
      if (hosts.has(key)) continue;
      const old = current.get(key);
      if (old !== undefined && sameHost(old, attributes)) hosts.set(key, old);
      else {
        const host = createHost(address, attributes);
        if (old !== undefined) host.healthy = old.healthy;
        hosts.set(key, old === undefined ? host : { ...host, stats: old.stats });
      }
    }
    const all = new Set(hosts.values());
    // DNS gives its answers in any order: hosts that stay keep their places, so that the turn of round robin goes on.
    const after = before.filter((host) => all.has(host));
    if (after.length === before.length && all.size === before.length) return;
    for (const host of all) if (!before.includes(host)) after.push(host);
    this.hostSet = createHostSet(after);
    this.loadBalancer = this.balancers(this.hostSet, this.loadBalancer);
    this.membershipChange.inc();
    this.membershipTotal.set(after.length);
    this.membershipHealthy.set(this.hostSet.healthyHosts.length);
    for (const host of before) {
      if (after.includes(host)) continue;
      this.pools.get(host)?.drain();
      this.pools.delete(host);
    }
  }

  /** The cluster has left the configuration. */
  drain(): void {
    this.drained = true;
    for (const pool of this.pools.values()) pool.drain();
  }

  close(): void {
    this.drained = true;
    for (const pool of this.pools.values()) pool.close();
  }
}
