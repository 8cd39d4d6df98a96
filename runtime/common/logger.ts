/**
 * The application log, in Envoy's default shape: `[2026-01-31 12:00:00.000][12][info][main] text`, on stderr.
 */

export const logLevels = ['trace', 'debug', 'info', 'warning', 'error', 'critical', 'off'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A named logger (`main`, `config`, `upstream`, ...). Its level may change while it runs (`POST /logging`). */
export interface Logger {
  readonly name: string;
  level: LogLevel;
  trace(text: string): void;
  debug(text: string): void;
  info(text: string): void;
  warning(text: string): void;
  error(text: string): void;
  critical(text: string): void;
}

/** All loggers of one server. `get` makes a logger on first use, with the default level. */
export interface LoggerRegistry {
  get(name: string): Logger;
  all(): readonly Logger[];
  setLevel(level: LogLevel): void;
}
