/**
 * # require-dns-lookup-family
 *
 * Without `dns_lookup_family` a STRICT_DNS or LOGICAL_DNS cluster asks for both families and takes IPv6 whenever the name
 * has an AAAA record (`AUTO`). Where the machine has no IPv6 route (most containers), the cluster then works until the day
 * somebody adds that record. Write what is meant: `V4_ONLY`, `V6_ONLY`, `V4_PREFERRED` or `ALL`.
 *
 * Clusters whose endpoints are all IP addresses ask no DNS and are left alone.
 */
import { isIP } from 'node:net';
import type { Message } from '../../check/bootstrap-view.js';
import { textAt, typeOf } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';

const dnsCluster = 'envoy.extensions.clusters.dns.v3.DnsCluster';

/** The message that should hold the field, when the cluster resolves names. */
function resolverOf(cluster: Message): Message | undefined {
  const type = cluster.value.type;
  if (type === 'STRICT_DNS' || type === 'LOGICAL_DNS') return cluster;
  const config = cluster.at('cluster_type').at('typed_config');
  return typeOf(config.value) === dnsCluster ? config : undefined;
}

/** Endpoints that are all IP addresses; a cluster without endpoints gets names later. */
function hasOnlyIps(cluster: Message): boolean {
  const addresses = cluster
    .at('load_assignment')
    .list('endpoints')
    .flatMap((locality) => locality.list('lb_endpoints'))
    .map((entry) => textAt(entry.at('endpoint').at('address').at('socket_address').value.address));
  return addresses.length > 0 && addresses.every((address) => isIP(address) !== 0);
}

export const requireDnsLookupFamily: LintRule = {
  name: 'require-dns-lookup-family',
  summary: 'a cluster that resolves names says which address family it wants',
  *check(view) {
    for (const cluster of view.clusters) {
      const holder = resolverOf(cluster);
      if (holder === undefined || holder.value.dns_lookup_family !== undefined || hasOnlyIps(cluster))
        continue;
      yield {
        path: holder.path,
        message: `the cluster '${textAt(cluster.value.name)}' resolves names without dns_lookup_family, so IPv6 wins where both exist`,
        fix: 'set dns_lookup_family, e.g. V4_ONLY',
      };
    }
  },
};
