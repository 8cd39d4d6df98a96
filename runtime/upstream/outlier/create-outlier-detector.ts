/**
 * `Cluster.outlier_detection` -> the detector of the cluster.
 */
import type { Clock } from '../../common/clock.js';
import { messageOf, textOf } from '../../common/message-fields.js';
import { under } from '../../network/config-path.js';
import type { StatsScope } from '../../stats/stat.js';
import type { Host } from '../host/host.js';
import { OutlierDetector } from './outlier-detector.js';
import type { EventLog } from './outlier-event-log.js';
import { readOutlierSettings } from './outlier-settings.js';
import { createOutlierStats } from './outlier-stats.js';

export interface OutlierDetectorDependencies {
  readonly clock: Clock;
  /** Of [0, 1). */
  readonly random: () => number;
  readonly stats: StatsScope;
  /** `cluster.<name>.` */
  readonly statPrefix: string;
  readonly outlierEventLog?: () => EventLog | undefined;
  /** A host was ejected or let in again, or began or ceased to be degraded. */
  readonly onChange: (host: Host) => void;
}

/**
 * @returns undefined when the cluster wants none
 * @throws ConfigError with the path inside the cluster
 */
export function createOutlierDetector(
  cluster: unknown,
  { clock, onChange, outlierEventLog, random, statPrefix, stats }: OutlierDetectorDependencies,
): OutlierDetector | undefined {
  const { name, outlier_detection: config } = messageOf(cluster);
  if (config === undefined) return undefined;
  const settings = under(() => readOutlierSettings(config), 'outlier_detection');
  return new OutlierDetector(settings, {
    clusterName: textOf(name),
    clock,
    random,
    stats: createOutlierStats(statPrefix, stats),
    eventLog: outlierEventLog ?? (() => undefined),
    onChange,
  });
}
