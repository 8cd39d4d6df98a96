import { isSet, listAt, textAt } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # require-tls-inspector
 *
 * Filter chains are told apart by server name, ALPN or transport protocol only after somebody looked into the TLS
 * handshake: the listener filter `tls_inspector`. Envoy adds it by itself for now, with a warning in its log, and says that
 * it will stop doing so.
 *
 * Wrong:
 *
 * ```yaml listener
 * name: https
 * address: { socket_address: { address: 127.0.0.1, port_value: 443 } }
 * filter_chains:
 * - filter_chain_match: { server_names: [a.example] }
 * ```
 *
 * Right:
 *
 * ```yaml listener
 * name: https
 * address: { socket_address: { address: 127.0.0.1, port_value: 443 } }
 * listener_filters:
 * - name: envoy.filters.listener.tls_inspector
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector }
 * filter_chains:
 * - filter_chain_match: { server_names: [a.example] }
 * ```
 *
 * Source: envoy.config.listener.v3.Listener.listener_filters; Envoy's log "adding listener ... has filter chain match rules
 * that require TLS Inspector ... but it isn't configured".
 */
export const requireTlsInspector: LintRule<'require-tls-inspector'> = {
  name: 'require-tls-inspector',
  pack: 'correctness',
  summary: 'a listener that matches server names has the TLS inspector',
  severity: 'warning',
  *check(view) {
    for (const listener of view.listeners) {
      // QUIC brings its own inspection; discovered filters may be the inspector.
      if (isSet(listener.value.udp_listener_config)) continue;
      const filters = JSON.stringify(listAt(listener.value.listener_filters));
      if (/TlsInspector|tls_inspector|config_discovery/.test(filters)) continue;
      const chain = listener.list('filter_chains').find((one) => {
        const match = one.at('filter_chain_match').value;
        return (
          listAt(match.server_names).length > 0 ||
          listAt(match.application_protocols).length > 0 ||
          textAt(match.transport_protocol) !== ''
        );
      });
      if (chain === undefined) continue;
      yield {
        path: [...chain.path, 'filter_chain_match'],
        message: `the listener '${nameOf(listener)}' matches what only the TLS inspector knows, and does not list it`,
        fix: 'add envoy.filters.listener.tls_inspector to listener_filters',
      };
    }
  },
};
