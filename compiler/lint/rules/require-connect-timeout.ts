import { isSet } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # require-connect-timeout
 *
 * A cluster without `connect_timeout` waits 5 seconds for a host that does not answer, and a retry waits them again. Inside
 * one data centre a quarter of a second is generous.
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
 * connect_timeout: 0.25s
 * ```
 *
 * Source: envoy.config.cluster.v3.Cluster.connect_timeout.
 */
export const requireConnectTimeout: LintRule<'require-connect-timeout'> = {
  name: 'require-connect-timeout',
  pack: 'resilience',
  summary: 'a cluster says how long a connection may take',
  severity: 'off',
  *check(view) {
    for (const cluster of view.clusters) {
      if (isSet(cluster.value.connect_timeout)) continue;
      yield {
        path: cluster.path,
        message: `the cluster '${nameOf(cluster)}' waits the default 5 s for a connection`,
        fix: 'set connect_timeout',
      };
    }
  },
};
