/**
 * A configuration on its way into force: everything built beside what serves, put in force in one turn, or forgotten.
 */
import type { envoy_config_bootstrap_v3_Bootstrap as Bootstrap } from '../../dsl/api/generated/types.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import type { LoadedConfig } from '../config/config-loader.js';
import { ConfigLoadError } from '../config/config-loader.js';
import { readConnectionLimits } from '../listener/connection-limits.js';
import type { BoundSocket } from '../listener/listener-socket.js';
import type { ListenerContext, ListenerManager } from '../listener/listener-manager.js';
import { ConfigError } from '../network/filter.js';
import { speaksProxyProtocol } from '../upstream/cluster/upstream-proxy-protocol.js';
import type { ClusterUpdate, ReloadableClusterManager } from '../upstream/cluster-manager.js';

export interface Generation {
  readonly bootstrap: Bootstrap;
  /** Resolves when every new cluster has its first hosts, or has failed to get them once. */
  readonly warmed: Promise<void>;
  /** Binds new addresses. @throws Error when one cannot be had */
  bind(): Promise<void>;
  /** For each listener the sockets of its addresses. After `bind`. */
  sockets(): readonly (readonly BoundSocket[])[];
  /** @returns what changed, a line each */
  commit(): readonly string[];
  discard(): void;
}

/** Names of the clusters. @throws ConfigError for a second one of the same name, in Envoy's words */
function clusterNames(clusters: readonly Fields[]): ReadonlySet<string> {
  const names = new Set<string>();
  for (const [index, { name }] of clusters.entries()) {
    if (names.has(textOf(name))) {
      const path = ['static_resources', 'clusters', index, 'name'];
      throw new ConfigError(`cluster manager: duplicate cluster '${textOf(name)}'`, path);
    }
    names.add(textOf(name));
  }
  return names;
}

function namesOfOctetClusters(clusters: readonly Fields[]): ReadonlySet<string> {
  const found = clusters.filter(({ transport_socket }) => speaksProxyProtocol(transport_socket));
  return new Set(found.map(({ name }) => textOf(name)));
}

/** @throws ConfigError in Envoy's words */
function checkLocalCluster(bootstrap: Bootstrap, names: ReadonlySet<string>): void {
  const name = textOf(messageOf(messageOf(bootstrap).cluster_manager).local_cluster_name);
  if (name === '' || names.has(name)) return;
  throw new ConfigError(`local cluster '${name}' must be defined`, ['cluster_manager', 'local_cluster_name']);
}

/**
 * Filters keep this function. Made here, it keeps the names alive and nothing else of its generation, which would keep the
 * generation before alive, and so on.
 */
function lookup(names: ReadonlySet<string>): (name: string) => boolean {
  return (name) => names.has(name);
}

/** @throws ConfigLoadError with the position of what is wrong; nothing was changed then */
export function prepareGeneration(
  config: LoadedConfig,
  clusters: ReloadableClusterManager,
  listeners: ListenerManager,
  context: Omit<ListenerContext, 'hasCluster' | 'isForOctets' | 'connectionLimits'>,
): Generation {
  const resources = config.bootstrap.static_resources;
  let clusterUpdate: ClusterUpdate | undefined;
  try {
    const secrets = messagesOf(resources?.secrets);
    const names = clusterNames(messagesOf(resources?.clusters));
    checkLocalCluster(config.bootstrap, names);
    const preparedClusters = clusters.prepare(
      resources?.clusters ?? [],
      config.bootstrap.cluster_manager,
      secrets,
    );
    clusterUpdate = preparedClusters;
    const preparedListeners = listeners.prepare(messagesOf(messageOf(resources).listeners), {
      ...context,
      secrets,
      hasCluster: lookup(names),
      connectionLimits: readConnectionLimits(messageOf(config.bootstrap), context.shareOfLimit),
      isForOctets: lookup(namesOfOctetClusters(messagesOf(resources?.clusters))),
    });
    return {
      bootstrap: config.bootstrap,
      warmed: preparedClusters.warmed,
      bind: () => preparedListeners.bind(),
      sockets: () => preparedListeners.sockets(),
      commit() {
        preparedClusters.commit();
        return preparedListeners.commit();
      },
      discard() {
        preparedListeners.discard();
        preparedClusters.discard();
      },
    };
  } catch (error) {
    clusterUpdate?.discard();
    if (error instanceof ConfigError) {
      throw new ConfigLoadError([config.describe(error.path, error.message)], error.path);
    }
    throw error;
  }
}
