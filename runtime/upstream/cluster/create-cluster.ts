/**
 * A cluster by its `type`.
 */
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../../dsl/api/generated/types.js';
import { messageOf, textOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';
import type { Cluster } from './cluster.js';
import { clusterResolver } from './cluster-resolver.js';
import { configuredEndpoints } from './configured-endpoints.js';
import type { ClusterDependencies } from './host-changing-cluster.js';
import { HostChangingCluster } from './host-changing-cluster.js';
import { runStrictDns } from './strict-dns.js';

/** A cluster with the handles of its owner. */
export interface OwnedCluster {
  readonly cluster: Cluster;
  /** Resolves when it has its first hosts, or has failed to get them once; never rejects. */
  readonly warmed: Promise<void>;
  /** Stops to look for hosts; no new streams on its connections. */
  drain(): void;
  /** Ends all its connections. */
  close(): void;
}

/**
 * @param previous the cluster of that name that is in force: its hosts keep their counters and health
 * @throws ConfigError with the path inside the cluster
 */
export function createCluster(
  config: ClusterConfig,
  dependencies: ClusterDependencies,
  previous: Cluster | undefined,
): OwnedCluster {
  const type = textOf(messageOf(config).type, 'STATIC');
  const endpoints = configuredEndpoints(config);
  if (type === 'STATIC') {
    const cluster = new HostChangingCluster(config, dependencies, previous);
    cluster.setHosts(
      endpoints.map(({ address, attributes, pipe, port }) => ({
        address: pipe ? { kind: 'pipe', path: address } : { kind: 'ip', ip: address, port },
        attributes,
      })),
    );
    return {
      cluster,
      warmed: Promise.resolve(),
      drain: () => cluster.drain(),
      close: () => cluster.close(),
    };
  }
  if (type === 'STRICT_DNS') {
    const cluster = new HostChangingCluster(config, dependencies, previous);
    const dns = runStrictDns(cluster, clusterResolver(config, dependencies.clock), dependencies);
    return {
      cluster,
      warmed: dns.warmed,
      drain() {
        dns.stop();
        cluster.drain();
      },
      close() {
        dns.stop();
        cluster.close();
      },
    };
  }
  throw new ConfigError(`clusters of type ${type} need real Envoy`, ['type'], true);
}
