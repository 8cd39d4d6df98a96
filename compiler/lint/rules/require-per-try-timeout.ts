import { isSet, textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { retryPolicyType } from '../message-names.js';

/**
 * # require-per-try-timeout
 *
 * The time-out of a route holds for all tries together. Without `per_try_timeout` a host that hangs takes all of it, and the
 * retry that would have helped never happens.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web, timeout: 5s, retry_policy: { retry_on: "5xx,reset" } }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: / }
 *   route: { cluster: web, timeout: 5s, retry_policy: { retry_on: "5xx,reset", per_try_timeout: 1s } }
 * ```
 *
 * Source: envoy.config.route.v3.RetryPolicy.per_try_timeout.
 */
export const requirePerTryTimeout: LintRule<'require-per-try-timeout'> = {
  name: 'require-per-try-timeout',
  pack: 'resilience',
  summary: 'a retry policy limits the time of each try',
  severity: 'off',
  *check(view) {
    for (const policy of view.all(retryPolicyType)) {
      const words = textAt(policy.value.retry_on).split(',');
      if (isSet(policy.value.per_try_timeout) || !words.some((word) => /5xx|gateway-error|reset$/.test(word)))
        continue;
      yield {
        path: policy.path,
        message: 'a host that hangs uses up the time of all tries: nothing is retried',
        fix: 'set per_try_timeout',
      };
    }
  },
};
