/**
 * A configuration on its way into force: everything built beside what serves, put in force in one turn, or forgotten.
 */
import type { envoy_config_bootstrap_v3_Bootstrap as Bootstrap } from '../../dsl/api/generated/types.js';
import { messageOf, messagesOf } from '../common/message-fields.js';
import type { LoadedConfig } from '../config/config-loader.js';
import { ConfigLoadError } from '../config/config-loader.js';
import type { ListenerContext, ListenerManager, ListenerUpdate } from '../listener/listener-manager.js';
import { ConfigError } from '../network/filter.js';
import type { ClusterUpdate, ReloadableClusterManager } from '../upstream/cluster-manager.js';

export interface Generation {
  readonly bootstrap: Bootstrap;
  /** Resolves when every new cluster has its first hosts, or has failed to get them once. */
  readonly warmed: Promise<void>;
  /** Binds new addresses. @throws Error when one cannot be had */
  bind(): Promise<void>;
  /** @returns what changed, a line each */
  commit(): readonly string[];
  discard(): void;
}

/** @throws ConfigLoadError with the position of what is wrong; nothing was changed then */
export function prepareGeneration(
  config: LoadedConfig,
  clusters: ReloadableClusterManager,
  listeners: ListenerManager,
  context: Omit<ListenerContext, 'hasCluster'>,
): Generation {
  const resources = messageOf(config.bootstrap.static_resources);
  const clusterConfigs = messagesOf(resources.clusters);
  const names = new Set(clusterConfigs.map(({ name }) => String(name)));
  let clusterUpdate: ClusterUpdate | undefined;
  let listenerUpdate: ListenerUpdate;
  try {
    clusterUpdate = clusters.prepare(clusterConfigs as never);
    listenerUpdate = listeners.prepare(messagesOf(resources.listeners), {
      ...context,
      hasCluster: (name) => names.has(name),
    });
  } catch (error) {
    clusterUpdate?.discard();
    if (error instanceof ConfigError) throw new ConfigLoadError([config.describe(error.path, error.message)]);
    throw error;
  }
  const ready = clusterUpdate;
  return {
    bootstrap: config.bootstrap,
    warmed: ready.warmed,
    bind: () => listenerUpdate.bind(),
    commit() {
      ready.commit();
      return listenerUpdate.commit();
    },
    discard() {
      listenerUpdate.discard();
      ready.discard();
    },
  };
}
