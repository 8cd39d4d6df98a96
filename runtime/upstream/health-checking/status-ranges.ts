/**
 * `expected_statuses` and `retriable_statuses`: half-open ranges of status codes.
 */
import { messagesOf, numberOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';

export type StatusRanges = (status: number) => boolean;

/**
 * @param kind as in the error's words
 * @throws ConfigError in Envoy's words, with the path from the list on
 */
export function readStatusRanges(ranges: unknown, kind: 'expected' | 'retriable'): StatusRanges {
  const read = messagesOf(ranges).map((range, at) => {
    const start = numberOf(range.start, 0);
    const end = numberOf(range.end, 0);
    const fail = (rule: string, found: string): never => {
      throw new ConfigError(`Invalid http ${kind} status range: expecting ${rule}, but found ${found}`, [at]);
    };
    if (start >= end) fail('start < end', `start=${start} and end=${end}`);
    if (start < 100) fail('start >= 100', `start=${start}`);
    if (end > 600) fail('end <= 600', `end=${end}`);
    return [start, end] as const;
  });
  return (status) => read.some(([start, end]) => status >= start && status < end);
}
