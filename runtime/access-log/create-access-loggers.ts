/**
 * The `access_log` entries of a filter -> its loggers, over the files of the server.
 */
import { getSystemErrorMap } from 'node:util';
import type { Clock } from '../common/clock.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import { under } from '../network/config-path.js';
import type { StatsScope } from '../stats/stat.js';
import { compileLogFilter } from './access-log-filter.js';
import type { AccessLogger } from './access-logger.js';
import { compileLogFormat } from './compile-log-format.js';
import type { LogFile, LogFileSystem } from './log-file.js';
import { nodeFileSystem, openLogFile } from './log-file.js';

export interface AccessLogContext {
  readonly clock: Clock;
  readonly stats: StatsScope;
  /** `--file-flush-interval-msec`. */
  readonly flushIntervalMs: number;
  /** Default: the machine's. */
  readonly fileSystem?: LogFileSystem;
}

/** All access log files of a server: two entries with one path share its buffer, and all are opened again at once. */
export interface AccessLogFiles {
  /** Opens it, or gives the one that is open. @throws Error when it cannot be opened */
  open(path: string): LogFile;
  /** Writes what is buffered, everywhere: before the process ends. */
  flush(): Promise<void>;
  /** `POST /reopen_logs` and SIGUSR1. */
  reopen(): void;
}

export function createAccessLogFiles(context: AccessLogContext): AccessLogFiles {
  const { clock, fileSystem = nodeFileSystem, flushIntervalMs, stats: scope } = context;
  const files = new Map<string, LogFile>();
  const stats = {
    writeBuffered: scope.counter('filesystem.write_buffered'),
    writeCompleted: scope.counter('filesystem.write_completed'),
    writeFailed: scope.counter('filesystem.write_failed'),
    flushedByTimer: scope.counter('filesystem.flushed_by_timer'),
    reopenFailed: scope.counter('filesystem.reopen_failed'),
    writeTotalBuffered: scope.gauge('filesystem.write_total_buffered'),
    writeDropped: scope.counter('filesystem.write_dropped'),
  };
  return {
    open(path) {
      let file = files.get(path);
      if (file === undefined) {
        file = openLogFile(path, { clock, flushIntervalMs, stats, fileSystem });
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

function pathOf(typed: Fields): string {
  switch (typeNameOf(typed)) {
    case `${prefix}file.v3.FileAccessLog`:
      return textOf(typed.path);
    case `${prefix}stream.v3.StdoutAccessLog`:
      return '/dev/stdout';
    case `${prefix}stream.v3.StderrAccessLog`:
      return '/dev/stderr';
    default:
      throw new ConfigError(`the access logger ${typeNameOf(typed)} needs real Envoy`, [], true);
  }
}

/** `No such file or directory` */
function reasonOf(error: unknown): string {
  const { errno, message } = error as NodeJS.ErrnoException;
  const text = errno === undefined ? message : (getSystemErrorMap().get(errno)?.[1] ?? message);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** @throws ConfigError in Envoy's words */
export function openFile(files: AccessLogFiles, path: string): LogFile {
  try {
    return files.open(path);
  } catch (error) {
    throw new ConfigError(`unable to open file '${path}': ${reasonOf(error)}`);
  }
}

function createAccessLogger(config: Fields, files: AccessLogFiles): AccessLogger {
  const filter =
    config.filter === undefined
      ? undefined
      : under(() => compileLogFilter(messageOf(config.filter)), 'filter');
  const typed = messageOf(config.typed_config);
  const path = under(() => pathOf(typed), 'typed_config');
  const format = under(() => compileLogFormat(typed), 'typed_config');
  const file = under(() => openFile(files, path), 'typed_config', 'path');
  return {
    log(info) {
      if (filter === undefined || filter(info)) file.write(format(info));
    },
    flush: () => file.flush(),
    reopen: () => file.reopen(),
  };
}

/**
 * @param configs canonical `envoy.config.accesslog.v3.AccessLog` messages; undefined = none
 * @throws ConfigError with the path from the list on
 */
export function createAccessLoggers(configs: unknown, files: AccessLogFiles): AccessLogger[] {
  return messagesOf(configs).map((config, index) => under(() => createAccessLogger(config, files), index));
}
