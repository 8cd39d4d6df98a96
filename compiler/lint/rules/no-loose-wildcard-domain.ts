import { listAt, textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { virtualHostType } from '../message-names.js';

function reasonFor(domain: string): readonly [reason: string, fix: string] | undefined {
  if (domain === '*') return undefined;
  if (/^\*[A-Za-z0-9]/.test(domain)) {
    const bare = domain.slice(1);
    return [`takes every name that ends in '${bare}', evil${bare} too`, `write '*.${bare}' and '${bare}'`];
  }
  if (/^\*\.[A-Za-z]+$/.test(domain)) return ['takes a whole top-level domain', 'name the domain'];
  if (domain.endsWith('.*')) return ['takes that name under every domain there is', 'name the domains'];
  return undefined;
}

/**
 * # no-loose-wildcard-domain
 *
 * In a domain the asterisk stands for one or more characters, dots included. `*example.com` therefore takes
 * `evilexample.com`, which anybody can register, and `*.com` or `example.*` take hosts of other people. What such a
 * virtual host adds (cookies, CORS, credentials) then goes to them.
 *
 * Wrong:
 *
 * ```yaml hosts
 * - name: shop
 *   domains: ["*example.com"]
 *   routes: [{ match: { prefix: / }, route: { cluster: shop } }]
 * ```
 *
 * Right:
 *
 * ```yaml hosts
 * - name: shop
 *   domains: [example.com, "*.example.com"]
 *   routes: [{ match: { prefix: / }, route: { cluster: shop } }]
 * ```
 *
 * Source: envoy.config.route.v3.VirtualHost.domains.
 */
export const noLooseWildcardDomain: LintRule<'no-loose-wildcard-domain'> = {
  name: 'no-loose-wildcard-domain',
  pack: 'correctness',
  summary: 'a wildcard domain does not take names of other people',
  severity: 'warning',
  options: { allow: ['*.local', '*.internal', '*.localhost', '*.svc', '*.consul', '*.test'] },
  *check(view, { allow }) {
    for (const host of view.all(virtualHostType)) {
      for (const [index, item] of listAt(host.value.domains).entries()) {
        const domain = textAt(item);
        const [reason, fix] = reasonFor(domain) ?? [];
        if (reason === undefined || fix === undefined || allow.includes(domain)) continue;
        yield {
          path: [...host.path, 'domains', index],
          message: `the domain '${domain}' ${reason}`,
          fix,
        };
      }
    }
  },
};
