/** `cluster.<name>.health_check.*`. */
import type { Counter, Gauge, StatsScope } from '../../stats/stat.js';

export interface HealthCheckStats {
  readonly attempt: Counter;
  readonly success: Counter;
  /** All kinds of failures. */
  readonly failure: Counter;
  readonly networkFailure: Counter;
  /** Told by a response to a request. */
  readonly passiveFailure: Counter;
  /** Answers whose cluster name was looked at (`service_name_matcher`). */
  readonly verifyCluster: Counter;
  readonly gauges: HealthCheckGauges;
}

/** Hosts that pass their checks, and those of them that call themselves degraded. */
export interface HealthCheckGauges {
  readonly healthy: Gauge;
  readonly degraded: Gauge;
}

/** @param clusterPrefix `cluster.<name>.` */
export function createHealthCheckGauges(clusterPrefix: string, scope: StatsScope): HealthCheckGauges {
  return {
    healthy: scope.gauge(`${clusterPrefix}health_check.healthy`),
    degraded: scope.gauge(`${clusterPrefix}health_check.degraded`),
  };
}

/** @param name of the check where there are several: they are counted under `health_check.name.<name>.` */
export function createHealthCheckStats(
  clusterPrefix: string,
  name: string | undefined,
  scope: StatsScope,
): HealthCheckStats {
  const prefix = `${clusterPrefix}health_check.${name === undefined ? '' : `name.${name}.`}`;
  return {
    attempt: scope.counter(`${prefix}attempt`),
    success: scope.counter(`${prefix}success`),
    failure: scope.counter(`${prefix}failure`),
    networkFailure: scope.counter(`${prefix}network_failure`),
    passiveFailure: scope.counter(`${prefix}passive_failure`),
    verifyCluster: scope.counter(`${prefix}verify_cluster`),
    gauges: { healthy: scope.gauge(`${prefix}healthy`), degraded: scope.gauge(`${prefix}degraded`) },
  };
}
