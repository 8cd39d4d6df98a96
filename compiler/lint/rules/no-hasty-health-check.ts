import { numberAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { millisecondsAt } from '../milliseconds.js';
import { healthCheckType } from '../message-names.js';

/**
 * # no-hasty-health-check
 *
 * A check with `unhealthy_threshold: 1` takes a host out for one lost packet, and an interval under a second, times
 * proxies, times hosts, is a load of its own.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * health_checks:
 * - { timeout: 1s, interval: 0.2s, unhealthy_threshold: 1, healthy_threshold: 1, tcp_health_check: {} }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * health_checks:
 * - { timeout: 1s, interval: 5s, unhealthy_threshold: 3, healthy_threshold: 1, tcp_health_check: {} }
 * ```
 *
 * Source: Envoy documentation, "Health checking".
 */
export const noHastyHealthCheck: LintRule<'no-hasty-health-check'> = {
  name: 'no-hasty-health-check',
  pack: 'resilience',
  summary: 'health checks are neither jumpy nor a load',
  severity: 'off',
  options: { minIntervalMs: 1000, minUnhealthyThreshold: 2 },
  *check(view, { minIntervalMs, minUnhealthyThreshold }) {
    for (const check of view.all(healthCheckType)) {
      const interval = millisecondsAt(check.value.interval);
      if (interval !== undefined && interval < minIntervalMs) {
        yield {
          path: [...check.path, 'interval'],
          message: `every host is checked every ${interval} ms, by every worker's proxy`,
          fix: `at least ${minIntervalMs / 1000}s`,
        };
      }
      if ((numberAt(check.value.unhealthy_threshold) ?? 0) < minUnhealthyThreshold) {
        yield {
          path: [...check.path, 'unhealthy_threshold'],
          message: 'one failed check takes a host out',
          fix: `at least ${minUnhealthyThreshold}`,
        };
      }
    }
  },
};
