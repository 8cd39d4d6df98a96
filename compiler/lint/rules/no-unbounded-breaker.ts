import { numberAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { thresholdsType } from '../message-names.js';

const fields = ['max_connections', 'max_pending_requests', 'max_requests', 'max_retries'];

/**
 * # no-unbounded-breaker
 *
 * Circuit breakers of a million or more are switched off: a slow service then holds every connection and all memory of the
 * proxy.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * circuit_breakers: { thresholds: [{ max_requests: 1000000000 }] }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * circuit_breakers: { thresholds: [{ max_requests: 10000 }] }
 * ```
 *
 * Source: Envoy documentation, "Circuit breaking".
 */
export const noUnboundedBreaker: LintRule<'no-unbounded-breaker'> = {
  name: 'no-unbounded-breaker',
  pack: 'resilience',
  summary: 'circuit breakers have limits that can be reached',
  severity: 'off',
  options: { max: 1_000_000 },
  *check(view, { max }) {
    for (const threshold of view.all(thresholdsType)) {
      for (const field of fields) {
        const limit = numberAt(threshold.value[field]) ?? 0;
        if (limit < max) continue;
        yield {
          path: [...threshold.path, field],
          message: `${field}: ${limit} is as good as no limit`,
          fix: 'take what the service stands',
        };
      }
    }
  },
};
