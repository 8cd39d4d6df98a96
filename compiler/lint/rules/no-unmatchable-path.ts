import { fieldsAt, textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { routeMatchType } from '../message-names.js';

/** The first character of every match, when the regex plainly has one. */
function firstLiteral(regex: string): string | undefined {
  if (regex.includes('|')) return undefined;
  const [, first, next] = /^\^?([A-Za-z0-9_-])(.?)/.exec(regex) ?? [];
  return first !== undefined && !'*?{'.includes(next ?? '') ? first : next === '' ? first : undefined;
}

function reasonFor(field: string, text: string): string | undefined {
  if (field === 'regex') {
    const first = firstLiteral(text);
    return first === undefined ? undefined : `begins with '${first}', and every path begins with '/'`;
  }
  if (text === '' || text === '*') return undefined;
  if (!text.startsWith('/')) return "does not begin with '/', as every path does";
  if (text.includes('?')) return 'has a query in it, which is not part of the path';
  return text.includes('#') ? 'has a fragment in it, which no request has' : undefined;
}

/**
 * # no-unmatchable-path
 *
 * Envoy matches the path without its query and fragment, and every path begins with a slash. A `path` or a `prefix` with
 * `?` or `#` in it, one without the slash in front, and a `safe_regex` that begins with another character than a slash
 * match nothing: the regex has to match the whole path. Only CONNECT and `OPTIONS *` have other paths.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: "api/" }          # no slash in front
 *   route: { cluster: api }
 * - match: { path: "/find?q=1" }       # the query is not part of the path
 *   route: { cluster: api }
 * - match: { safe_regex: { regex: "v[0-9]+/.*" } }
 *   route: { cluster: api }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: "/api/" }
 *   route: { cluster: api }
 * - match: { path: "/find", query_parameters: [{ name: q, string_match: { exact: "1" } }] }
 *   route: { cluster: api }
 * - match: { safe_regex: { regex: "/v[0-9]+/.*" } }
 *   route: { cluster: api }
 * ```
 *
 * Source: envoy.config.route.v3.RouteMatch (path_specifier); measured on Envoy 1.40.
 */
export const noUnmatchablePath: LintRule<'no-unmatchable-path'> = {
  name: 'no-unmatchable-path',
  pack: 'correctness',
  summary: 'the path of a route match can be the path of a request',
  severity: 'warning',
  *check(view) {
    for (const match of view.all(routeMatchType)) {
      for (const field of ['prefix', 'path', 'path_separated_prefix', 'safe_regex']) {
        const isRegex = field === 'safe_regex';
        const text = textAt(isRegex ? fieldsAt(match.value.safe_regex).regex : match.value[field]);
        const reason = reasonFor(isRegex ? 'regex' : field, text);
        if (reason === undefined) continue;
        yield {
          path: [...match.path, field],
          message: `no request is matched: ${field} '${text}' ${reason}`,
          fix: /query/.test(reason)
            ? 'match the path, and the query with query_parameters'
            : "begin it with '/'",
        };
      }
    }
  },
};
