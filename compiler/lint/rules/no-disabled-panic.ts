import { isSet, numberAt } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # no-disabled-panic
 *
 * When fewer hosts than the panic threshold (50 %) are healthy, Envoy distrusts its health checks and uses all of them.
 * With 0 it answers 503 as soon as the last check fails, even when the checks are what is broken.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * common_lb_config: { healthy_panic_threshold: { value: 0 } }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * common_lb_config: { healthy_panic_threshold: { value: 20 } }
 * ```
 *
 * Source: Envoy documentation, "Panic threshold".
 */
export const noDisabledPanic: LintRule<'no-disabled-panic'> = {
  name: 'no-disabled-panic',
  pack: 'resilience',
  summary: 'a cluster whose health checks all fail is used all the same',
  severity: 'off',
  *check(view) {
    for (const cluster of view.clusters) {
      const common = cluster.at('common_lb_config');
      if (!isSet(common.value.healthy_panic_threshold)) continue;
      const threshold = common.at('healthy_panic_threshold');
      if ((numberAt(threshold.value.value) ?? 0) !== 0) continue;
      yield {
        path: threshold.path,
        message: `the cluster '${nameOf(cluster)}' answers 503 when its health checks fail, whatever the reason`,
        fix: 'leave it out, or take a value above 0',
      };
    }
  },
};
