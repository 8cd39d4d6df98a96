import { nameOf, resolverOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { millisecondsAt } from '../milliseconds.js';

/**
 * # no-refresh-storm
 *
 * Envoy asks for every name of a DNS cluster again after `dns_refresh_rate`. Less than a second, times clusters, times
 * proxies, is a load that name servers answer with SERVFAIL. Where changes have to be seen fast, use a TTL
 * (`respect_dns_ttl`) or EDS.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * dns_refresh_rate: 0.1s
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * dns_refresh_rate: 5s
 * ```
 *
 * Source: envoy.config.cluster.v3.Cluster.dns_refresh_rate; envoyproxy/envoy issues 7808 and 35641.
 */
export const noRefreshStorm: LintRule<'no-refresh-storm'> = {
  name: 'no-refresh-storm',
  pack: 'dns',
  summary: 'names are not asked for all the time',
  severity: 'warning',
  options: { minMs: 1000 },
  *check(view, { minMs }) {
    for (const cluster of view.clusters) {
      const holder = resolverOf(cluster);
      if (holder === undefined) continue;
      const rate = millisecondsAt(holder.value.dns_refresh_rate);
      if (rate === undefined || rate >= minMs) continue;
      yield {
        path: [...holder.path, 'dns_refresh_rate'],
        message: `the names of the cluster '${nameOf(cluster)}' are asked for every ${rate} ms`,
        fix: `at least ${minMs / 1000}s`,
      };
    }
  },
};
