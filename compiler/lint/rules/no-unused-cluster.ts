import type { BootstrapView } from '../../check/bootstrap-view.js';
import { isSet } from '../../check/bootstrap-view.js';
import { routeClusters } from '../../check/route-clusters.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { managerType, routeType } from '../message-names.js';

/** Extensions that pick clusters by themselves. */
const pickers =
  /\.(?:lua|wasm|golang|dynamic_modules?|ext_proc|aggregate|cluster_specifier|router\.cluster_specifiers|on_demand|reverse_tunnel|mcp_router|set_filter_state|set_metadata|header_to_metadata)\b|TypedStruct|\.matching\.|\.matcher\./;

/** Whether names of clusters may come from outside of this file. */
function isOpenEnded(view: BootstrapView): boolean {
  const dynamic = view.root.at('dynamic_resources').value;
  if (isSet(dynamic.lds_config) || isSet(dynamic.ads_config)) return true;
  const managers = view.all(managerType);
  if (managers.some(({ value }) => isSet(value.rds) || isSet(value.scoped_routes))) return true;
  if (view.types.some((type) => pickers.test(type))) return true;
  return view.all(routeType).some((route) => {
    const action = route.at('route').value;
    return isSet(action.cluster_specifier_plugin) || isSet(action.inline_cluster_specifier_plugin);
  });
}

/** Takes every name out that stands somewhere as a text. */
function cross(value: unknown, names: Set<string>): void {
  if (typeof value === 'string') names.delete(value);
  else if (typeof value === 'object' && value !== null && names.size > 0) {
    for (const key in value) cross((value as Record<string, unknown>)[key], names);
  }
}

/** Whether a cluster is named by a header: in a route, a weighted cluster or a mirror. */
function namesByHeader(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return 'cluster_header' in value || Object.values(value).some(namesByHeader);
}

/**
 * # no-unused-cluster
 *
 * A static cluster that nothing names is resolved, health-checked and counted for nothing; often the route to it was
 * forgotten or misspelt. A cluster is taken as used when its name stands anywhere else in the bootstrap. The rule is silent
 * where names of clusters come from elsewhere (headers, plugins, scripts, a management server), and in a file without
 * listeners, which is a piece of something.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * static_resources:
 *   clusters:
 *   - { name: backend, type: STATIC }
 *   - { name: forgotten, type: STATIC }
 *   listeners:
 *   - name: tcp
 *     address: { socket_address: { address: 127.0.0.1, port_value: 1000 } }
 *     filter_chains:
 *     - filters:
 *       - name: tcp
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
 *           stat_prefix: tcp
 *           cluster: backend
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * static_resources:
 *   clusters:
 *   - { name: backend, type: STATIC }
 *   listeners:
 *   - name: tcp
 *     address: { socket_address: { address: 127.0.0.1, port_value: 1000 } }
 *     filter_chains:
 *     - filters:
 *       - name: tcp
 *         typed_config:
 *           "@type": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
 *           stat_prefix: tcp
 *           cluster: backend
 * ```
 *
 * Source: envoy.config.bootstrap.v3.Bootstrap.StaticResources.clusters.
 */
export const noUnusedCluster: LintRule<'no-unused-cluster'> = {
  name: 'no-unused-cluster',
  pack: 'correctness',
  summary: 'every static cluster is named by something',
  severity: 'warning',
  *check(view) {
    if (view.clusters.length === 0 || view.listeners.length === 0 || isOpenEnded(view)) return;
    // A misspelt name is one mistake: its check tells it.
    if (!routeClusters(view).next().done) return;
    const unused = new Set(view.clusters.map(nameOf));
    const { static_resources: _static, ...rest } = view.root.value;
    const { clusters: _clusters, ...resources } = view.root.at('static_resources').value;
    // The cluster of this proxy's own zone is named by a setting of the cluster manager, which is in `rest`.
    cross([resources, rest], unused);
    for (const { value } of view.clusters) {
      if (unused.size === 0) return;
      // What a cluster says itself, but for its own names.
      const { name: _name, load_assignment: _endpoints, ...settings } = value;
      cross(settings, unused);
    }
    if (unused.size === 0 || namesByHeader(resources)) return;
    for (const cluster of view.clusters) {
      const name = nameOf(cluster);
      if (!unused.delete(name)) continue;
      yield {
        path: [...cluster.path, 'name'],
        message: `nothing uses the cluster '${name}'`,
        fix: 'remove it, or name it where it was meant to be used',
      };
    }
  },
};
