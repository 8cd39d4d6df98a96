/**
 * STATIC, and EDS from a file: the hosts are those of the configuration.
 */
import { isIP } from 'node:net';
import { ConfigError } from '../../network/filter.js';
import { configuredEndpoints } from './configured-endpoints.js';
import type { HostChangingCluster } from './host-changing-cluster.js';
import type { OwnedCluster } from './owned-cluster.js';

/** @throws ConfigError, in Envoy's words, for a host that is no address */
export function ownStaticCluster(cluster: HostChangingCluster): OwnedCluster {
  const endpoints = configuredEndpoints(cluster.config);
  const named = endpoints.find(({ address, pipe }) => !pipe && isIP(address) === 0);
  if (named !== undefined) {
    const message = `malformed IP address: ${named.address}. Consider setting resolver_name or setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'`;
    throw new ConfigError(message, ['load_assignment']);
  }
  cluster.setHosts(
    endpoints.map(({ address, attributes, pipe, port }) => ({
      address: pipe ? { kind: 'pipe', path: address } : { kind: 'ip', ip: address, port },
      attributes,
    })),
  );
  return { cluster, warmed: Promise.resolve(), resolved: new Map(), stop() {} };
}
