/**
 * E3003: a route names a cluster that does not exist. Envoy looks the clusters of an inline route configuration up when it
 * loads it (`validate_clusters` is true by default), among the static ones only: those of CDS come later. Clusters named by
 * a virtual host's `matcher`, by TCP proxies and by most filters are looked up per request and may be missing.
 */
import { nearName } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { routeConfigurations, routesOf } from './route-configurations.js';

/** Says that there is no such cluster, and which one was meant. */
export function unknownCluster(view: BootstrapView, name: string, holder: Message, field: string): Finding {
  const names = view.clusters.map(({ value }) => textAt(value.name));
  const near = nearName(name, names);
  const list =
    names.length === 0
      ? 'add the cluster to static_resources.clusters'
      : `add it, or name one of ${names.slice(0, 8).join(', ')}`;
  return {
    code: 'E3003',
    severity: 'error',
    path: [...holder.path, field],
    message: `there is no static cluster '${name}'`,
    fix: near === undefined ? list : `did you mean '${near}'?`,
  };
}

export function* routeClusters(view: BootstrapView): Generator<Finding> {
  const known = new Set(view.clusters.map(({ value }) => textAt(value.name)));
  const missing = function* (holder: Message, field: string): Generator<Finding> {
    const name = textAt(holder.value[field]);
    if (name !== '' && !known.has(name)) yield unknownCluster(view, name, holder, field);
  };
  for (const configuration of routeConfigurations(view)) {
    if (configuration.value.validate_clusters === false) continue;
    const inherited = new Set<unknown>();
    for (const { route, host } of routesOf(configuration)) {
      if (!isSet(route.value.route)) continue;
      const action = route.at('route');
      yield* missing(action, 'cluster');
      for (const weighted of action.at('weighted_clusters').list('clusters'))
        yield* missing(weighted, 'name');
      // The nearest list of mirrors holds; each is told once.
      const holder = [action, host, configuration].find(
        (one) => one.list('request_mirror_policies').length > 0,
      );
      if (holder === undefined || inherited.has(holder.value)) continue;
      inherited.add(holder.value);
      for (const mirror of holder.list('request_mirror_policies')) yield* missing(mirror, 'cluster');
    }
  }
}
