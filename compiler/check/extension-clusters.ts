/**
 * E3003: clusters that extensions look up when they are built: tracers, a stats sink, the zone-aware local cluster. Most
 * extensions look theirs up per request, and Envoy takes any name there.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { unknownCluster } from './route-clusters.js';

const thrift = 'envoy.extensions.filters.network.thrift_proxy.v3.';

const eager: Readonly<Record<string, string>> = {
  [`${thrift}RouteAction`]: 'cluster',
  [`${thrift}RouteAction.RequestMirrorPolicy`]: 'cluster',
  [`${thrift}WeightedCluster.ClusterWeight`]: 'name',
  'envoy.config.trace.v3.DatadogConfig': 'collector_cluster',
  'envoy.config.trace.v3.ZipkinConfig': 'collector_cluster',
  'envoy.config.metrics.v3.StatsdSink': 'tcp_cluster_name',
};

export function* extensionClusters(view: BootstrapView): Generator<Finding> {
  const known = new Set(view.clusters.map(({ value }) => textAt(value.name)));
  const missing = function* (holder: Message, field: string): Generator<Finding> {
    const name = textAt(holder.value[field]);
    if (name !== '' && !known.has(name)) yield unknownCluster(view, name, holder, field);
  };
  for (const [type, field] of Object.entries(eager)) {
    for (const holder of view.all(type)) {
      if (holder.within(`${thrift}RouteConfiguration`)?.value.validate_clusters === false) continue;
      // The service, where there is one, is looked up later.
      if (!isSet(holder.value.collector_service)) yield* missing(holder, field);
    }
  }
  yield* missing(view.root.at('cluster_manager'), 'local_cluster_name');
}
