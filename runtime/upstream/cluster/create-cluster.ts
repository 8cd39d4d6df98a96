/**
 * A cluster by its `type`.
 */
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../../dsl/api/generated/types.js';
import { messageOf, textOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';
import { checkResolver, clusterResolver } from './cluster-resolver.js';
import type { ClusterDependencies } from './host-changing-cluster.js';
import { HostChangingCluster } from './host-changing-cluster.js';
import { checkLogicalDns, ownLogicalDnsCluster } from './logical-dns-cluster.js';
import type { OwnedCluster } from './owned-cluster.js';
import { plainCluster } from './plain-cluster.js';
import { ownStaticCluster } from './static-cluster.js';
import { ownStrictDnsCluster } from './strict-dns-cluster.js';

export type { OwnedCluster } from './owned-cluster.js';

const dnsTypes = { STRICT_DNS: ownStrictDnsCluster, LOGICAL_DNS: ownLogicalDnsCluster } as const;

/** A cluster is warm when its hosts were checked once; its checks end with it. */
function watched(owned: OwnedCluster): OwnedCluster {
  const { cluster } = owned;
  return {
    ...owned,
    warmed: owned.warmed.then(() => cluster.firstHealthRound),
    stop() {
      owned.stop();
      cluster.stopWatching();
    },
  };
}

/**
 * Built beside what serves; it starts to look for its hosts, and comes into force by `cluster.activate()`.
 * @param previous the cluster of that name that is in force: its hosts keep their counters and health, and its
 *   connections stay when the new configuration does not change anything about them
 * @throws ConfigError with the path inside the cluster
 */
export function createCluster(
  given: ClusterConfig,
  dependencies: ClusterDependencies,
  previous: OwnedCluster | undefined,
): OwnedCluster {
  const config = plainCluster(given);
  const type = textOf(messageOf(config).type, 'STATIC');
  // The hosts of EDS come with the configuration (`subscription/compose-bootstrap.ts`).
  if (type === 'STATIC' || type === 'EDS') {
    return watched(ownStaticCluster(new HostChangingCluster(config, dependencies, previous?.cluster)));
  }
  if (type !== 'STRICT_DNS' && type !== 'LOGICAL_DNS') {
    throw new ConfigError(`clusters of type ${type} need real Envoy`, ['type'], true);
  }
  checkResolver(config);
  if (type === 'LOGICAL_DNS') checkLogicalDns(config);
  const cluster = new HostChangingCluster(config, dependencies, previous?.cluster);
  const resolver = dependencies.createResolver?.(config) ?? clusterResolver(config, dependencies.clock);
  const owned = watched(dnsTypes[type](cluster, resolver, dependencies, previous?.resolved));
  return messageOf(config).wait_for_warm_on_init === false ? { ...owned, warmed: Promise.resolve() } : owned;
}
