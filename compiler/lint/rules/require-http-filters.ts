import type { LintRule } from '../lint-rule.js';
import { managerType } from '../message-names.js';

/**
 * # require-http-filters
 *
 * An HTTP connection manager with an empty list of filters is accepted and never answers: nothing ends the request. The
 * router is a filter and has to be listed, as the last one.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http_filters: []
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * http_filters:
 * - name: envoy.filters.http.router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Source: measured on Envoy 1.40.
 */
export const requireHttpFilters: LintRule<'require-http-filters'> = {
  name: 'require-http-filters',
  pack: 'correctness',
  summary: 'an HTTP connection manager has the router among its filters',
  severity: 'warning',
  *check(view) {
    for (const manager of view.all(managerType)) {
      if (manager.list('http_filters').length > 0) continue;
      yield {
        path: manager.path,
        message: 'the HTTP connection manager has no filters and never answers',
        fix: 'add envoy.filters.http.router to http_filters',
      };
    }
  },
};
