/**
 * Statistics and traces, and which requests are logged.
 */
import type * as api from '../api/generated/types.js';
import type { AccessLogFilter, Cluster, StatsConfig, StatsSink } from '../types.js';
import { parseHostPort } from './address.js';
import { carry, nameOf, valuesOf } from './carried-clusters.js';
import { defined, extension } from './extension.js';
import { grpcService } from './http-filters.js';

/** Of `statsd` and `dogStatsd`. */
export interface StatsdOptions {
  /** Default `envoy`. */
  readonly prefix?: string;
}

/** Statistics to a statsd server: by `ip:port` over UDP, or through a cluster over TCP. */
export function statsd(
  target: string | { readonly cluster: Cluster | string },
  options: StatsdOptions = {},
): StatsSink {
  const to =
    typeof target === 'string'
      ? { address: parseHostPort(target) }
      : { tcp_cluster_name: nameOf(target.cluster) };
  const sink = extension<StatsSink>('envoy.stat_sinks.statsd', 'envoy.config.metrics.v3.StatsdSink', {
    ...to,
    ...defined({ prefix: options.prefix }),
  });
  return typeof target === 'string' ? sink : carry(sink, valuesOf([target.cluster]));
}

/** Statistics with tags, over UDP. @param address `ip:port` */
export function dogStatsd(address: string, options: StatsdOptions = {}): StatsSink {
  return extension<StatsSink>('envoy.stat_sinks.dog_statsd', 'envoy.config.metrics.v3.DogStatsdSink', {
    address: parseHostPort(address),
    ...defined({ prefix: options.prefix }),
  });
}

/**
 * For `raw: { stats_config: excludeStats([...]) }` of `bootstrap`: statistics that nobody pays for, neither a sink nor `/stats`.
 * @param patterns RE2, of the whole name; `.` is any character there
 */
export function excludeStats(patterns: readonly string[]): StatsConfig {
  const matchers = patterns.map((regex) => ({ safe_regex: { regex } }));
  return { stats_matcher: { exclusion_list: { patterns: matchers } } };
}

type Tracing = api.envoy_extensions_filters_network_http_connection_manager_v3_HttpConnectionManager_Tracing;

/** Of the tracers. */
export interface TracingOptions {
  /** Part of the requests that is traced, in percent; Envoy's default is 100. */
  readonly samplePercent?: number;
}

function tracing(provider: object, target: Cluster | string, { samplePercent }: TracingOptions): Tracing {
  const sampling = samplePercent === undefined ? {} : { random_sampling: { value: samplePercent } };
  return carry({ provider, ...sampling } as Tracing, valuesOf([target]));
}

/** For `raw: { tracing: zipkinTracing(collector) }` of an HTTP listener. */
export function zipkinTracing(collector: Cluster | string, options: TracingOptions = {}): Tracing {
  const provider = extension<object>('envoy.tracers.zipkin', 'envoy.config.trace.v3.ZipkinConfig', {
    collector_cluster: nameOf(collector),
    collector_endpoint: '/api/v2/spans',
    collector_endpoint_version: 'HTTP_JSON',
  });
  return tracing(provider, collector, options);
}

/** For `raw: { tracing: openTelemetryTracing(collector, 'front') }` of an HTTP listener. */
export function openTelemetryTracing(
  collector: Cluster | string,
  serviceName: string,
  options: TracingOptions = {},
): Tracing {
  const provider = extension<object>(
    'envoy.tracers.opentelemetry',
    'envoy.config.trace.v3.OpenTelemetryConfig',
    {
      grpc_service: grpcService(collector),
      service_name: serviceName,
    },
  );
  return tracing(provider, collector, options);
}

/** Logs answers from a status on: `accessLog({ filter: statusAtLeast(500) })`. */
export function statusAtLeast(status: number): AccessLogFilter {
  return {
    status_code_filter: {
      comparison: {
        op: 'GE',
        value: { default_value: status, runtime_key: 'access_log.access_error.status' },
      },
    },
  };
}

/** All of the filters hold. */
export function allOf(
  ...filters: readonly [AccessLogFilter, AccessLogFilter, ...AccessLogFilter[]]
): AccessLogFilter {
  return { and_filter: { filters } };
}

/** One of the filters holds. */
export function anyOf(
  ...filters: readonly [AccessLogFilter, AccessLogFilter, ...AccessLogFilter[]]
): AccessLogFilter {
  return { or_filter: { filters } };
}

/** Everything but health checks. */
export function notHealthCheck(): AccessLogFilter {
  return { not_health_check_filter: {} };
}
