import { numberAt } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # no-priority-gap
 *
 * Priorities of localities count from 0 without a gap. Envoy takes `0, 2` and works with an empty priority 1, through
 * which traffic fails over at the wrong moment.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * load_assignment:
 *   cluster_name: web
 *   endpoints: [{ priority: 0, lb_endpoints: [] }, { priority: 2, lb_endpoints: [] }]
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * load_assignment:
 *   cluster_name: web
 *   endpoints: [{ priority: 0, lb_endpoints: [] }, { priority: 1, lb_endpoints: [] }]
 * ```
 *
 * Source: envoy.config.endpoint.v3.LocalityLbEndpoints.priority.
 */
export const noPriorityGap: LintRule<'no-priority-gap'> = {
  name: 'no-priority-gap',
  pack: 'correctness',
  summary: 'priorities of localities are 0, 1, 2 ... without a gap',
  severity: 'warning',
  *check(view) {
    for (const cluster of view.clusters) {
      const localities = cluster.at('load_assignment').list('endpoints');
      const used = new Set(localities.map(({ value }) => numberAt(value.priority) ?? 0));
      if (used.size === 0) continue;
      const gap = Array.from({ length: used.size }, (_, index) => index).find((index) => !used.has(index));
      if (gap === undefined) continue;
      yield {
        path: [...cluster.path, 'load_assignment'],
        message: `the cluster '${nameOf(cluster)}' has no hosts of priority ${gap} but some of a later one`,
        fix: 'count priorities from 0 without a gap',
      };
    }
  },
};
