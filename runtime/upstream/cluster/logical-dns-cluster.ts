/**
 * LOGICAL_DNS: one name is one host, however many addresses it has. New connections go to the first address of the latest
 * answer; those that exist go on, wherever they lead. An answer without addresses counts as a failure.
 */
import type { DnsResolver } from '../../network/dns/dns-resolver.js';
import { ConfigError } from '../../network/filter.js';
import type { ConfiguredEndpoint } from './configured-endpoints.js';
import { configuredEndpoints } from './configured-endpoints.js';
import { followDnsNames } from './dns-names.js';
import type { ClusterDependencies, HostChangingCluster } from './host-changing-cluster.js';
import type { OwnedCluster } from './owned-cluster.js';

/** @throws ConfigError in Envoy's words */
export function checkLogicalDns(cluster: unknown): void {
  if (configuredEndpoints(cluster).length === 1) return;
  throw new ConfigError(
    'LOGICAL_DNS clusters must have a single locality_lb_endpoint and a single lb_endpoint',
    ['load_assignment'],
  );
}

/**
 * @param resolver belongs to the cluster from now on
 * @param previous the addresses of the name in the generation before
 */
export function ownLogicalDnsCluster(
  cluster: HostChangingCluster,
  resolver: DnsResolver,
  dependencies: ClusterDependencies,
  previous: ReadonlyMap<string, readonly string[]> | undefined,
): OwnedCluster {
  const { address, attributes, port } = configuredEndpoints(cluster.config)[0] as ConfiguredEndpoint;
  const key = `${address}:${port}`;
  const resolved = new Map<string, readonly string[]>();
  const goTo = (ips: readonly string[]): boolean => {
    resolved.set(key, ips);
    return cluster.setHosts([
      {
        identity: `logical ${key}`,
        address: { kind: 'ip', ip: ips[0] as string, port },
        attributes: { ...attributes, hostname: attributes.hostname || address },
      },
    ]);
  };
  const before = previous?.get(key) ?? [];
  if (before.length > 0) goTo(before);
  const names = followDnsNames(cluster, [address], resolver, dependencies, (_, addresses) => {
    if (addresses.length === 0) return 'failed';
    return goTo(addresses) ? 'changed' : 'unchanged';
  });
  return { cluster, warmed: names.warmed, resolved, stop: () => names.stop() };
}
