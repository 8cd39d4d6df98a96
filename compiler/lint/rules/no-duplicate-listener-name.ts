import type { Message } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # no-duplicate-listener-name
 *
 * Envoy accepts two static listeners of one name and serves the first only: the port of the second stays closed, and
 * nothing in the log says why.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * static_resources:
 *   listeners:
 *   - { name: web, address: { socket_address: { address: 127.0.0.1, port_value: 80 } }, filter_chains: [{}] }
 *   - { name: web, address: { socket_address: { address: 127.0.0.1, port_value: 443 } }, filter_chains: [{}] }
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * static_resources:
 *   listeners:
 *   - { name: http, address: { socket_address: { address: 127.0.0.1, port_value: 80 } }, filter_chains: [{}] }
 *   - { name: https, address: { socket_address: { address: 127.0.0.1, port_value: 443 } }, filter_chains: [{}] }
 * ```
 *
 * Source: measured on Envoy 1.40.
 */
export const noDuplicateListenerName: LintRule<'no-duplicate-listener-name'> = {
  name: 'no-duplicate-listener-name',
  pack: 'correctness',
  summary: 'no two listeners have one name',
  severity: 'warning',
  *check(view) {
    const seen = new Map<string, Message>();
    for (const listener of view.listeners) {
      const name = nameOf(listener);
      const first = seen.get(name);
      if (name === '') continue;
      if (first === undefined) seen.set(name, listener);
      else {
        yield {
          path: [...listener.path, 'name'],
          message: `the listener is never opened: another one has the name '${name}' already`,
          fix: 'rename one of them',
          related: { path: [...first.path, 'name'], message: 'the one that is served' },
        };
      }
    }
  },
};
