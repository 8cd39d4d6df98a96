/**
 * STATIC: the hosts are those of the configuration.
 */
import { configuredEndpoints } from './configured-endpoints.js';
import type { HostChangingCluster } from './host-changing-cluster.js';
import type { OwnedCluster } from './owned-cluster.js';

export function ownStaticCluster(cluster: HostChangingCluster): OwnedCluster {
  cluster.setHosts(
    configuredEndpoints(cluster.config).map(({ address, attributes, pipe, port }) => ({
      address: pipe ? { kind: 'pipe', path: address } : { kind: 'ip', ip: address, port },
      attributes,
    })),
  );
  return { cluster, warmed: Promise.resolve(), resolved: new Map(), stop() {} };
}
