/**
 * Which requests an access log takes (`envoy.config.accesslog.v3.AccessLogFilter`).
 */
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import type { ResponseFlag, StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';
import { compileHeaderMatcher } from '../route/compile-header-matcher.js';
import { under } from '../network/config-path.js';

export type LogFilter = (info: StreamInfo) => boolean;

type Comparison = (value: number) => boolean;

/** There is no runtime layer here that could change the default value. */
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

const filters: Readonly<Record<string, (filter: unknown) => LogFilter>> = {
  status_code_filter(filter) {
    const test = compileComparison(filter);
    return (info) => test(info.responseCode);
  },
  duration_filter(filter) {
    const test = compileComparison(filter);
    return (info) => info.durationMs !== undefined && test(Math.floor(info.durationMs));
  },
  // No filter here answers health checks, so no request is one.
  not_health_check_filter: () => () => true,
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
