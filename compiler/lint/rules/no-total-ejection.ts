import { numberAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { outlierType } from '../message-names.js';

/**
 * # no-total-ejection
 *
 * Outlier detection with `max_ejection_percent: 100` may take out every host: one bad deployment, or one bad request that
 * is retried, and the cluster is empty. The default is 10 %, and one host is always allowed.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * outlier_detection: { max_ejection_percent: 100 }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * outlier_detection: { max_ejection_percent: 50 }
 * ```
 *
 * Source: envoy.config.cluster.v3.OutlierDetection.max_ejection_percent.
 */
export const noTotalEjection: LintRule<'no-total-ejection'> = {
  name: 'no-total-ejection',
  pack: 'resilience',
  summary: 'outlier detection leaves some hosts in',
  severity: 'warning',
  options: { maxPercent: 90 },
  *check(view, { maxPercent }) {
    for (const outlier of view.all(outlierType)) {
      const percent = numberAt(outlier.value.max_ejection_percent);
      if (percent === undefined || percent <= maxPercent) continue;
      yield {
        path: [...outlier.path, 'max_ejection_percent'],
        message: `up to ${Math.min(percent, 100)} % of the hosts may be ejected: the cluster may become empty`,
        fix: 'lower it, e.g. to 50',
      };
    }
  },
};
