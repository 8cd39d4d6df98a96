/**
 * Which requests an access log takes (`AccessLogFilter`).
 */
import type { StreamInfo } from '../common/stream-info.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';

export type LogFilter = (info: StreamInfo) => boolean;

function comparison(config: unknown): (value: number) => boolean {
  const { op, value } = messageOf(config);
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

/** @throws ConfigError with the path inside the filter */
export function compileLogFilter(config: unknown): LogFilter {
  const fields = messageOf(config);
  const all = (name: string): LogFilter[] =>
    messagesOf(messageOf(fields[name]).filters).map((one, index) => {
      try {
        return compileLogFilter(one);
      } catch (error) {
        throw error instanceof ConfigError ? error.under(name, 'filters', index) : error;
      }
    });
  if (fields.status_code_filter !== undefined) {
    const test = comparison(messageOf(fields.status_code_filter).comparison);
    return (info) => test(info.responseCode);
  }
  if (fields.duration_filter !== undefined) {
    const test = comparison(messageOf(fields.duration_filter).comparison);
    return (info) => test(Math.floor(info.durationMs ?? 0));
  }
  if (fields.response_flag_filter !== undefined) {
    const flags = (messageOf(fields.response_flag_filter).flags ?? []) as readonly string[];
    return (info) =>
      flags.length === 0 ? info.flags.size > 0 : flags.some((flag) => info.flags.has(flag as never));
  }
  // No filter here marks health checks, so no request is one.
  if (fields.not_health_check_filter !== undefined) return () => true;
  if (fields.and_filter !== undefined) {
    const filters = all('and_filter');
    return (info) => filters.every((filter) => filter(info));
  }
  if (fields.or_filter !== undefined) {
    const filters = all('or_filter');
    return (info) => filters.some((filter) => filter(info));
  }
  throw new ConfigError('this kind of access log filter needs real Envoy', [], true);
}
