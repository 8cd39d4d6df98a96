import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { routeMatchType } from '../message-names.js';

/**
 * # prefer-path-separated-prefix
 *
 * `prefix: /api` takes `/apiary` as well. `path_separated_prefix: /api` takes `/api` and what follows after a slash.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: /api }
 *   route: { cluster: api }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { path_separated_prefix: /api }
 *   route: { cluster: api }
 * ```
 *
 * Source: envoy.config.route.v3.RouteMatch.path_separated_prefix.
 */
export const preferPathSeparatedPrefix: LintRule<'prefer-path-separated-prefix'> = {
  name: 'prefer-path-separated-prefix',
  pack: 'style',
  summary: 'a prefix ends at a slash',
  severity: 'off',
  *check(view) {
    for (const match of view.all(routeMatchType)) {
      const prefix = textAt(match.value.prefix);
      if (prefix === '' || prefix.endsWith('/')) continue;
      yield {
        path: [...match.path, 'prefix'],
        message: `the prefix '${prefix}' takes '${prefix}-other' as well`,
        fix: `write path_separated_prefix: ${prefix}`,
      };
    }
  },
};
