/**
 * Commands that tell a time, in `START_TIME`'s way: ISO 8601 with milliseconds, or a format in parentheses.
 */
import { toOctets } from '../common/octet-text.js';
import type { StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';
import type { CommandRules } from './format-commands.js';
import { compileTimeFormat, formatTime } from './format-time.js';

/** @param timeOf milliseconds since the epoch; undefined where there is no such time */
export function timeCommand(timeOf: (info: StreamInfo) => number | undefined): CommandRules {
  return {
    argument: 'optional',
    length: false,
    make(argument) {
      if (/%n|[\n\r]/.test(argument)) {
        throw new ConfigError('Invalid header configuration. Format string contains newline.');
      }
      const format = argument === '' ? formatTime : compileTimeFormat(toOctets(argument));
      return (info) => {
        const time = timeOf(info);
        return time === undefined || Number.isNaN(time) ? undefined : format(time);
      };
    },
  };
}
