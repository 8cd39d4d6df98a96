import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # no-duplicate-threshold
 *
 * Of two circuit-breaker thresholds with one priority Envoy uses one and says nothing about the other.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * circuit_breakers: { thresholds: [{ max_connections: 100 }, { max_requests: 50 }] }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * circuit_breakers: { thresholds: [{ max_connections: 100, max_requests: 50 }] }
 * ```
 *
 * Source: envoy.config.cluster.v3.CircuitBreakers.thresholds ("the first one in the list is used").
 */
export const noDuplicateThreshold: LintRule<'no-duplicate-threshold'> = {
  name: 'no-duplicate-threshold',
  pack: 'correctness',
  summary: 'circuit breakers have one threshold a priority',
  severity: 'warning',
  *check(view) {
    for (const cluster of view.clusters) {
      for (const field of ['thresholds', 'per_host_thresholds']) {
        const seen = new Set<string>();
        for (const threshold of cluster.at('circuit_breakers').list(field)) {
          const priority = textAt(threshold.value.priority) || 'DEFAULT';
          if (seen.has(priority)) {
            yield {
              path: threshold.path,
              message: `a threshold for the priority ${priority} stands before this one, which has no effect`,
              fix: 'put the limits into one threshold',
            };
          }
          seen.add(priority);
        }
      }
    }
  },
};
