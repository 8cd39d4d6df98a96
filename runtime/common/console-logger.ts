/**
 * Loggers that write one line an entry: `[2026-01-31 12:00:00.000][12][info][main] text`, or what `--log-format` says.
 */
import type { Clock } from './clock.js';
import type { LogLineFormat } from './log-line-format.js';
import { compileLogLineFormat, defaultLogFormat } from './log-line-format.js';
import type { Logger, LoggerRegistry, LogLevel } from './logger.js';
import { logLevels } from './logger.js';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Takes whole lines with their end. */
  readonly write: (line: string) => void;
  /** `--component-log-level`: levels of single loggers, until `setLevel` sets them all. */
  readonly componentLevels?: ReadonlyMap<string, LogLevel>;
  /** `--log-format`. Default `defaultLogFormat`. */
  readonly format?: string;
}

class ConsoleLogger implements Logger {
  readonly name: string;
  /** Place of `level` in `logLevels`: an entry that is not wanted costs one comparison. */
  private threshold: number;
  private readonly options: LoggerOptions;
  private readonly format: LogLineFormat;

  constructor(name: string, level: LogLevel, options: LoggerOptions, format: LogLineFormat) {
    this.name = name;
    this.threshold = logLevels.indexOf(level);
    this.options = options;
    this.format = format;
  }

  get level(): LogLevel {
    return logLevels[this.threshold] as LogLevel;
  }

  set level(level: LogLevel) {
    this.threshold = logLevels.indexOf(level);
  }

  trace(text: string): void {
    if (this.threshold <= 0) this.write('trace', text);
  }

  debug(text: string): void {
    if (this.threshold <= 1) this.write('debug', text);
  }

  info(text: string): void {
    if (this.threshold <= 2) this.write('info', text);
  }

  warning(text: string): void {
    if (this.threshold <= 3) this.write('warning', text);
  }

  error(text: string): void {
    if (this.threshold <= 4) this.write('error', text);
  }

  critical(text: string): void {
    if (this.threshold <= 5) this.write('critical', text);
  }

  private write(level: LogLevel, text: string): void {
    const { clock, write } = this.options;
    write(`${this.format({ time: clock.wallTime(), level, logger: this.name, text })}\n`);
  }
}

export function createLoggerRegistry(options: LoggerOptions): LoggerRegistry {
  const loggers = new Map<string, Logger>();
  const format = compileLogLineFormat(options.format ?? defaultLogFormat);
  let common: LogLevel | undefined;
  return {
    get(name) {
      let logger = loggers.get(name);
      if (logger === undefined) {
        const level = common ?? options.componentLevels?.get(name) ?? options.level;
        logger = new ConsoleLogger(name, level, options, format);
        loggers.set(name, logger);
      }
      return logger;
    },
    all: () => [...loggers.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    setLevel(level) {
      common = level;
      for (const logger of loggers.values()) logger.level = level;
    },
  };
}
