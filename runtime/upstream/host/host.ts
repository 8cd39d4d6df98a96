/**
 * One upstream host and the immutable list of them that a request takes and keeps.
 */
import type { HostHealth } from './host-health.js';
import type { Fields } from '../../common/message-fields.js';

/** An address that can be connected to: an IP with port, or the path of a Unix socket. */
export type UpstreamAddress =
  | { readonly kind: 'ip'; readonly ip: string; readonly port: number }
  | { readonly kind: 'pipe'; readonly path: string };

/** Counters of one host as `/clusters` prints them. Written by the connection pool and the router. */
export interface HostStats {
  cxTotal: number;
  cxActive: number;
  cxConnectFail: number;
  rqTotal: number;
  rqActive: number;
  rqSuccess: number;
  rqError: number;
  rqTimeout: number;
  rqPendingActive: number;
}

/**
 * A host lives as long as any host set of any configuration generation holds it: the same address keeps the same
 * object over refreshes, so that pools, counters and health carry over.
 */
export interface Host {
  readonly address: UpstreamAddress;
  /** `127.0.0.1:80`, `[::1]:80` or the path of a pipe. */
  readonly addressText: string;
  /** The name that was resolved or configured; empty when the configuration has an address. */
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly zone: string;
  readonly region: string;
  readonly subZone: string;
  /** `LbEndpoint.health_status`: what the configuration says of its health. */
  readonly healthStatus: string;
  /** What is known of its health now; changes while snapshots do not. */
  readonly health: HostHealth;
  /** May be used, and is preferred. */
  readonly healthy: boolean;
  /** May be used when there are too few healthy ones; never true for a healthy host. */
  readonly degraded: boolean;
  /** Does not count when it is asked how much of a cluster is healthy. */
  readonly excluded: boolean;
  /** How active health checks reach it. */
  readonly healthCheck: HealthCheckTarget;
  /** `load_balancing_weight` of its locality; 0 or absent when it has none. */
  readonly localityWeight?: number;
  /** Metadata of the namespace `envoy.lb`. */
  readonly lbMetadata?: Fields;
  readonly stats: HostStats;
}

/** `Endpoint.health_check_config`. */
export interface HealthCheckTarget {
  /** Where checks go to. */
  readonly address: UpstreamAddress;
  /** `host` or `:authority` of checks; `''`: what the check or the cluster says. */
  readonly hostname: string;
  /** `disable_active_health_check` */
  readonly disabled: boolean;
  /** `LbEndpoint.metadata`, told in the log of health events; undefined when it has none. */
  readonly metadata: unknown;
}

/** Immutable; a change is a new set. */
export interface HostSet {
  readonly hosts: readonly Host[];
  readonly healthyHosts: readonly Host[];
  readonly degradedHosts: readonly Host[];
  readonly excludedHosts: readonly Host[];
}
