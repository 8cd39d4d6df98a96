/**
 * Loggers that write Envoy's default line: `[2026-01-31 12:00:00.000][12][info][main] text`.
 */
import type { Clock } from './clock.js';
import type { Logger, LoggerRegistry, LogLevel } from './logger.js';
import { logLevels } from './logger.js';

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly clock: Clock;
  /** Takes whole lines with their end. */
  readonly write: (line: string) => void;
  /** `--component-log-level`: levels of single loggers. */
  readonly componentLevels?: ReadonlyMap<string, LogLevel>;
}

const rank = (level: LogLevel): number => logLevels.indexOf(level);

class ConsoleLogger implements Logger {
  readonly name: string;
  level: LogLevel;
  private readonly options: LoggerOptions;

  constructor(name: string, level: LogLevel, options: LoggerOptions) {
    this.name = name;
    this.level = level;
    this.options = options;
  }

  private line(level: LogLevel, text: string): void {
    if (rank(level) < rank(this.level)) return;
    const time = new Date(this.options.clock.wallTime()).toISOString().replace('T', ' ').slice(0, 23);
    this.options.write(`[${time}][${process.pid}][${level}][${this.name}] ${text}\n`);
  }

  trace(text: string): void {
    this.line('trace', text);
  }

  debug(text: string): void {
    this.line('debug', text);
  }

  info(text: string): void {
    this.line('info', text);
  }

  warning(text: string): void {
    this.line('warning', text);
  }

  error(text: string): void {
    this.line('error', text);
  }

  critical(text: string): void {
    this.line('critical', text);
  }
}

export function createLoggerRegistry(options: LoggerOptions): LoggerRegistry {
  const loggers = new Map<string, Logger>();
  let level = options.level;
  return {
    get(name) {
      let logger = loggers.get(name);
      if (logger === undefined) {
        logger = new ConsoleLogger(name, options.componentLevels?.get(name) ?? level, options);
        loggers.set(name, logger);
      }
      return logger;
    },
    all: () => [...loggers.values()].sort((a, b) => (a.name < b.name ? -1 : 1)),
    setLevel(next) {
      level = next;
      for (const logger of loggers.values()) logger.level = next;
    },
  };
}
