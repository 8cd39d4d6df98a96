/**
 * Commands that tell a time, in `START_TIME`'s way: ISO 8601 with milliseconds, or a format in parentheses.
 */
import { toOctets } from '../common/octet-text.js';
import type { StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';
import type { CommandRules } from './format-commands.js';
import { compileTimeFormat, formatTime } from './format-time.js';

/** What `%START_TIME_LOCAL%` is without a format. */
const localFormat = '%Y-%m-%dT%H:%M:%E3S%z';

/**
 * @param timeOf milliseconds since the epoch; undefined where there is no such time
 * @param isLocal in the time zone of the machine
 */
export function timeCommand(timeOf: (info: StreamInfo) => number | undefined, isLocal = false): CommandRules {
  return {
    argument: 'optional',
    length: false,
    make(argument) {
      if (/%n|[\n\r]/.test(argument)) {
        throw new ConfigError('Invalid header configuration. Format string contains newline.');
      }
      const usual = isLocal ? compileTimeFormat(localFormat, true) : formatTime;
      const format = argument === '' ? usual : compileTimeFormat(toOctets(argument), isLocal);
      return (info) => {
        const time = timeOf(info);
        return time === undefined || Number.isNaN(time) ? undefined : format(time);
      };
    },
  };
}
