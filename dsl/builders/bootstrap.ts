import type { Admin, Bootstrap, Cluster, Node, Secret, StatsSink } from '../types.js';
import { collectClusters } from './carried-clusters.js';
import type { ListenerOf, NamedCluster } from './names.js';

export interface BootstrapOptions<Names extends string, References extends Names> {
  readonly node?: Node;
  readonly admin?: Admin;
  readonly listeners: readonly ListenerOf<References>[];
  /** Clusters that routes name, besides those that routes carry by value. */
  readonly clusters?: readonly NamedCluster<Names>[];
  /** Secrets that `secretRef` names. */
  readonly secrets?: readonly Secret[];
  /** From `statsd` and `dogStatsd`. */
  readonly statsSinks?: readonly StatsSink[];
  /** Any other field of `Bootstrap`; it wins over what the builder sets. */
  readonly raw?: Partial<Bootstrap>;
}

/** Two objects that are one cluster: built twice from the same words. */
function sameCluster(one: Cluster, other: Cluster): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/** @throws when two different clusters have one name */
function uniqueClusters(clusters: Iterable<Cluster>): Cluster[] {
  const byName = new Map<string, Cluster>();
  for (const cluster of clusters) {
    const before = byName.get(cluster.name);
    if (before !== undefined && !sameCluster(before, cluster)) {
      throw new Error(`two different clusters have the name '${cluster.name}'; rename one of them`);
    }
    byName.set(cluster.name, before ?? cluster);
  }
  return [...byName.values()];
}

/**
 * The whole configuration. Clusters that routes carry by value are collected, each once; a route to a name that
 * `clusters` does not have is a type error.
 * @throws when two different clusters have one name
 */
export function bootstrap<const Names extends string = never, const References extends Names = never>(
  options: BootstrapOptions<Names, References>,
): Bootstrap {
  const { admin, clusters = [], listeners, node, raw, secrets, statsSinks } = options;
  const all = uniqueClusters([...clusters, ...collectClusters([listeners, statsSinks])]);
  return {
    ...(node === undefined ? {} : { node }),
    ...(admin === undefined ? {} : { admin }),
    static_resources: { listeners, clusters: all, ...(secrets === undefined ? {} : { secrets }) },
    ...(statsSinks === undefined ? {} : { stats_sinks: statsSinks }),
    ...raw,
  };
}
