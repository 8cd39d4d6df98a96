/**
 * The `access_log` entries of a filter -> its loggers.
 */
import type { Clock } from '../common/clock.js';
import { messageOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import type { StatsScope } from '../stats/stat.js';
import type { AccessLogger } from './access-logger.js';
import { compileLogFilter } from './access-log-filter.js';
import { compileLogFormat } from './compile-log-format.js';
import type { LogFile } from './log-file.js';
import { openLogFile } from './log-file.js';

export interface AccessLogContext {
  readonly clock: Clock;
  readonly stats: StatsScope;
  /** `--file-flush-interval-msec`. */
  readonly flushIntervalMs: number;
}

/** All access log files of a server: two entries with one path share its buffer, and all are opened again at once. */
export interface AccessLogFiles {
  open(path: string): LogFile;
  flush(): Promise<void>;
  reopen(): void;
}

export function createAccessLogFiles(context: AccessLogContext): AccessLogFiles {
  const files = new Map<string, LogFile>();
  const dropped = context.stats.counter('access_log_file.write_failed');
  return {
    open(path) {
      let file = files.get(path);
      if (file === undefined) {
        file = openLogFile(path, { clock: context.clock, flushIntervalMs: context.flushIntervalMs, dropped });
        files.set(path, file);
      }
      return file;
    },
    async flush() {
      await Promise.all([...files.values()].map((file) => file.flush()));
    },
    reopen() {
      for (const file of files.values()) file.reopen();
    },
  };
}

const prefix = 'envoy.extensions.access_loggers.';

function pathOf(typed: unknown): string {
  const type = typeNameOf(typed);
  if (type === `${prefix}file.v3.FileAccessLog`) return textOf(messageOf(typed).path);
  if (type === `${prefix}stream.v3.StdoutAccessLog`) return '/dev/stdout';
  if (type === `${prefix}stream.v3.StderrAccessLog`) return '/dev/stderr';
  throw new ConfigError(`the access logger ${type} needs real Envoy`, ['typed_config'], true);
}

/** @throws ConfigError with the path from the list on */
export function createAccessLoggers(configs: unknown, files: AccessLogFiles): AccessLogger[] {
  return messagesOf(configs).map((config, index): AccessLogger => {
    try {
      const typed = config.typed_config;
      const path = pathOf(typed);
      const format = compileLogFormat(typed);
      const filter = config.filter === undefined ? undefined : compileLogFilter(config.filter);
      let file: LogFile;
      try {
        file = files.open(path);
      } catch (error) {
        throw new ConfigError(`unable to open file '${path}': ${(error as Error).message}`, [
          'typed_config',
          'path',
        ]);
      }
      return {
        log(info) {
          if (filter === undefined || filter(info)) file.write(format(info));
        },
        flush: () => file.flush(),
        reopen: () => file.reopen(),
      };
    } catch (error) {
      throw error instanceof ConfigError ? error.under(index) : error;
    }
  });
}
