import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # no-stat-flood
 *
 * Each cluster makes about 100 counters and gauges, each listener about 60. A thousand clusters are a hundred thousand, in
 * every scrape, of which ten are looked at. `stats_config.stats_matcher` keeps the others from being made at all.
 *
 * Wrong:
 *
 * See the right one without `stats_config`, and with more clusters than the option `maxClusters` (200).
 *
 * Right:
 *
 * ```yaml bootstrap
 * stats_config:
 *   stats_matcher:
 *     inclusion_list: { patterns: [{ prefix: cluster. }, { prefix: http. }] }
 * ```
 *
 * Source: envoy.config.metrics.v3.StatsConfig.stats_matcher.
 */
export const noStatFlood: LintRule<'no-stat-flood'> = {
  name: 'no-stat-flood',
  pack: 'cost',
  summary: 'many clusters come with a choice of statistics',
  severity: 'off',
  options: { maxClusters: 200 },
  *check(view, { maxClusters }) {
    const count = view.clusters.length;
    if (count <= maxClusters || isSet(view.root.at('stats_config').value.stats_matcher)) return;
    yield {
      path: [...view.root.at('static_resources').path, 'clusters'],
      message: `${count} clusters make about ${count * 100} statistics, all of them in every scrape`,
      fix: 'choose some with stats_config.stats_matcher',
    };
  },
};
