import type { HostChangingCluster } from './host-changing-cluster.js';

/** A cluster with the handles of its owner. */
export interface OwnedCluster {
  readonly cluster: HostChangingCluster;
  /** Resolves when it has its first hosts, or has failed to get them once; never rejects. */
  readonly warmed: Promise<void>;
  /**
   * The addresses that each configured name (`name:port`) has now. The same name in the next generation begins with them,
   * so that a change of the configuration while no name server answers takes no host away.
   */
  readonly resolved: ReadonlyMap<string, readonly string[]>;
  /** Stops to look for hosts. */
  stop(): void;
}
