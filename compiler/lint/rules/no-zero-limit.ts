import { numberAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { thresholdsType } from '../message-names.js';

/**
 * # no-zero-limit
 *
 * 0 is not "no limit": a circuit breaker with `max_requests: 0` or `max_pending_requests: 0` refuses everything with 503,
 * and `max_connections: 0` lets through one connection only. Leave the field out for the default of 1024.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * circuit_breakers: { thresholds: [{ max_requests: 0 }] }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * circuit_breakers: { thresholds: [{ max_requests: 4096 }] }
 * ```
 *
 * Source: envoy.config.cluster.v3.CircuitBreakers.Thresholds; measured on Envoy 1.40.
 */
export const noZeroLimit: LintRule<'no-zero-limit'> = {
  name: 'no-zero-limit',
  pack: 'correctness',
  summary: 'no circuit breaker is always open',
  severity: 'warning',
  *check(view) {
    for (const threshold of view.all(thresholdsType)) {
      for (const field of ['max_connections', 'max_pending_requests', 'max_requests']) {
        if (numberAt(threshold.value[field]) !== 0) continue;
        yield {
          path: [...threshold.path, field],
          message: `${field}: 0 does not mean without a limit: nothing gets through`,
          fix: 'leave it out for the default of 1024, or write the limit',
        };
      }
    }
  },
};
