/**
 * Lines of `event_log_path` and of the file sink: `envoy.data.core.v3.HealthCheckEvent` as JSON, field for field as Envoy
 * writes it, with the values that are empty or 0.
 */
import { messageOf } from '../../common/message-fields.js';
import type { Host } from '../host/host.js';
import type { HealthCheckerType, HealthCheckFailureType } from './health-checker.js';

export type HealthEvent =
  | {
      readonly kind: 'eject_unhealthy_event' | 'health_check_failure_event';
      readonly failure: HealthCheckFailure;
    }
  | { readonly kind: 'add_healthy_event'; readonly firstCheck: boolean }
  | { readonly kind: 'degraded_healthy_host' | 'no_longer_degraded_host' | 'successful_health_check_event' };

export interface HealthCheckFailure {
  readonly type: HealthCheckFailureType;
  readonly firstCheck: boolean;
  /** 0 when there is none. */
  readonly httpStatus: number;
}

function payload(event: HealthEvent): unknown {
  switch (event.kind) {
    case 'add_healthy_event':
      return { first_check: event.firstCheck };
    case 'eject_unhealthy_event':
      return { failure_type: event.failure.type, http_status_code: event.failure.httpStatus };
    case 'health_check_failure_event':
      return {
        failure_type: event.failure.type,
        first_check: event.failure.firstCheck,
        http_status_code: event.failure.httpStatus,
      };
    default:
      return {};
  }
}

function addressOf({ address }: Host): unknown {
  if (address.kind === 'pipe') return { pipe: { path: address.path, mode: 0 } };
  return {
    socket_address: {
      protocol: 'TCP',
      address: address.ip,
      port_value: address.port,
      resolver_name: '',
      ipv4_compat: false,
      network_namespace_filepath: '',
    },
  };
}

function metadataOf({ healthCheck: { metadata } }: Host): Readonly<Record<string, unknown>> {
  if (metadata === undefined) return {};
  return { metadata: { filter_metadata: {}, typed_filter_metadata: {}, ...messageOf(metadata) } };
}

/** The order of the fields in the message, which is the order in the text. */
const beforeTime: ReadonlySet<string> = new Set(['eject_unhealthy_event', 'add_healthy_event']);
const last = 'successful_health_check_event';

/**
 * Without the end of the line.
 * @param wallTime milliseconds since the epoch
 */
export function healthEventText(
  type: HealthCheckerType,
  clusterName: string,
  host: Host,
  wallTime: number,
  event: HealthEvent,
): string {
  const { kind } = event;
  const own = { [kind]: payload(event) };
  return JSON.stringify({
    health_checker_type: type,
    host: addressOf(host),
    cluster_name: clusterName,
    ...(beforeTime.has(kind) ? own : {}),
    timestamp: new Date(wallTime).toISOString(),
    ...(beforeTime.has(kind) || kind === last ? {} : own),
    ...metadataOf(host),
    locality: { region: host.region, zone: host.zone, sub_zone: host.subZone },
    ...(kind === last ? own : {}),
  });
}
