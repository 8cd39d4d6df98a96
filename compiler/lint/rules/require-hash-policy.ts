import type { Message } from '../../check/bootstrap-view.js';
import { nameOf, targetsOf } from '../cluster-facts.js';
import type { LintFinding, LintRule } from '../lint-rule.js';
import { routeType, tcpProxyType } from '../message-names.js';

/**
 * # require-hash-policy
 *
 * RING_HASH and MAGLEV send equal requests to equal hosts by the hash that a route's `hash_policy` (or that of a TCP
 * proxy) makes. Without one there is no hash, and Envoy picks hosts at random.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * static_resources:
 *   clusters: [{ name: cache, type: STATIC, lb_policy: RING_HASH }]
 *   listeners:
 *   - name: tcp
 *     address: { socket_address: { address: 127.0.0.1, port_value: 1000 } }
 *     filter_chains:
 *     - filters:
 *       - name: tcp
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
 *           stat_prefix: tcp
 *           cluster: cache
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * static_resources:
 *   clusters: [{ name: cache, type: STATIC, lb_policy: RING_HASH }]
 *   listeners:
 *   - name: tcp
 *     address: { socket_address: { address: 127.0.0.1, port_value: 1000 } }
 *     filter_chains:
 *     - filters:
 *       - name: tcp
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
 *           stat_prefix: tcp
 *           cluster: cache
 *           hash_policy: [{ source_ip: {} }]
 * ```
 *
 * Source: Envoy documentation, "Supported load balancers", ring hash and Maglev.
 */
export const requireHashPolicy: LintRule<'require-hash-policy'> = {
  name: 'require-hash-policy',
  pack: 'correctness',
  summary: 'a route to a hashing cluster says what is hashed',
  severity: 'warning',
  *check(view) {
    const hashing = new Set(
      view.clusters
        .filter(({ value }) => value.lb_policy === 'RING_HASH' || value.lb_policy === 'MAGLEV')
        .map(nameOf),
    );
    if (hashing.size === 0) return;
    const missing = function* (action: Message): Generator<LintFinding> {
      const name = targetsOf(action.value).find((one) => hashing.has(one));
      if (name === undefined || action.list('hash_policy').length > 0) return;
      yield {
        path: action.path,
        message: `the cluster '${name}' balances by a hash, and nothing is hashed here: hosts are taken at random`,
        fix: 'set hash_policy',
      };
    };
    for (const route of view.all(routeType)) yield* missing(route.at('route'));
    for (const proxy of view.all(tcpProxyType)) yield* missing(proxy);
  },
};
