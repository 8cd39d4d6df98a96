/**
 * # no-unreachable-route
 *
 * Envoy takes the first route of a virtual host that matches. A route behind one that matches everything it matches, and
 * more, is never taken: mostly a catch-all that slipped to the front.
 *
 * ```yaml
 * routes:
 * - match: { prefix: / }        # takes every request
 *   route: { cluster: web }
 * - match: { prefix: /api }     # never reached
 *   route: { cluster: api }
 * ```
 *
 * Put the narrower route first. The rule speaks only when it can prove it from one earlier route: see `covers-match.ts`.
 */
import { isSet } from '../../check/bootstrap-view.js';
import { routeConfigurations } from '../../check/route-configurations.js';
import type { LintRule } from '../lint-rule.js';
import { coversMatch } from './covers-match.js';

/** Every pair is compared: of very long lists only this many earlier routes are. */
const furthest = 1000;

export const noUnreachableRoute: LintRule = {
  name: 'no-unreachable-route',
  summary: 'no earlier route of a virtual host takes all requests of a later one',
  *check(view) {
    for (const configuration of routeConfigurations(view)) {
      for (const host of configuration.list('virtual_hosts')) {
        const routes = host.list('routes').filter(({ value }) => isSet(value.match));
        for (const [index, route] of routes.entries()) {
          const before = routes.slice(0, Math.min(index, furthest));
          const earlier = before.find((one) => coversMatch(one.at('match').value, route.at('match').value));
          if (earlier === undefined) continue;
          yield {
            path: [...route.path, 'match'],
            message:
              'the route is never taken: an earlier route of the virtual host matches all of its requests',
            fix: 'move it before the earlier route, or remove it',
            related: { path: [...earlier.path, 'match'], message: 'this route matches first' },
          };
        }
      }
    }
  },
};
