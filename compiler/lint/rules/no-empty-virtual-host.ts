import { isSet } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { virtualHostType } from '../message-names.js';

/**
 * # no-empty-virtual-host
 *
 * A virtual host without routes answers 404 to everything for its domains, and hides the wildcard host that would have
 * answered. Mostly its routes were forgotten.
 *
 * Wrong:
 *
 * ```yaml hosts
 * - name: shop
 *   domains: [shop.example]
 * ```
 *
 * Right:
 *
 * ```yaml hosts
 * - name: shop
 *   domains: [shop.example]
 *   routes: [{ match: { prefix: / }, direct_response: { status: 404 } }]
 * ```
 *
 * Source: envoy.config.route.v3.VirtualHost.routes.
 */
export const noEmptyVirtualHost: LintRule<'no-empty-virtual-host'> = {
  name: 'no-empty-virtual-host',
  pack: 'correctness',
  summary: 'a virtual host has routes',
  severity: 'warning',
  *check(view) {
    for (const host of view.all(virtualHostType)) {
      if (host.list('routes').length > 0 || isSet(host.value.matcher)) continue;
      // On-demand VHDS fills hosts later; those come with a virtual_hosts resource, not from the file.
      yield {
        path: host.path,
        message: `the virtual host '${nameOf(host)}' has no routes and answers 404 to everything`,
        fix: 'add routes, or remove it',
      };
    }
  },
};
