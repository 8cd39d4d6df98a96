/**
 * What cluster types demand of the rest of the cluster.
 */
import type { Finding } from './finding.js';
import { clustersOf, fieldsAt, listAt } from './walk.js';

/** `LOGICAL_DNS` connects to one name. */
export function logicalDnsEndpoints(bootstrap: unknown): Finding[] {
  return clustersOf(bootstrap).flatMap(({ value, path }): Finding[] => {
    if (value.type !== 'LOGICAL_DNS' || value.cluster_type !== undefined) return [];
    const localities = listAt(fieldsAt(value.load_assignment).endpoints);
    const hosts = localities.flatMap((locality) => listAt(fieldsAt(locality).lb_endpoints));
    if (localities.length === 1 && hosts.length === 1) return [];
    return [
      {
        code: 'E3010',
        severity: 'error',
        path: value.load_assignment === undefined ? path : [...path, 'load_assignment'],
        message: `a LOGICAL_DNS cluster has exactly one endpoint, this one has ${hosts.length}`,
        fix: hosts.length > 1 ? 'use STRICT_DNS' : 'add the endpoint',
      },
    ];
  });
}

/** Load-balancing policies that exclude cluster types. */
export function loadBalancingPolicies(bootstrap: unknown): Finding[] {
  return clustersOf(bootstrap).flatMap(({ value, path }): Finding[] => {
    const policy = value.lb_policy ?? 'ROUND_ROBIN';
    if (value.load_balancing_policy !== undefined) return [];
    if (policy === 'LOAD_BALANCING_POLICY_CONFIG') {
      const message = 'lb_policy LOAD_BALANCING_POLICY_CONFIG needs the field load_balancing_policy';
      return [{ code: 'E3011', severity: 'error', path: [...path, 'lb_policy'], message }];
    }
    if (value.type === 'ORIGINAL_DST' && policy !== 'CLUSTER_PROVIDED') {
      return [
        {
          code: 'E3011',
          severity: 'error',
          path: value.lb_policy === undefined ? [...path, 'type'] : [...path, 'lb_policy'],
          message: `an ORIGINAL_DST cluster cannot have the load-balancing policy ${policy}`,
          fix: "set lb_policy to 'CLUSTER_PROVIDED'",
        },
      ];
    }
    return [];
  });
}
