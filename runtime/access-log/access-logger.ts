/**
 * The contract of access loggers: one per configured `access_log` entry, shared by all requests of a filter.
 */
import type { StreamInfo } from '../common/stream-info.js';

export interface AccessLogger {
  /** Called once at the end of each request. Never throws; a full buffer drops and counts. */
  log(info: StreamInfo): void;
  /** Writes what is buffered. */
  flush(): Promise<void>;
  /** Opens the file again (`POST /reopen_logs`). */
  reopen(): void;
}

/** A format string compiled to a closure, e.g. of `%START_TIME% %REQ(:METHOD)%`. `-` stands for absent values. */
export type Formatter = (info: StreamInfo) => string;
