import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { routeType } from '../message-names.js';

/**
 * # require-explicit-timeout
 *
 * Nine of ten configurations rely on the time-out of a route that nobody wrote: 15 seconds. It cuts downloads and long
 * polls, and it is too long for a page. Write what is meant.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web, timeout: 5s }
 * ```
 *
 * Source: envoy.config.route.v3.RouteAction.timeout; envoyproxy/envoy issues 8662, 17697 and 35812.
 */
export const requireExplicitTimeout: LintRule<'require-explicit-timeout'> = {
  name: 'require-explicit-timeout',
  pack: 'style',
  summary: 'a route says how long an answer may take',
  severity: 'off',
  *check(view) {
    for (const route of view.all(routeType)) {
      const action = route.at('route');
      if (!isSet(route.value.route) || isSet(action.value.timeout)) continue;
      yield {
        path: action.path,
        message: 'the route relies on the default time-out of 15 s',
        fix: 'set timeout',
      };
    }
  },
};
