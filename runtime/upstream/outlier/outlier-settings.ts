/**
 * `OutlierDetection` with its defaults, as numbers.
 */
import { durationOf, messageOf, numberOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';

/** Times in milliseconds, shares in percent. */
export interface OutlierSettings {
  readonly intervalMs: number;
  readonly baseEjectionTimeMs: number;
  readonly maxEjectionTimeMs: number;
  readonly maxEjectionTimeJitterMs: number;
  readonly maxEjectionPercent: number;
  readonly alwaysEjectOneHost: boolean;
  readonly consecutive5xx: number;
  readonly consecutiveGatewayFailure: number;
  readonly consecutiveLocalOriginFailure: number;
  readonly splitExternalLocalOriginErrors: boolean;
  readonly successRateMinimumHosts: number;
  readonly successRateRequestVolume: number;
  /** Thousandths of a standard deviation. */
  readonly successRateStdevFactor: number;
  readonly failurePercentageThreshold: number;
  readonly failurePercentageMinimumHosts: number;
  readonly failurePercentageRequestVolume: number;
  readonly successfulActiveHealthCheckUnejectHost: boolean;
  readonly detectDegradedHosts: boolean;
  readonly enforcing: Readonly<Record<EnforcedType, number>>;
}

/** Why a host is ejected (`OutlierEjectionType`), as the event log says it. */
export type EjectionType = EnforcedType | 'DEGRADED';

/** What `enforcing_*` speaks of. */
export type EnforcedType =
  | 'CONSECUTIVE_5XX'
  | 'CONSECUTIVE_GATEWAY_FAILURE'
  | 'SUCCESS_RATE'
  | 'CONSECUTIVE_LOCAL_ORIGIN_FAILURE'
  | 'SUCCESS_RATE_LOCAL_ORIGIN'
  | 'FAILURE_PERCENTAGE'
  | 'FAILURE_PERCENTAGE_LOCAL_ORIGIN';

const defaultMaxEjectionTimeMs = 300_000;

/** @throws ConfigError in Envoy's words, with the path inside the message */
export function readOutlierSettings(config: unknown): OutlierSettings {
  const fields = messageOf(config);
  const baseEjectionTimeMs = durationOf(fields.base_ejection_time, 30_000);
  const maxEjectionTimeMs = durationOf(
    fields.max_ejection_time,
    Math.max(defaultMaxEjectionTimeMs, baseEjectionTimeMs),
  );
  if (maxEjectionTimeMs < baseEjectionTimeMs) {
    throw new ConfigError("outlier detector's max_ejection_time cannot be smaller than base_ejection_time", [
      'max_ejection_time',
    ]);
  }
  return {
    intervalMs: durationOf(fields.interval, 10_000),
    baseEjectionTimeMs,
    maxEjectionTimeMs,
    maxEjectionTimeJitterMs: durationOf(fields.max_ejection_time_jitter, 0),
    maxEjectionPercent: numberOf(fields.max_ejection_percent, 10),
    alwaysEjectOneHost: fields.always_eject_one_host === true,
    consecutive5xx: numberOf(fields.consecutive_5xx, 5),
    consecutiveGatewayFailure: numberOf(fields.consecutive_gateway_failure, 5),
    consecutiveLocalOriginFailure: numberOf(fields.consecutive_local_origin_failure, 5),
    splitExternalLocalOriginErrors: fields.split_external_local_origin_errors === true,
    successRateMinimumHosts: numberOf(fields.success_rate_minimum_hosts, 5),
    successRateRequestVolume: numberOf(fields.success_rate_request_volume, 100),
    successRateStdevFactor: numberOf(fields.success_rate_stdev_factor, 1900),
    failurePercentageThreshold: numberOf(fields.failure_percentage_threshold, 85),
    failurePercentageMinimumHosts: numberOf(fields.failure_percentage_minimum_hosts, 5),
    failurePercentageRequestVolume: numberOf(fields.failure_percentage_request_volume, 50),
    successfulActiveHealthCheckUnejectHost: fields.successful_active_health_check_uneject_host !== false,
    detectDegradedHosts: fields.detect_degraded_hosts === true,
    enforcing: {
      CONSECUTIVE_5XX: numberOf(fields.enforcing_consecutive_5xx, 100),
      CONSECUTIVE_GATEWAY_FAILURE: numberOf(fields.enforcing_consecutive_gateway_failure, 0),
      SUCCESS_RATE: numberOf(fields.enforcing_success_rate, 100),
      CONSECUTIVE_LOCAL_ORIGIN_FAILURE: numberOf(fields.enforcing_consecutive_local_origin_failure, 100),
      SUCCESS_RATE_LOCAL_ORIGIN: numberOf(fields.enforcing_local_origin_success_rate, 100),
      FAILURE_PERCENTAGE: numberOf(fields.enforcing_failure_percentage, 0),
      FAILURE_PERCENTAGE_LOCAL_ORIGIN: numberOf(fields.enforcing_failure_percentage_local_origin, 0),
    },
  };
}
