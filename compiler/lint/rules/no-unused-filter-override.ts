import { nearName } from '../../../dsl/api/index.js';
import type { Message } from '../../check/bootstrap-view.js';
import { fieldsAt, isSet } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintFinding, LintRule } from '../lint-rule.js';
import { managerType } from '../message-names.js';

function* unknownKeys(holder: Message, names: readonly string[]): Generator<LintFinding> {
  for (const key of Object.keys(fieldsAt(holder.value.typed_per_filter_config))) {
    if (names.includes(key)) continue;
    const near = nearName(key, names);
    yield {
      path: [...holder.path, 'typed_per_filter_config', key],
      message: `no HTTP filter has the name '${key}', so these settings have no effect`,
      fix: near === undefined ? `the filters are ${names.join(', ')}` : `did you mean '${near}'?`,
    };
  }
}

/**
 * # no-unused-filter-override
 *
 * The keys of `typed_per_filter_config` are the *names* of HTTP filters of the connection manager, as they stand in
 * `http_filters`. Envoy ignores settings under any other key: the filter runs with its settings for everybody.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http_filters:
 * - name: my-cors
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors }
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * route_config:
 *   virtual_hosts:
 *   - name: all
 *     domains: ["*"]
 *     routes: [{ match: { prefix: / }, route: { cluster: web } }]
 *     typed_per_filter_config:
 *       envoy.filters.http.cors:
 *         "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * http_filters:
 * - name: my-cors
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors }
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * route_config:
 *   virtual_hosts:
 *   - name: all
 *     domains: ["*"]
 *     routes: [{ match: { prefix: / }, route: { cluster: web } }]
 *     typed_per_filter_config:
 *       my-cors:
 *         "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
 * ```
 *
 * Source: Envoy documentation, "HTTP filters", route based filter chain; measured on Envoy 1.40.
 */
export const noUnusedFilterOverride: LintRule<'no-unused-filter-override'> = {
  name: 'no-unused-filter-override',
  pack: 'correctness',
  summary: 'settings per route stand under the name of a filter that is there',
  severity: 'warning',
  *check(view) {
    for (const manager of view.all(managerType)) {
      const filters = manager.list('http_filters');
      // Composite filters and filters of upstreams have names of their own.
      if (filters.some(({ value }) => /Composite|ExtensionWithMatcher/.test(JSON.stringify(value)))) continue;
      const names = filters.map(nameOf);
      const routes = manager.at('route_config');
      if (!isSet(manager.value.route_config)) continue;
      yield* unknownKeys(routes, names);
      for (const host of routes.list('virtual_hosts')) {
        yield* unknownKeys(host, names);
        for (const route of host.list('routes')) {
          yield* unknownKeys(route, names);
          for (const one of route.at('route').at('weighted_clusters').list('clusters'))
            yield* unknownKeys(one, names);
        }
      }
    }
  },
};
