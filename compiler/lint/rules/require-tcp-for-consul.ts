import { hostsOf, nameOf, resolverOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # require-tcp-for-consul
 *
 * Without EDNS0 Consul's DNS answers over UDP with three random instances at most, whatever their number, and does not mark
 * the answer as truncated: a STRICT_DNS cluster then swaps its hosts at every refresh. Envoy's resolver sends EDNS0 unless
 * `no_default_search_domain` is set. Beside that one has to ask over TCP, where the answer is complete. `envoy3 discovery` answers in full and marks what is truncated, so the rule is off unless asked for.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * dns_resolution_config:
 *   resolvers: [{ socket_address: { address: 127.0.0.1, port_value: 8600 } }]
 *   dns_resolver_options: { no_default_search_domain: true }
 * load_assignment:
 *   cluster_name: web
 *   endpoints:
 *   - lb_endpoints:
 *     - endpoint: { address: { socket_address: { address: web.service.consul, port_value: 80 } } }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STRICT_DNS
 * dns_lookup_family: V4_ONLY
 * dns_resolution_config:
 *   resolvers: [{ socket_address: { address: 127.0.0.1, port_value: 8600 } }]
 *   dns_resolver_options: { no_default_search_domain: true, use_tcp_for_dns_lookups: true }
 * load_assignment:
 *   cluster_name: web
 *   endpoints:
 *   - lb_endpoints:
 *     - endpoint: { address: { socket_address: { address: web.service.consul, port_value: 80 } } }
 * ```
 *
 * Source: Consul documentation, dns_config.udp_answer_limit; measured on Envoy 1.40 and Consul.
 */
export const requireTcpForConsul: LintRule<'require-tcp-for-consul'> = {
  name: 'require-tcp-for-consul',
  pack: 'dns',
  summary: 'names of Consul are asked for over TCP where EDNS0 is off',
  severity: 'off',
  *check(view) {
    for (const cluster of view.clusters) {
      const holder = resolverOf(cluster);
      if (holder === undefined || cluster.value.type === 'LOGICAL_DNS') continue;
      const host = hostsOf(cluster).find((name) =>
        /\.(?:service|query)(?:\.[\w-]+)?\.consul\.?$/i.test(name),
      );
      if (host === undefined) continue;
      const settings = JSON.stringify([
        holder.value,
        cluster.value,
        view.root.value.typed_dns_resolver_config,
      ]);
      if (!/"no_default_search_domain":true/.test(settings)) continue;
      if (/"use_tcp_for_dns_lookups":true/.test(settings)) continue;
      yield {
        path: holder.path,
        message: `'${host}' is asked for without EDNS0 and gets three of its instances at most, other ones at every refresh (cluster '${nameOf(cluster)}')`,
        fix: 'set use_tcp_for_dns_lookups: true in the options of the resolver',
      };
    }
  },
};
