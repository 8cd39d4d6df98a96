/**
 * Lines of `cluster_manager.outlier_detection.event_log_path`: `envoy.data.cluster.v3.OutlierDetectionEvent` as JSON, field
 * for field as Envoy writes it, with the values that are 0.
 */
import type { EjectionType } from './outlier-settings.js';

/** Takes a line with its end. */
export type EventLog = (line: string) => void;

export interface OutlierEvent {
  readonly type: EjectionType;
  /** Milliseconds since the epoch. */
  readonly wallTime: number;
  /** Since the host was ejected (of UNEJECT), or was let in again (of EJECT); undefined when it never was. */
  readonly sinceLastActionMs: number | undefined;
  readonly clusterName: string;
  readonly upstreamUrl: string;
  readonly action: 'EJECT' | 'UNEJECT';
  /** How often the host has been ejected. */
  readonly numEjections: number;
  readonly enforced: boolean;
  readonly hostSuccessRate?: number;
  readonly averageSuccessRate?: number;
  readonly ejectionThreshold?: number;
}

/** What kind of event it is, and its numbers, which the message has as whole ones. */
function detail(event: OutlierEvent): Readonly<Record<string, unknown>> {
  const { averageSuccessRate = 0, ejectionThreshold = 0, hostSuccessRate = 0, type } = event;
  if (event.action === 'UNEJECT') return {};
  switch (type) {
    case 'SUCCESS_RATE':
    case 'SUCCESS_RATE_LOCAL_ORIGIN':
      return {
        eject_success_rate_event: {
          host_success_rate: Math.trunc(hostSuccessRate),
          cluster_average_success_rate: Math.trunc(averageSuccessRate),
          cluster_success_rate_ejection_threshold: Math.max(0, Math.trunc(ejectionThreshold)),
        },
      };
    case 'FAILURE_PERCENTAGE':
    case 'FAILURE_PERCENTAGE_LOCAL_ORIGIN':
      return { eject_failure_percentage_event: { host_success_rate: Math.trunc(hostSuccessRate) } };
    default:
      return { eject_consecutive_event: {} };
  }
}

/** Without the end of the line. */
export function outlierEventText(event: OutlierEvent): string {
  const { action, clusterName, enforced, numEjections, sinceLastActionMs, type, upstreamUrl, wallTime } =
    event;
  return JSON.stringify({
    type,
    timestamp: new Date(wallTime).toISOString(),
    ...(sinceLastActionMs === undefined
      ? {}
      : { secs_since_last_action: String(Math.trunc(sinceLastActionMs / 1000)) }),
    cluster_name: clusterName,
    upstream_url: upstreamUrl,
    action,
    num_ejections: numEjections,
    enforced,
    ...detail(event),
  });
}
