/**
 * Which requests an access log takes (`envoy.config.accesslog.v3.AccessLogFilter`).
 */
import { fractionOf, isDrawn } from '../common/fractional-percent.js';
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import type { ResponseFlag, StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';
import { compileHeaderMatcher } from '../route/compile-header-matcher.js';
import { under } from '../network/config-path.js';
import { compileMetadataValue } from '../route/compile-metadata-matcher.js';
import { grpcStatusName, grpcStatusOfHttp } from './grpc-status.js';

export type LogFilter = (info: StreamInfo) => boolean;

type Comparison = (value: number) => boolean;

/** The value of its key stands in the place of the default already. */
function compileComparison(filter: unknown): Comparison {
  const { op, value } = messageOf(messageOf(filter).comparison);
  const limit = numberOf(messageOf(value).default_value, 0);
  switch (textOf(op, 'EQ')) {
    case 'GE':
      return (given) => given >= limit;
    case 'LE':
      return (given) => given <= limit;
    case 'NE':
      return (given) => given !== limit;
    default:
      return (given) => given === limit;
  }
}

function compileAll(filter: unknown): LogFilter[] {
  return messagesOf(messageOf(filter).filters).map((one, index) =>
    under(() => compileLogFilter(one), 'filters', index),
  );
}

function compileHeaderFilter(filter: unknown): LogFilter {
  const test = under(() => compileHeaderMatcher(messageOf(messageOf(filter).header)), 'header');
  return (info) => test(info, info.requestHeaders);
}

/** By the request's id, so that all lines of a request are there or none is; by chance where it has none. */
function compileRuntimeFilter(filter: unknown): LogFilter {
  const { percent_sampled, use_independent_randomness } = messageOf(filter);
  const fraction = fractionOf(percent_sampled);
  return (info) => {
    const id = getHeader(info.requestHeaders, 'x-request-id') ?? '';
    const digits = use_independent_randomness === true ? '' : id.slice(0, 8);
    if (!/^[0-9a-f]{8}$/i.test(digits)) return isDrawn(fraction, Math.random());
    return Number.parseInt(digits, 16) % fraction.denominator < fraction.numerator;
  };
}

/** The status that a gRPC client would see, whether the request was a call or not. */
function statusForGrpc(info: StreamInfo): number {
  const told =
    getHeader(info.responseTrailers, 'grpc-status') ?? getHeader(info.responseHeaders, 'grpc-status');
  return told !== undefined && /^\d{1,10}$/.test(told) ? Number(told) : grpcStatusOfHttp(info.responseCode);
}

const filters: Readonly<Record<string, (filter: unknown) => LogFilter>> = {
  status_code_filter(filter) {
    const test = compileComparison(filter);
    return (info) => test(info.responseCode);
  },
  duration_filter(filter) {
    const test = compileComparison(filter);
    return (info) => info.durationMs !== undefined && test(Math.floor(info.durationMs));
  },
  not_health_check_filter: () => (info) => info.isHealthCheck !== true,
  traceable_filter: () => (info) => info.traceReason === 'service_forced',
  runtime_filter: compileRuntimeFilter,
  grpc_status_filter(filter) {
    const { exclude, statuses } = messageOf(filter);
    const wanted = new Set((statuses ?? []) as readonly string[]);
    return (info) => wanted.has(grpcStatusName(statusForGrpc(info), true)) !== (exclude === true);
  },
  log_type_filter(filter) {
    const { exclude, types } = messageOf(filter);
    const wanted = new Set((types ?? []) as readonly string[]);
    return (info) => wanted.has(info.accessLogType ?? 'DownstreamEnd') !== (exclude === true);
  },
  metadata_filter(filter) {
    const { match_if_key_not_found, matcher } = messageOf(filter);
    const otherwise = match_if_key_not_found !== false;
    if (matcher === undefined) return () => otherwise;
    const test = under(() => compileMetadataValue(matcher), 'matcher');
    return (info) => test(info) ?? otherwise;
  },
  header_filter: compileHeaderFilter,
  response_flag_filter(filter) {
    const flags = (messageOf(filter).flags ?? []) as readonly ResponseFlag[];
    if (flags.length === 0) return (info) => info.flags.size > 0;
    return (info) => flags.some((flag) => info.flags.has(flag));
  },
  and_filter(filter) {
    const all = compileAll(filter);
    return (info) => all.every((one) => one(info));
  },
  or_filter(filter) {
    const all = compileAll(filter);
    return (info) => all.some((one) => one(info));
  },
};

/** @throws ConfigError with the path inside the filter */
export function compileLogFilter(config: Fields): LogFilter {
  const kind = Object.keys(config).find((name) => config[name] !== undefined);
  const compile = kind !== undefined && Object.hasOwn(filters, kind) ? filters[kind] : undefined;
  if (kind === undefined || compile === undefined) {
    throw new ConfigError('this kind of access log filter needs real Envoy', [], true);
  }
  return under(() => compile(config[kind]), kind);
}
