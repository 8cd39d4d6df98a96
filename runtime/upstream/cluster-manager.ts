/**
 * All clusters of a server, and their change as a whole on a reload: build beside, warm, swap in one turn.
 */
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../dsl/api/generated/types.js';
import type { RotatingTls } from '../network/tls/material.js';
import type { StaticSecrets } from '../network/tls/secrets.js';
import type { ClusterManager } from './cluster/cluster.js';

/** The clusters of a new configuration, built beside those in force. Exactly one of `commit` and `discard` is called. */
export interface ClusterUpdate {
  /** Resolves when each new cluster has its first hosts, or has failed to get them once; never rejects. */
  readonly warmed: Promise<void>;
  /** Puts them in force, synchronously. Equal clusters stay as they are; those that are gone drain. */
  commit(): void;
  /** Forgets the new ones. */
  discard(): void;
}

export interface ReloadableClusterManager extends ClusterManager {
  /**
   * @param settings `Bootstrap.cluster_manager`
   * @param secrets of the bootstrap; default: none
   * @throws ConfigError with the path from the bootstrap on; nothing has changed then
   */
  prepare(configs: readonly ClusterConfig[], settings?: unknown, secrets?: StaticSecrets): ClusterUpdate;
  /** TLS of those in force, to be made anew when its files change. */
  rotatingTls(): readonly RotatingTls[];
  /** Closes everything at once. */
  close(): void;
}
