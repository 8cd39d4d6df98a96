/** `cluster.<name>.outlier_detection.*`. */
import type { Counter, Gauge, StatsScope } from '../../stats/stat.js';
import type { EjectionType, EnforcedType } from './outlier-settings.js';

/** The part of the names of counters that stands for a type. */
const nameOfType: Readonly<Record<EjectionType, string>> = {
  CONSECUTIVE_5XX: 'consecutive_5xx',
  CONSECUTIVE_GATEWAY_FAILURE: 'consecutive_gateway_failure',
  CONSECUTIVE_LOCAL_ORIGIN_FAILURE: 'consecutive_local_origin_failure',
  SUCCESS_RATE: 'success_rate',
  SUCCESS_RATE_LOCAL_ORIGIN: 'local_origin_success_rate',
  FAILURE_PERCENTAGE: 'failure_percentage',
  FAILURE_PERCENTAGE_LOCAL_ORIGIN: 'local_origin_failure_percentage',
  DEGRADED: 'degradation',
};

export interface OutlierStats {
  readonly active: Gauge;
  readonly enforcedTotal: Counter;
  /** `max_ejection_percent` was reached. */
  readonly overflow: Counter;
  readonly detected: Readonly<Record<EjectionType, Counter>>;
  readonly enforced: Readonly<Record<EnforcedType, Counter>>;
  /** Of old, still counted by Envoy. */
  readonly total: Counter;
  readonly consecutive5xx: Counter;
  readonly successRate: Counter;
}

/** @param clusterPrefix `cluster.<name>.` */
export function createOutlierStats(clusterPrefix: string, scope: StatsScope): OutlierStats {
  const prefix = `${clusterPrefix}outlier_detection.ejections_`;
  const perType = (kind: string): Record<string, Counter> =>
    Object.fromEntries(
      Object.entries(nameOfType)
        .filter(([type]) => kind === 'detected' || type !== 'DEGRADED')
        .map(([type, name]) => [type, scope.counter(`${prefix}${kind}_${name}`)]),
    );
  return {
    active: scope.gauge(`${prefix}active`),
    enforcedTotal: scope.counter(`${prefix}enforced_total`),
    overflow: scope.counter(`${prefix}overflow`),
    detected: perType('detected') as OutlierStats['detected'],
    enforced: perType('enforced') as OutlierStats['enforced'],
    total: scope.counter(`${prefix}total`),
    consecutive5xx: scope.counter(`${prefix}consecutive_5xx`),
    successRate: scope.counter(`${prefix}success_rate`),
  };
}
