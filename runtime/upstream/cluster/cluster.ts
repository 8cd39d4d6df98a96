/**
 * The contract of a cluster as the data plane sees it.
 */
import type { Protocol } from '../../http/codec.js';
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../../dsl/api/generated/types.js';
import type { RequestHead } from '../../http/codec.js';
import type { Counter, Gauge, Histogram } from '../../stats/stat.js';
import type { Host, HostSet } from '../host/host.js';
import type { ConnectionPool } from '../connection-pool/connection-pool.js';
import type { TcpConnector } from '../connection-pool/tcp-connector.js';
import type { LoadBalancer } from '../load-balancing/load-balancer.js';
import type { OutlierAverages } from '../outlier/outlier-detector.js';
import type { ResourceUsage } from './circuit-breaker.js';
import type { RequestedNames, UpstreamTls } from './upstream-tls.js';

/** Statistics of `cluster.<name>.` that the request path touches; names are the field names in snake_case. */
export interface ClusterStats {
  readonly upstreamCxTotal: Counter;
  readonly upstreamCxActive: Gauge;
  readonly upstreamCxHttp1Total: Counter;
  readonly upstreamCxHttp2Total: Counter;
  readonly upstreamCxConnectFail: Counter;
  readonly upstreamCxConnectTimeout: Counter;
  readonly upstreamCxDestroy: Counter;
  readonly upstreamCxDestroyRemote: Counter;
  readonly upstreamCxDestroyLocal: Counter;
  readonly upstreamCxDestroyWithActiveRq: Counter;
  readonly upstreamCxDestroyRemoteWithActiveRq: Counter;
  readonly upstreamCxDestroyLocalWithActiveRq: Counter;
  readonly upstreamCxOverflow: Counter;
  /** `max_connect_attempts` of a TCP proxy. */
  readonly upstreamCxConnectAttemptsExceeded: Counter;
  /** `max_connection_pools` was reached. */
  readonly upstreamCxPoolOverflow: Counter;
  readonly upstreamCxNoneHealthy: Counter;
  readonly upstreamCxMaxRequests: Counter;
  readonly upstreamCxMaxDurationReached: Counter;
  readonly upstreamCxIdleTimeout: Counter;
  /** The upstream said `connection: close`. */
  readonly upstreamCxCloseNotify: Counter;
  readonly upstreamCxRxBytesTotal: Counter;
  readonly upstreamCxTxBytesTotal: Counter;
  /** A host was not read because its client was too slow, and read again. */
  readonly upstreamFlowControlPausedReadingTotal: Counter;
  readonly upstreamFlowControlResumedReadingTotal: Counter;
  readonly upstreamCxConnectMs: Histogram;
  readonly upstreamCxLengthMs: Histogram;
  /** Requests that a connection has served, told when it closes. */
  readonly upstreamRqPerCx: Histogram;
  readonly upstreamRqTotal: Counter;
  readonly upstreamRqActive: Gauge;
  /** `max_requests` was reached. */
  readonly upstreamRqActiveOverflow: Counter;
  readonly upstreamRqPendingTotal: Counter;
  readonly upstreamRqPendingActive: Gauge;
  readonly upstreamRqPendingOverflow: Counter;
  readonly upstreamRqPendingFailureEject: Counter;
  readonly upstreamRqCancelled: Counter;
  readonly upstreamRqTimeout: Counter;
  readonly upstreamRqPerTryTimeout: Counter;
  readonly upstreamRqPerTryIdleTimeout: Counter;
  readonly upstreamRqRxReset: Counter;
  readonly upstreamRqTxReset: Counter;
  readonly upstreamRqRetry: Counter;
  readonly upstreamRqRetrySuccess: Counter;
  readonly upstreamRqRetryLimitExceeded: Counter;
  readonly upstreamRqRetryOverflow: Counter;
  readonly upstreamRqRetryBackoffExponential: Counter;
  readonly upstreamRqRetryBackoffRatelimited: Counter;
  /** A body was too long to be kept for another try. */
  readonly retryOrShadowAbandoned: Counter;
  readonly upstreamRqCompleted: Counter;
  /**
   * `upstream_rq_<code>`, `upstream_rq_<n>xx` and their `external.` twins, made on first use and kept.
   * @param internal the request came from inside (`x-envoy-internal`): `internal.` twins instead; false when absent
   * @param zone of the host: `zone.<own>.<zone>.` twins, when this proxy has a zone, too; `''` when absent
   * @param canary the host is a canary, or says so: `canary.` twins; false when absent
   */
  countResponse(code: number, internal?: boolean, zone?: string, canary?: boolean): void;
  /** `upstream_rq_time` and its twins, in milliseconds. */
  recordResponseTime(ms: number, internal: boolean, zone: string, canary: boolean): void;
  /** The same below a name that a caller asks for (`x-envoy-upstream-alt-stat-name`). */
  alternative(name: string): AlternativeStats;
  /** `retry.upstream_rq_<code>` ...: a response that was thrown away for another try. */
  countRetriedResponse(code: number): void;
}

/** Responses as some caller wants them to be counted; parameters as those of `ClusterStats`. */
export interface AlternativeStats {
  count(code: number, internal: boolean, zone: string, canary: boolean): void;
  record(ms: number, internal: boolean, zone: string, canary: boolean): void;
}

/** `RoutingPriority` of a route. Each has its own limits and connections. */
export type RoutingPriority = 'DEFAULT' | 'HIGH';

/** Limits of one priority, with Envoy's defaults (1024, 1024, 1024, 3). */
export interface CircuitBreakerLimits {
  readonly maxConnections: number;
  readonly maxPendingRequests: number;
  readonly maxRequests: number;
  readonly maxRetries: number;
  /** Hosts that may have connections at once; without limit by default. */
  readonly maxConnectionPools: number;
  /** `per_host_thresholds`; without limit by default. */
  readonly maxConnectionsPerHost: number;
}

/** What a priority may use of a cluster, and what it uses. */
export interface ClusterResources {
  readonly limits: CircuitBreakerLimits;
  readonly usage: ResourceUsage;
  /** Another retry may begin: by `max_retries`, or by the part of the requests that `retry_budget` allows. */
  readonly canRetry: boolean;
}

/**
 * A cluster in force. `hostSet` and `loadBalancer` are snapshots: a request reads each once and keeps what it read.
 */
export interface Cluster {
  readonly name: string;
  readonly config: ClusterConfig;
  readonly hostSet: HostSet;
  readonly loadBalancer: LoadBalancer;
  readonly stats: ClusterStats;
  /** Of the priority DEFAULT. */
  readonly limits: CircuitBreakerLimits;
  /** `connect_timeout` in milliseconds, 5000 when absent. */
  readonly connectTimeoutMs: number;
  /** Upstream idle timeout in milliseconds (`HttpProtocolOptions.common_http_protocol_options.idle_timeout`, default one hour; 0 = none). */
  readonly idleTimeoutMs: number;
  /** What the cluster uses of its limits now (priority DEFAULT); the router counts its retries there. */
  readonly usage: ResourceUsage;
  /** `alt_stat_name`, or the name: what `/clusters` shows and, with `:` made harmless, statistics are named after. */
  readonly observabilityName: string;
  /** What the outlier detector found at the end of the last interval; undefined without one. */
  readonly outlierAverages?: OutlierAverages | undefined;
  resources(priority: RoutingPriority): ClusterResources;
  /** Connects over TLS to its hosts (`envoy.transport_sockets.tls`), undefined for raw. */
  readonly upstreamTls: UpstreamTls | undefined;
  /**
   * The HTTP pool of one of its hosts: made on first use, drained when the host leaves the set or the cluster leaves the
   * configuration.
   * @param priority DEFAULT when absent
   * @param downstream protocol of the request, for a cluster that uses the same (`use_downstream_protocol_config`)
   * @param names what the request asks of TLS: its connections are for such requests only
   */
  pool(host: Host, priority?: RoutingPriority, downstream?: Protocol, names?: RequestedNames): ConnectionPool;
  /** What a request asks of TLS by the host that it is for (`auto_sni`); undefined when nothing. */
  readonly namesOf: ((head: RequestHead) => RequestedNames) | undefined;
  /** Connections without a codec, for the TCP proxy. They use the limits of the priority DEFAULT. */
  readonly tcp: TcpConnector;
  /**
   * Whether the host may have a pool, which `max_connection_pools` may forbid; counted when not. A pool whose connections
   * have all ended makes room. undefined: there is no limit.
   */
  readonly hasPoolFor?: ((host: Host, priority: RoutingPriority) => boolean) | undefined;
}

/** What the router asks. A request takes the cluster once and keeps it to its end. */
export interface ClusterManager {
  get(name: string): Cluster | undefined;
  all(): readonly Cluster[];
}
