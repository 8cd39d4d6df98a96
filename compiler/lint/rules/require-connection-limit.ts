import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { openListeners } from '../open-addresses.js';

const monitor = 'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig';
const limitFilter = 'envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit';

/** By the keys that Envoy reads such limits from in the runtime. */
function limitedByRuntime(layers: unknown, listener: string): boolean {
  const text = JSON.stringify(layers ?? '');
  return (
    text.includes('global_downstream_max_connections') ||
    (listener !== '' && text.includes(`envoy.resource_limits.listener.${listener}.connection_limit`))
  );
}

/**
 * # require-connection-limit
 *
 * Without a limit on downstream connections whoever opens enough of them takes the proxy's memory and file descriptors,
 * and everybody's service with it. Envoy warns of it at every start. Set the limit of the overload manager, or the
 * `connection_limit` filter on the listener.
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
 *   - name: envoy.resource_monitors.global_downstream_max_connections
 *     typed_config:
 *       "@type": type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig
 *       max_active_downstream_connections: 50000
 * static_resources:
 *   listeners:
 *   - name: edge
 *     address: { socket_address: { address: 0.0.0.0, port_value: 8080 } }
 *     filter_chains: [{}]
 * ```
 *
 * Source: Envoy documentation, "Configuring Envoy as an edge proxy".
 */
export const requireConnectionLimit: LintRule<'require-connection-limit'> = {
  name: 'require-connection-limit',
  pack: 'edge',
  summary: 'an open listener limits the number of its connections',
  severity: 'off',
  *check(view) {
    if (view.all(monitor).length > 0) return;
    const filtered = new Set(
      view.all(limitFilter).map((filter) => filter.within('envoy.config.listener.v3.Listener')?.value),
    );
    for (const listener of openListeners(view)) {
      if (filtered.has(listener.value)) continue;
      if (limitedByRuntime(view.root.value.layered_runtime, nameOf(listener))) continue;
      yield {
        path: listener.path,
        message: `the listener '${nameOf(listener)}' is open to others and takes connections without a limit`,
        fix: 'add the resource monitor global_downstream_max_connections to the overload manager',
      };
    }
  },
};
