import { isIP } from 'node:net';
import { textAt } from '../../check/bootstrap-view.js';
import { endpointsOf, nameOf, resolverOf, socketOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # no-search-list-name
 *
 * A name without a dot is looked up along the search list of `/etc/resolv.conf`, so what it means depends on the machine;
 * in a cluster of Kubernetes each lookup is five questions. Write the full name. `localhost` is left alone.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * load_assignment:
 *   cluster_name: web
 *   endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: web, port_value: 80 } } } }] }]
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * load_assignment:
 *   cluster_name: web
 *   endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: web.shop.svc.cluster.local, port_value: 80 } } } }] }]
 * ```
 *
 * Source: resolv.conf(5), search and ndots; DnsResolverOptions.no_default_search_domain.
 */
export const noSearchListName: LintRule<'no-search-list-name'> = {
  name: 'no-search-list-name',
  pack: 'dns',
  summary: 'host names are written in full',
  severity: 'off',
  *check(view) {
    for (const cluster of view.clusters) {
      if (resolverOf(cluster) === undefined) continue;
      for (const endpoint of endpointsOf(cluster)) {
        const host = textAt(socketOf(endpoint).address);
        if (host === '' || host === 'localhost' || host.includes('.') || isIP(host) !== 0) continue;
        yield {
          path: [...endpoint.path, 'address', 'socket_address', 'address'],
          message: `what '${host}' means depends on the search list of the machine (cluster '${nameOf(cluster)}')`,
          fix: 'write the full name',
        };
      }
    }
  },
};
