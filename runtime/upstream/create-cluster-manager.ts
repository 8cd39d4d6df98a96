import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../dsl/api/generated/types.js';
import { ConfigError } from '../network/filter.js';
import type { OwnedCluster } from './cluster/create-cluster.js';
import { createCluster } from './cluster/create-cluster.js';
import type { ClusterDependencies } from './cluster/host-changing-cluster.js';
import type { ClusterUpdate, ReloadableClusterManager } from './cluster-manager.js';

/** @param dependencies what every cluster needs */
export function createClusterManager(dependencies: ClusterDependencies): ReloadableClusterManager {
  const { stats } = dependencies;
  const active = stats.gauge('cluster_manager.active_clusters');
  const added = stats.counter('cluster_manager.cluster_added');
  const modified = stats.counter('cluster_manager.cluster_modified');
  const removed = stats.counter('cluster_manager.cluster_removed');
  stats.gauge('cluster_manager.warming_clusters');
  let inForce = new Map<string, OwnedCluster>();
  let list = [...inForce.values()].map(({ cluster }) => cluster);

  function build(configs: readonly ClusterConfig[]): {
    next: Map<string, OwnedCluster>;
    fresh: OwnedCluster[];
  } {
    const next = new Map<string, OwnedCluster>();
    const fresh: OwnedCluster[] = [];
    for (const [index, config] of configs.entries()) {
      const name = String(config.name);
      const before = inForce.get(name);
      if (before !== undefined && JSON.stringify(before.cluster.config) === JSON.stringify(config)) {
        next.set(name, before);
        continue;
      }
      try {
        const made = createCluster(config, dependencies, before?.cluster);
        fresh.push(made);
        next.set(name, made);
      } catch (error) {
        for (const one of fresh) one.close();
        throw error instanceof ConfigError ? error.under('static_resources', 'clusters', index) : error;
      }
    }
    return { next, fresh };
  }

  return {
    get: (name) => inForce.get(name)?.cluster,
    all: () => list,
    prepare(configs): ClusterUpdate {
      const { fresh, next } = build(configs);
      return {
        warmed: Promise.all(fresh.map(({ warmed }) => warmed)).then(() => undefined),
        commit() {
          const before = inForce;
          inForce = next;
          list = [...next.values()].map(({ cluster }) => cluster);
          for (const [name, owned] of next) {
            const old = before.get(name);
            if (old === undefined) added.inc();
            else if (old !== owned) modified.inc();
          }
          for (const [name, owned] of before) {
            if (next.get(name) === owned) continue;
            owned.drain();
            if (!next.has(name)) removed.inc();
          }
          active.set(next.size);
        },
        discard() {
          for (const one of fresh) one.close();
        },
      };
    },
    close() {
      for (const one of inForce.values()) one.close();
    },
  };
}
