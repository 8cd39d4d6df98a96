import type { LintRule } from '../lint-rule.js';
import { openListeners } from '../open-addresses.js';

/**
 * # require-overload-manager
 *
 * Without an overload manager Envoy takes work until the kernel kills it. With one that watches the heap it refuses new
 * requests with 503 first, and everybody who is in is served.
 *
 * Wrong:
 *
 * ```yaml listener
 * name: edge
 * address: { socket_address: { address: 0.0.0.0, port_value: 8080 } }
 * filter_chains: [{}]
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * overload_manager:
 *   resource_monitors:
 *   - name: envoy.resource_monitors.fixed_heap
 *     typed_config:
 *       "@type": type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig
 *       max_heap_size_bytes: 1073741824
 *   actions:
 *   - name: envoy.overload_actions.stop_accepting_requests
 *     triggers: [{ name: envoy.resource_monitors.fixed_heap, threshold: { value: 0.95 } }]
 * ```
 *
 * Source: Envoy documentation, "Configuring Envoy as an edge proxy" and "Overload manager".
 */
export const requireOverloadManager: LintRule<'require-overload-manager'> = {
  name: 'require-overload-manager',
  pack: 'edge',
  summary: 'a proxy with open listeners has an overload manager that acts',
  severity: 'off',
  *check(view) {
    if (openListeners(view).length === 0) return;
    const manager = view.root.at('overload_manager');
    if (manager.list('actions').length > 0 && manager.list('resource_monitors').length > 0) return;
    yield {
      path: view.root.value.overload_manager === undefined ? view.root.path : manager.path,
      message: 'nothing sheds load before the memory of the machine is used up',
      fix: 'add overload_manager with envoy.resource_monitors.fixed_heap and an action',
    };
  },
};
