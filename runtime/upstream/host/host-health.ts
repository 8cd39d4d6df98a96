/**
 * Whether a host may be used, and why not: Envoy's health flags (`Host::HealthFlag`), each set by one component only.
 */
import type { HealthCheckMonitor, OutlierMonitor } from './host-monitors.js';
import { noOutlierMonitor } from './host-monitors.js';

/** Active checks fail. A new host of a cluster with checks begins so. */
export const FAILED_ACTIVE_HC = 0x1;
/** Ejected by the outlier detector. */
export const FAILED_OUTLIER_CHECK = 0x2;
/** The configuration says UNHEALTHY or TIMEOUT. */
export const FAILED_EDS_HEALTH = 0x4;
/** The last good check said `x-envoy-degraded`. */
export const DEGRADED_ACTIVE_HC = 0x8;
/** The configuration says DEGRADED. */
export const DEGRADED_EDS_HEALTH = 0x10;
/** Gone from the DNS, and kept because its checks pass. */
export const PENDING_DYNAMIC_REMOVAL = 0x20;
/** Not checked yet, and not to be counted until then (`ignore_new_hosts_until_first_hc`). */
export const PENDING_ACTIVE_HC = 0x40;
/** It said `x-envoy-immediate-health-check-fail`. */
export const EXCLUDED_VIA_IMMEDIATE_HC_FAIL = 0x80;
/** The check that failed it had no answer in time. */
export const ACTIVE_HC_TIMEOUT = 0x100;
/** The configuration says DRAINING. */
export const EDS_STATUS_DRAINING = 0x200;
/** A response said `x-envoy-degraded` (`detect_degraded_hosts`). */
export const DEGRADED_OUTLIER_DETECTION = 0x400;

/** What the active health checker owns. */
export const activeFlags =
  FAILED_ACTIVE_HC |
  DEGRADED_ACTIVE_HC |
  PENDING_ACTIVE_HC |
  EXCLUDED_VIA_IMMEDIATE_HC_FAIL |
  ACTIVE_HC_TIMEOUT;
/** What the outlier detector owns. */
export const outlierFlags = FAILED_OUTLIER_CHECK | DEGRADED_OUTLIER_DETECTION;
/** What the configuration says. */
const statusFlags = FAILED_EDS_HEALTH | DEGRADED_EDS_HEALTH | EDS_STATUS_DRAINING;

const unhealthy = FAILED_ACTIVE_HC | FAILED_OUTLIER_CHECK | FAILED_EDS_HEALTH | EDS_STATUS_DRAINING;
const degraded = DEGRADED_ACTIVE_HC | DEGRADED_EDS_HEALTH | DEGRADED_OUTLIER_DETECTION;
const excluded = PENDING_ACTIVE_HC | EXCLUDED_VIA_IMMEDIATE_HC_FAIL | EDS_STATUS_DRAINING;

/** In the order in which `/clusters` writes them. */
const texts: readonly (readonly [flag: number, text: string])[] = [
  [FAILED_ACTIVE_HC, '/failed_active_hc'],
  [FAILED_OUTLIER_CHECK, '/failed_outlier_check'],
  [FAILED_EDS_HEALTH, '/failed_eds_health'],
  [DEGRADED_ACTIVE_HC, '/degraded_active_hc'],
  [DEGRADED_EDS_HEALTH, '/degraded_eds_health'],
  [PENDING_DYNAMIC_REMOVAL, '/pending_dynamic_removal'],
  [PENDING_ACTIVE_HC, '/pending_active_hc'],
  [EXCLUDED_VIA_IMMEDIATE_HC_FAIL, '/excluded_via_immediate_hc_fail'],
  [ACTIVE_HC_TIMEOUT, '/active_hc_timeout'],
  [EDS_STATUS_DRAINING, '/eds_status_draining'],
  [DEGRADED_OUTLIER_DETECTION, '/degraded_outlier_detection'],
];

/** `LbEndpoint.health_status` -> flags. TIMEOUT counts as UNHEALTHY. */
const flagsOfStatus: Readonly<Record<string, number>> = {
  UNHEALTHY: FAILED_EDS_HEALTH,
  TIMEOUT: FAILED_EDS_HEALTH,
  DRAINING: EDS_STATUS_DRAINING,
  DEGRADED: DEGRADED_EDS_HEALTH,
};

/** Flags that can be read and set; of a host, or what one of several health checkers thinks of it. */
export interface HealthFlags {
  has(flag: number): boolean;
  set(flag: number): void;
  clear(flag: number): void;
}

/** Shared by all snapshots of an endpoint within one cluster of one generation of the configuration. */
export class HostHealth implements HealthFlags {
  /** Who wants to hear of requests; changes when a new generation takes over, also for requests under way. */
  outlierMonitor: OutlierMonitor = noOutlierMonitor;
  /** undefined: the host has no active checks. */
  healthCheckMonitor: HealthCheckMonitor | undefined = undefined;
  private flags = 0;
  private failureListeners: Set<() => void> | undefined = undefined;

  has(flag: number): boolean {
    return (this.flags & flag) !== 0;
  }

  set(flag: number): void {
    this.flags |= flag;
  }

  clear(flag: number): void {
    this.flags &= ~flag;
  }

  /** Those of the flags that are set. */
  bits(mask: number): number {
    return this.flags & mask;
  }

  /** Sets those of the flags that are in `bits`, and clears the others of them. */
  assign(mask: number, bits: number): void {
    this.flags = (this.flags & ~mask) | (bits & mask);
  }

  /** Takes these flags over from another one, set or not. */
  copy({ flags }: HostHealth, mask: number): void {
    this.assign(mask, flags);
  }

  /** @param status `LbEndpoint.health_status` */
  setStatus(status: string): void {
    this.flags = (this.flags & ~statusFlags) | (flagsOfStatus[status] ?? 0);
  }

  /** May be used, and is preferred to degraded hosts. */
  get isHealthy(): boolean {
    return (this.flags & (unhealthy | degraded)) === 0;
  }

  /** May be used when there are too few healthy ones. */
  get isDegraded(): boolean {
    return (this.flags & unhealthy) === 0 && (this.flags & degraded) !== 0;
  }

  /** Does not count when it is asked how many hosts of a cluster are healthy. */
  get isExcluded(): boolean {
    return (this.flags & excluded) !== 0;
  }

  /** `/failed_active_hc/active_hc_timeout`; `healthy` when no flag is set. */
  get text(): string {
    let text = '';
    for (const [flag, name] of texts) if (this.has(flag)) text += name;
    return text === '' ? 'healthy' : text;
  }

  /**
   * Called whenever the host begins to fail its checks or is ejected. For connections that are to close then
   * (`close_connections_on_host_health_failure`). @returns ends it
   */
  onFailure(listener: () => void): () => void {
    this.failureListeners ??= new Set();
    this.failureListeners.add(listener);
    return () => void this.failureListeners?.delete(listener);
  }

  /** The host has begun to fail. */
  tellFailure(): void {
    for (const listener of [...(this.failureListeners ?? [])]) listener();
  }
}
