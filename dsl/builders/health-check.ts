/**
 * Active health checks: `strictDns('a', ['a:80'], { healthChecks: [httpHealthCheck('/health')] })`.
 */
import type { HealthCheck } from '../types.js';
import type { DurationInput } from './duration.js';
import { duration } from './duration.js';
import { defined, extension } from './extension.js';

/** What all health checks have. */
export interface HealthCheckOptions {
  /** For logs. Several checks of one cluster need a name each; those without get `check_1`, `check_2`. */
  readonly name?: string;
  /** Time for one check, default one second. */
  readonly timeout?: DurationInput;
  /** Between two checks of a host, default five seconds. */
  readonly interval?: DurationInput;
  /** Random part of the interval, default one second: hosts of many proxies are not asked all at once. */
  readonly jitter?: DurationInput;
  /** Failures in a row that make a host unhealthy, default 3. An HTTP answer that is not expected does at once. */
  readonly unhealthyThreshold?: number;
  /** Successes in a row that make it healthy again, default 2. */
  readonly healthyThreshold?: number;
  /** File that gets a line of JSON for each change of a host's health. */
  readonly eventLog?: string;
  /** Any other field of `HealthCheck`; it wins over what the builder sets. */
  readonly raw?: Partial<HealthCheck>;
}

function eventFile(event_log_path: string): object {
  return extension(
    'envoy.health_check.event_sink.file',
    'envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink',
    { event_log_path },
  );
}

function common(options: HealthCheckOptions) {
  return {
    ...defined({ name: options.name }),
    ...(options.eventLog === undefined ? {} : { event_logger: [eventFile(options.eventLog)] }),
    timeout: duration(options.timeout ?? '1s'),
    interval: duration(options.interval ?? '5s'),
    interval_jitter: duration(options.jitter ?? '1s'),
    unhealthy_threshold: options.unhealthyThreshold ?? 3,
    healthy_threshold: options.healthyThreshold ?? 2,
  };
}

/** Of `httpHealthCheck`. */
export interface HttpHealthCheckOptions extends HealthCheckOptions {
  /** Host header, default the name of the cluster. */
  readonly host?: string;
  /** Statuses that are healthy, as `[from, to)`; default 200 alone. */
  readonly expected?: readonly (readonly [from: number, to: number])[];
  /** Over HTTP/2. Default false. */
  readonly http2?: boolean;
}

/** A GET of a path. */
export function httpHealthCheck(path: `/${string}`, options: HttpHealthCheckOptions = {}): HealthCheck {
  const { expected, host, http2, raw } = options;
  const http_health_check = defined({
    path,
    host,
    expected_statuses: expected?.map(([start, end]) => ({ start, end })),
    codec_client_type: http2 === true ? ('HTTP2' as const) : undefined,
  });
  return { ...common(options), http_health_check, ...raw } as HealthCheck;
}

/** Of `grpcHealthCheck`. */
export interface GrpcHealthCheckOptions extends HealthCheckOptions {
  /** Service that is asked for; default: the server as a whole. */
  readonly service?: string;
  /** Authority, default the name of the cluster. */
  readonly authority?: string;
}

/** `grpc.health.v1.Health/Check`. The cluster must speak HTTP/2. */
export function grpcHealthCheck(options: GrpcHealthCheckOptions = {}): HealthCheck {
  const grpc_health_check = defined({ service_name: options.service, authority: options.authority });
  return { ...common(options), grpc_health_check, ...options.raw } as HealthCheck;
}

/** A connection that is opened. */
export function tcpHealthCheck(options: HealthCheckOptions = {}): HealthCheck {
  return { ...common(options), tcp_health_check: {}, ...options.raw } as HealthCheck;
}
