import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { routeType } from '../message-names.js';

/**
 * # no-double-slash-rewrite
 *
 * `prefix_rewrite` replaces exactly the matched prefix. A prefix without a slash at its end that becomes one with it gives
 * two: `/api` -> `/` turns `/api/users` into `//users`. The other way round, `/api/` -> `/v1` turns it into `/v1users`.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: /api }
 *   route: { cluster: api, prefix_rewrite: / }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: /api/ }
 *   route: { cluster: api, prefix_rewrite: / }
 * - match: { path: /api }
 *   route: { cluster: api, prefix_rewrite: / }
 * ```
 *
 * Source: envoy.config.route.v3.RouteAction.prefix_rewrite; measured on Envoy 1.40.
 */
export const noDoubleSlashRewrite: LintRule<'no-double-slash-rewrite'> = {
  name: 'no-double-slash-rewrite',
  pack: 'correctness',
  summary: 'a rewritten prefix and its match both end in a slash, or neither does',
  severity: 'warning',
  *check(view) {
    for (const route of view.all(routeType)) {
      const match = route.at('match').value;
      const prefix = textAt(match.prefix);
      for (const action of ['route', 'redirect']) {
        const rewrite = textAt(route.at(action).value.prefix_rewrite);
        if (prefix === '' || rewrite === '') continue;
        const path = [...route.path, action, 'prefix_rewrite'];
        if (!prefix.endsWith('/') && rewrite.endsWith('/')) {
          const message = `'${prefix}/x' becomes '${rewrite}/x', with two slashes`;
          yield { path, message, fix: `match the prefix '${prefix}/', and the path '${prefix}' beside it` };
        } else if (prefix.endsWith('/') && !rewrite.endsWith('/')) {
          const message = `'${prefix}x' becomes '${rewrite}x'`;
          yield { path, message, fix: `rewrite it to '${rewrite}/'` };
        }
      }
    }
  },
};
