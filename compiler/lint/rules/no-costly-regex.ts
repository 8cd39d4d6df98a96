import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { regexType } from '../message-names.js';
import { regexSize } from '../regex/regex-size.js';

/**
 * # no-costly-regex
 *
 * RE2 is linear in the length of the text, not of the program: `(a{1,50}){1,20}` is a program of a thousand steps that runs
 * for each route and each request. Most such routes are prefixes.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { safe_regex: { regex: "/([a-z]{1,60}/){1,20}" } }
 *   route: { cluster: web }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { safe_regex: { regex: "/[a-z]+/.*" } }
 *   route: { cluster: web }
 * ```
 *
 * Source: Envoy's runtime key re2.max_program_size.warn_level; RE2, "Why RE2?".
 */
export const noCostlyRegex: LintRule<'no-costly-regex'> = {
  name: 'no-costly-regex',
  pack: 'cost',
  summary: 'regular expressions are small programs',
  severity: 'warning',
  options: { maxSize: 1000 },
  *check(view, { maxSize }) {
    for (const matcher of view.all(regexType)) {
      const size = regexSize(textAt(matcher.value.regex));
      if (size === undefined || size <= maxSize) continue;
      yield {
        path: [...matcher.path, 'regex'],
        message: `the regular expression is a program of about ${size} steps`,
        fix: 'use a prefix, or repeat with * and + instead of {n,m}',
      };
    }
  },
};
