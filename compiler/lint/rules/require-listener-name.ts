import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # require-listener-name
 *
 * A listener without a name gets a random one at every start: its statistics, its log lines and updates of it cannot be
 * followed.
 *
 * Wrong:
 *
 * ```yaml listener
 * address: { socket_address: { address: 127.0.0.1, port_value: 80 } }
 * filter_chains: [{}]
 * ```
 *
 * Right:
 *
 * ```yaml listener
 * name: http
 * address: { socket_address: { address: 127.0.0.1, port_value: 80 } }
 * filter_chains: [{}]
 * ```
 *
 * Source: envoy.config.listener.v3.Listener.name.
 */
export const requireListenerName: LintRule<'require-listener-name'> = {
  name: 'require-listener-name',
  pack: 'style',
  summary: 'listeners have names',
  severity: 'off',
  *check(view) {
    for (const listener of view.listeners) {
      if (nameOf(listener) !== '') continue;
      yield { path: listener.path, message: 'the listener has no name', fix: 'name it' };
    }
  },
};
