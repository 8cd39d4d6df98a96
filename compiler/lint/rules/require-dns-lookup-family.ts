import { textAt } from '../../check/bootstrap-view.js';
import { hasOnlyIps, resolverOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # require-dns-lookup-family
 *
 * Without `dns_lookup_family` a STRICT_DNS or LOGICAL_DNS cluster asks for both families and takes IPv6 whenever the name
 * has an AAAA record (`AUTO`). Where the machine has no IPv6 route (most containers), the cluster then works until the day
 * somebody adds that record. Write what is meant: `V4_ONLY`, `V6_ONLY`, `V4_PREFERRED` or `ALL`. Clusters whose endpoints
 * are all IP addresses ask no DNS and are left alone.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * ```
 *
 * Source: envoy.config.cluster.v3.Cluster.dns_lookup_family.
 */
export const requireDnsLookupFamily: LintRule<'require-dns-lookup-family'> = {
  name: 'require-dns-lookup-family',
  pack: 'dns',
  summary: 'a cluster that resolves names says which address family it wants',
  severity: 'warning',
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
