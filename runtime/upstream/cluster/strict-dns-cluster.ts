/**
 * STRICT_DNS: every name of the configuration is asked for anew at its rate, and all its addresses are hosts. As measured
 * on Envoy 1.40: an answer without addresses (NXDOMAIN, NODATA) empties the name's part, a failure keeps it.
 */
import type { DnsResolver } from '../../network/dns/dns-resolver.js';
import type { HostDescription } from '../host/create-host.js';
import { isGetAddrInfo } from './cluster-resolver.js';
import type { ConfiguredEndpoint } from './configured-endpoints.js';
import { configuredEndpoints } from './configured-endpoints.js';
import { followDnsNames } from './dns-names.js';
import { discoverySource, followDiscovery } from './discovery-push.js';
import type { ClusterDependencies, HostChangingCluster } from './host-changing-cluster.js';
import type { OwnedCluster } from './owned-cluster.js';
import { lookUpSrv, parseSrv } from './srv-lookup.js';

function hostsOf(
  { address, attributes, port }: ConfiguredEndpoint,
  ips: readonly string[],
): HostDescription[] {
  const hostname = attributes.hostname || address;
  return ips.map((ip) => ({ address: { kind: 'ip', ip, port }, attributes: { ...attributes, hostname } }));
}

/** The same of SRV records, which have ports and weights of their own. */
function srvHostsOf(
  { address, attributes }: ConfiguredEndpoint,
  found: readonly string[],
): HostDescription[] {
  const hostname = attributes.hostname || address;
  return found.map((text) => {
    const { ip, port, weight } = parseSrv(text);
    return {
      address: { kind: 'ip', ip, port },
      attributes: { ...attributes, hostname, weight: Math.max(1, weight) },
    };
  });
}

/**
 * @param resolver belongs to the cluster from now on
 * @param previous the addresses of the names in the generation before
 */
export function ownStrictDnsCluster(
  cluster: HostChangingCluster,
  resolver: DnsResolver,
  dependencies: ClusterDependencies,
  previous: ReadonlyMap<string, readonly string[]> | undefined,
): OwnedCluster {
  const endpoints = configuredEndpoints(cluster.config);
  const source = discoverySource(cluster.config);
  const toHosts = source?.srv === true ? srvHostsOf : hostsOf;
  const keys = endpoints.map(({ address, port }) => `${address}:${port}`);
  const resolved = new Map<string, readonly string[]>();
  const parts = endpoints.map((endpoint, at) => {
    const addresses = previous?.get(keys[at] as string) ?? [];
    resolved.set(keys[at] as string, addresses);
    return toHosts(endpoint, addresses);
  });
  cluster.setHosts(parts.flat());
  // getaddrinfo(3) does not tell "no addresses" from "could not ask": Envoy keeps the hosts then.
  const keepsOnEmpty = isGetAddrInfo(cluster.config);
  const names = followDnsNames(
    cluster,
    endpoints.map(({ address }) => address),
    resolver,
    dependencies,
    (at, addresses) => {
      if (keepsOnEmpty && addresses.length === 0) return 'failed';
      resolved.set(keys[at] as string, addresses);
      parts[at] = toHosts(endpoints[at] as ConfiguredEndpoint, addresses);
      return cluster.setHosts(parts.flat()) ? 'changed' : 'unchanged';
    },
    source?.srv === true ? lookUpSrv : undefined,
  );
  const stopNews =
    source === undefined || dependencies.sharedFacts?.isFollower === true
      ? () => {}
      : followDiscovery({
          source,
          clock: dependencies.clock,
          random: dependencies.random,
          log: dependencies.loggers?.get('upstream'),
          onChange: () => names.refresh(),
        });
  const stop = (): void => {
    stopNews();
    names.stop();
  };
  return { cluster, warmed: names.warmed, resolved, stop };
}
