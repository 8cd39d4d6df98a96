import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # require-circuit-breakers
 *
 * Every cluster has circuit breakers: 1,024 connections, pending requests and requests, and 3 retries at a time. A number
 * that nobody chose is too low for a busy service and too high for a small one.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * circuit_breakers: { thresholds: [{ max_connections: 200, max_requests: 500, max_pending_requests: 100, max_retries: 10 }] }
 * ```
 *
 * Source: Envoy documentation, "Circuit breaking".
 */
export const requireCircuitBreakers: LintRule<'require-circuit-breakers'> = {
  name: 'require-circuit-breakers',
  pack: 'resilience',
  summary: 'a cluster has circuit breakers that somebody chose',
  severity: 'off',
  *check(view) {
    for (const cluster of view.clusters) {
      if (cluster.at('circuit_breakers').list('thresholds').length > 0) continue;
      yield {
        path: cluster.path,
        message: `nobody chose the circuit breakers of the cluster '${nameOf(cluster)}'`,
        fix: 'set circuit_breakers.thresholds',
      };
    }
  },
};
