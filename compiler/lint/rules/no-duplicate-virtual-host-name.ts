import type { Message } from '../../check/bootstrap-view.js';
import { routeConfigurations } from '../../check/route-configurations.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # no-duplicate-virtual-host-name
 *
 * Two virtual hosts of one route configuration may have one name as far as Envoy is concerned. Their statistics
 * (`vhost.NAME...`) and their access log entries then cannot be told apart.
 *
 * Wrong:
 *
 * ```yaml hosts
 * - { name: web, domains: [a.example], routes: [{ match: { prefix: / }, route: { cluster: a } }] }
 * - { name: web, domains: [b.example], routes: [{ match: { prefix: / }, route: { cluster: b } }] }
 * ```
 *
 * Right:
 *
 * ```yaml hosts
 * - { name: a, domains: [a.example], routes: [{ match: { prefix: / }, route: { cluster: a } }] }
 * - { name: b, domains: [b.example], routes: [{ match: { prefix: / }, route: { cluster: b } }] }
 * ```
 *
 * Source: measured on Envoy 1.40; envoy.config.route.v3.VirtualHost.name.
 */
export const noDuplicateVirtualHostName: LintRule<'no-duplicate-virtual-host-name'> = {
  name: 'no-duplicate-virtual-host-name',
  pack: 'correctness',
  summary: 'no two virtual hosts of a route configuration have one name',
  severity: 'warning',
  *check(view) {
    for (const configuration of routeConfigurations(view)) {
      const seen = new Map<string, Message>();
      for (const host of configuration.list('virtual_hosts')) {
        const first = seen.get(nameOf(host));
        if (first === undefined) seen.set(nameOf(host), host);
        else {
          yield {
            path: [...host.path, 'name'],
            message: `two virtual hosts have the name '${nameOf(host)}' and share their statistics`,
            fix: 'rename one of them',
            related: { path: [...first.path, 'name'], message: 'the first one' },
          };
        }
      }
    }
  },
};
