import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { virtualHostType } from '../message-names.js';

/**
 * # no-long-route-list
 *
 * Routes of a virtual host are tried one after the other. With thousands the last ones cost milliseconds. A `matcher` tree
 * finds the prefix at once, and virtual hosts are found by a hash of the domain.
 *
 * Wrong:
 *
 * A virtual host with more routes than the option `maxRoutes` (2,000).
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web }
 * ```
 *
 * Source: envoy.config.route.v3.VirtualHost.matcher.
 */
export const noLongRouteList: LintRule<'no-long-route-list'> = {
  name: 'no-long-route-list',
  pack: 'cost',
  summary: 'a virtual host has a list of routes that can be searched',
  severity: 'off',
  options: { maxRoutes: 2000 },
  *check(view, { maxRoutes }) {
    for (const host of view.all(virtualHostType)) {
      const count = host.list('routes').length;
      if (count <= maxRoutes) continue;
      yield {
        path: [...host.path, 'routes'],
        message: `the ${count} routes of the virtual host '${nameOf(host)}' are tried one after the other`,
        fix: 'use a matcher tree, or more virtual hosts',
      };
    }
  },
};
