import type { Fields } from '../../check/bootstrap-view.js';
import { fieldsAt, textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';

function takesAll(matcher: Fields): boolean {
  const regex = textAt(fieldsAt(matcher.safe_regex).regex);
  const start = textAt(matcher.prefix);
  return (
    /^\^?(?:https?:\/\/|https\?:\/\/)?\.[*+]\$?$/.test(regex) ||
    /^(?:h|ht|htt|http|https|https?:\/?\/?)$/.test(start) ||
    textAt(matcher.exact) === '*'
  );
}

/**
 * # no-open-cors
 *
 * With `allow_credentials` a page of an allowed origin acts as the user who is logged in. Allowing every origin hands that
 * to every page of the web.
 *
 * Wrong:
 *
 * ```yaml hosts
 * - name: all
 *   domains: ["*"]
 *   routes: [{ match: { prefix: / }, route: { cluster: web } }]
 *   typed_per_filter_config:
 *     envoy.filters.http.cors:
 *       "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
 *       allow_credentials: true
 *       allow_origin_string_match: [{ safe_regex: { regex: ".*" } }]
 * ```
 *
 * Right:
 *
 * ```yaml hosts
 * - name: all
 *   domains: ["*"]
 *   routes: [{ match: { prefix: / }, route: { cluster: web } }]
 *   typed_per_filter_config:
 *     envoy.filters.http.cors:
 *       "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy
 *       allow_credentials: true
 *       allow_origin_string_match: [{ exact: "https://app.example" }]
 * ```
 *
 * Source: Fetch standard, "CORS protocol and credentials".
 */
export const noOpenCors: LintRule<'no-open-cors'> = {
  name: 'no-open-cors',
  pack: 'edge',
  summary: 'credentials go to origins that are named',
  severity: 'warning',
  *check(view) {
    const policies = ['envoy.extensions.filters.http.cors.v3.CorsPolicy', 'envoy.config.route.v3.CorsPolicy'];
    for (const policy of policies.flatMap((type) => view.all(type))) {
      if (policy.value.allow_credentials !== true) continue;
      const open = policy.list('allow_origin_string_match').find(({ value }) => takesAll(value));
      if (open === undefined) continue;
      yield {
        path: open.path,
        message: 'every page of the web may act with the credentials of a user who visits it',
        fix: 'name the origins, or remove allow_credentials',
      };
    }
  },
};
