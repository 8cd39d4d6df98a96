import { isSet } from '../../check/bootstrap-view.js';
import { endpointsOf, nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # require-health-checks
 *
 * Of a cluster with several hosts Envoy sends a share of the requests to one that is down, until somebody takes it out:
 * active health checks, or outlier detection that watches the answers.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * load_assignment:
 *   cluster_name: web
 *   endpoints:
 *   - lb_endpoints:
 *     - endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } }
 *     - endpoint: { address: { socket_address: { address: 10.0.0.2, port_value: 80 } } }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: web
 * type: STATIC
 * outlier_detection: { consecutive_5xx: 5 }
 * load_assignment:
 *   cluster_name: web
 *   endpoints:
 *   - lb_endpoints:
 *     - endpoint: { address: { socket_address: { address: 10.0.0.1, port_value: 80 } } }
 *     - endpoint: { address: { socket_address: { address: 10.0.0.2, port_value: 80 } } }
 * ```
 *
 * Source: Envoy documentation, "Health checking" and "Outlier detection".
 */
export const requireHealthChecks: LintRule<'require-health-checks'> = {
  name: 'require-health-checks',
  pack: 'resilience',
  summary: 'a cluster with several hosts takes out those that are down',
  severity: 'off',
  *check(view) {
    for (const cluster of view.clusters) {
      const several = endpointsOf(cluster).length > 1;
      if (!several || cluster.list('health_checks').length > 0 || isSet(cluster.value.outlier_detection))
        continue;
      yield {
        path: cluster.path,
        message: `nothing takes out a host of the cluster '${nameOf(cluster)}' that is down`,
        fix: 'add health_checks, or outlier_detection: {}',
      };
    }
  },
};
