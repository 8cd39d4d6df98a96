import type { Message } from '../../check/bootstrap-view.js';
import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { listenerType, managerType, tcpProxyType } from '../message-names.js';

/**
 * # no-shared-stat-prefix
 *
 * Connection managers of one `stat_prefix` add up in the same counters: the public listener and the internal one cannot be
 * told apart.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * static_resources:
 *   listeners:
 *   - name: one
 *     address: { socket_address: { address: 127.0.0.1, port_value: 1 } }
 *     filter_chains:
 *     - filters:
 *       - name: tcp
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
 *           stat_prefix: tcp
 *           cluster: a
 *   - name: two
 *     address: { socket_address: { address: 127.0.0.1, port_value: 2 } }
 *     filter_chains:
 *     - filters:
 *       - name: tcp
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
 *           stat_prefix: tcp
 *           cluster: a
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * stat_prefix: ingress_http
 * ```
 *
 * Source: HttpConnectionManager.stat_prefix; TcpProxy.stat_prefix.
 */
export const noSharedStatPrefix: LintRule<'no-shared-stat-prefix'> = {
  name: 'no-shared-stat-prefix',
  pack: 'observability',
  summary: 'listeners count under names of their own',
  severity: 'off',
  *check(view) {
    for (const type of [managerType, tcpProxyType]) {
      const seen = new Map<string, Message>();
      for (const filter of view.all(type)) {
        const prefix = textAt(filter.value.stat_prefix);
        const first = seen.get(prefix);
        if (first === undefined) seen.set(prefix, filter);
        // Chains of one listener may count together.
        else if (first.within(listenerType)?.value !== filter.within(listenerType)?.value) {
          yield {
            path: [...filter.path, 'stat_prefix'],
            message: `another listener counts under '${prefix}' as well`,
            fix: 'take a prefix of its own',
            related: { path: [...first.path, 'stat_prefix'], message: 'the first one' },
          };
        }
      }
    }
  },
};
