/**
 * One upstream host and the immutable list of them that a request takes and keeps.
 */
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
  /** `load_balancing_weight` of its locality; 0 or absent when it has none. */
  readonly localityWeight?: number;
  /** Metadata of the namespace `envoy.lb`. */
  readonly lbMetadata?: Fields;
  healthy: boolean;
  readonly stats: HostStats;
}

/** Immutable; a change is a new set. */
export interface HostSet {
  readonly hosts: readonly Host[];
  readonly healthyHosts: readonly Host[];
}
