/**
 * Statistics of a subscription, in Envoy's names.
 */
import type { Counter, Gauge, StatsScope, TextReadout } from '../stats/stat.js';
import { xxHash64 } from '../common/xx-hash-64.js';
import type { ResourceUse } from './compose-bootstrap.js';

export interface SubscriptionStats {
  readonly attempt: Counter;
  readonly success: Counter;
  /** The file was no YAML or JSON. */
  readonly failure: Counter;
  readonly rejected: Counter;
  /** A file without resources, where one is wanted: what was there stays. */
  readonly empty: Counter | undefined;
  /** Assignments that changed no host. */
  readonly noRebuild: Counter | undefined;
  /** The resources are others than before. */
  readonly reload: Counter | undefined;
  readonly reloadTime: Gauge | undefined;
  /** Milliseconds since the epoch of the last success. */
  readonly time: Gauge;
  /** Hash of `versionText`. */
  readonly version: Gauge;
  readonly versionText: TextReadout;
}

export function createSubscriptionStats(
  { kind, statPrefix }: ResourceUse,
  stats: StatsScope,
): SubscriptionStats {
  const counter = (name: string): Counter => stats.counter(`${statPrefix}${name}`);
  const gauge = (name: string): Gauge => stats.gauge(`${statPrefix}${name}`);
  counter('init_fetch_timeout');
  stats.histogram(`${statPrefix}update_duration`);
  if (kind === 'eds') {
    for (const name of ['assignment_stale', 'assignment_timeout_received', 'assignment_use_cached'])
      counter(name);
  }
  const isOfOne = kind === 'rds' || kind === 'eds';
  const tellsReloads = kind === 'rds' || kind === 'cds';
  return {
    attempt: counter('update_attempt'),
    success: counter('update_success'),
    failure: counter('update_failure'),
    rejected: counter('update_rejected'),
    empty: isOfOne ? counter('update_empty') : undefined,
    noRebuild: kind === 'eds' ? counter('update_no_rebuild') : undefined,
    reload: tellsReloads ? counter('config_reload') : undefined,
    reloadTime: tellsReloads ? gauge('config_reload_time_ms') : undefined,
    time: gauge('update_time'),
    version: gauge('version'),
    versionText: stats.textReadout(`${statPrefix}version_text`),
  };
}

/** As a number of the gauge `version`, which has 64 bits: the last digits of large ones are lost here. */
export function versionNumber(versionInfo: string): number {
  return Number(xxHash64(versionInfo));
}
