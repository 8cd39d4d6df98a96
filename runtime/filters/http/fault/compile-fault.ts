/**
 * `envoy.extensions.filters.http.fault.v3.HTTPFault`, of the filter or of a route, compiled.
 */
import type { Fraction } from '../../../common/fractional-percent.js';
import { fractionOf } from '../../../common/fractional-percent.js';
import { getHeader } from '../../../common/header-list.js';
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf } from '../../../common/message-fields.js';
import { under } from '../../../network/config-path.js';
import type { HeaderTest } from '../../../route/compile-header-matcher.js';
import { compileHeaderMatcher } from '../../../route/compile-header-matcher.js';

/** How a request is to be aborted. */
export interface AbortStatus {
  readonly http: number;
  /** undefined: that of the HTTP status. */
  readonly grpc: number | undefined;
}

/** One kind of fault: how often, and what for a request. */
export interface FaultPart<T> {
  percentage(headers: readonly string[]): Fraction;
  /** undefined: none for this request. */
  value(headers: readonly string[]): T | undefined;
}

export interface FaultSettings {
  readonly delay: FaultPart<number> | undefined;
  readonly abort: FaultPart<AbortStatus> | undefined;
  /** Of the body of an abort. */
  readonly abortBody: string;
  /** The response's rate in KiB each second. */
  readonly rateLimit: FaultPart<number> | undefined;
  readonly headers: readonly HeaderTest[];
  /** `''`: all. */
  readonly upstreamCluster: string;
  /** Empty: all. */
  readonly downstreamNodes: ReadonlySet<string>;
  readonly maxActiveFaults: number;
  readonly countsDownstreamClusters: boolean;
  /** Dynamic metadata of a request that meets a fault. */
  readonly metadata: Fields | undefined;
}

/** A whole number in a header; undefined when it is absent or none. */
function numberIn(headers: readonly string[], name: string): number | undefined {
  const text = getHeader(headers, name)?.trim();
  return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

/** A client may lower the percentage by a header, not raise it. */
function headerPercentage(given: Fraction, name: string): FaultPart<never>['percentage'] {
  return (headers) => {
    const wanted = numberIn(headers, name);
    return wanted === undefined ? given : { ...given, numerator: Math.min(wanted, given.numerator) };
  };
}

function compileDelay(config: Fields): FaultPart<number> {
  const percentage = fractionOf(config.percentage);
  if (config.header_delay === undefined) {
    const fixed = durationOf(config.fixed_delay, 0);
    return { percentage: () => percentage, value: () => fixed };
  }
  return {
    percentage: headerPercentage(percentage, 'x-envoy-fault-delay-request-percentage'),
    value: (headers) => numberIn(headers, 'x-envoy-fault-delay-request'),
  };
}

function abortInHeaders(headers: readonly string[]): AbortStatus | undefined {
  const http = numberIn(headers, 'x-envoy-fault-abort-request');
  if (http !== undefined && http >= 200 && http < 600) return { http, grpc: undefined };
  const grpc = numberIn(headers, 'x-envoy-fault-abort-grpc-request');
  return grpc === undefined ? undefined : { http: 200, grpc };
}

function compileAbort(config: Fields): FaultPart<AbortStatus> {
  const percentage = fractionOf(config.percentage);
  if (config.header_abort !== undefined) {
    return {
      percentage: headerPercentage(percentage, 'x-envoy-fault-abort-request-percentage'),
      value: abortInHeaders,
    };
  }
  const status: AbortStatus =
    config.grpc_status === undefined
      ? { http: numberOf(config.http_status, 200), grpc: undefined }
      : { http: 200, grpc: numberOf(config.grpc_status, 0) };
  return { percentage: () => percentage, value: () => status };
}

function compileRateLimit(config: Fields): FaultPart<number> {
  const percentage = fractionOf(config.percentage);
  if (config.header_limit === undefined) {
    const fixed = numberOf(messageOf(config.fixed_limit).limit_kbps, 1);
    return { percentage: () => percentage, value: () => fixed };
  }
  return {
    percentage: headerPercentage(percentage, 'x-envoy-fault-throughput-response-percentage'),
    value: (headers) => numberIn(headers, 'x-envoy-fault-throughput-response') || undefined,
  };
}

function part<T>(config: unknown, compile: (config: Fields) => FaultPart<T>): FaultPart<T> | undefined {
  return config === undefined ? undefined : compile(messageOf(config));
}

/** @throws ConfigError with the path inside the message */
export function compileFault(given: unknown): FaultSettings {
  const config = messageOf(given);
  return {
    delay: part(config.delay, compileDelay),
    abort: part(config.abort, compileAbort),
    abortBody: textOf(messageOf(config.abort).response_body) || 'fault filter abort',
    rateLimit: part(config.response_rate_limit, compileRateLimit),
    headers: messagesOf(config.headers).map((header, index) =>
      under(() => compileHeaderMatcher(header), 'headers', index),
    ),
    upstreamCluster: textOf(config.upstream_cluster),
    downstreamNodes: new Set((config.downstream_nodes ?? []) as readonly string[]),
    maxActiveFaults: numberOf(config.max_active_faults, Number.POSITIVE_INFINITY),
    countsDownstreamClusters: config.disable_downstream_cluster_stats !== true,
    metadata: config.filter_metadata === undefined ? undefined : messageOf(config.filter_metadata),
  };
}
