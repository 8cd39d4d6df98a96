/**
 * A log file as Envoy keeps it: lines are buffered and written by the bulk, so that a request never waits for a disk.
 */
import { closeSync, openSync, write } from 'node:fs';
import type { Clock, Timer } from '../common/clock.js';
import type { Counter } from '../stats/stat.js';

/** Envoy's `--file-flush-min-size`, in octets. */
const flushSize = 64 * 1024;
/** More than this waits only when the disk is full or stuck: lines are then dropped and counted. */
const bufferLimit = 16 * 1024 * 1024;

export interface LogFileOptions {
  readonly clock: Clock;
  /** `--file-flush-interval-msec`, default 10,000. */
  readonly flushIntervalMs: number;
  readonly dropped: Counter;
}

export interface LogFile {
  write(line: string): void;
  flush(): Promise<void>;
  /** Opens the path again, after what waits was written to the old file. */
  reopen(): void;
}

class BufferedLogFile implements LogFile {
  private readonly path: string;
  private readonly options: LogFileOptions;
  private file: number;
  private buffer = '';
  private timer: Timer | undefined;
  private writing: Promise<void> | undefined;

  constructor(path: string, options: LogFileOptions) {
    this.path = path;
    this.options = options;
    this.file = openSync(path, 'a', 0o644);
  }

  write(line: string): void {
    if (this.buffer.length > bufferLimit) {
      this.options.dropped.inc();
      return;
    }
    this.buffer += line;
    if (this.buffer.length >= flushSize) void this.flush();
    else if (this.timer === undefined) {
      this.timer = this.options.clock.setTimer(this.options.flushIntervalMs, () => {
        this.timer = undefined;
        void this.flush();
      });
    }
  }

  async flush(): Promise<void> {
    while (this.writing !== undefined) await this.writing;
    if (this.buffer === '') return;
    const octets = Buffer.from(this.buffer, 'utf8');
    this.buffer = '';
    this.writing = this.writeAll(octets);
    await this.writing;
    this.writing = undefined;
  }

  /** A full disk loses these lines, and nothing else. */
  private writeAll(octets: Buffer): Promise<void> {
    return new Promise((done) => {
      const rest = (from: number): void => {
        write(this.file, octets, from, octets.length - from, null, (error, written) => {
          if (error !== null) this.options.dropped.inc();
          if (error !== null || from + written >= octets.length) done();
          else rest(from + written);
        });
      };
      rest(0);
    });
  }

  reopen(): void {
    let next: number;
    try {
      next = openSync(this.path, 'a', 0o644);
    } catch {
      return;
    }
    const old = this.file;
    void this.flush().then(() => {
      this.file = next;
      closeSync(old);
    });
  }
}

/** Terminals and pipes are streams of the process: nothing to open again. */
function streamFile(descriptor: 1 | 2): LogFile {
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  return {
    write: (line) => void stream.write(line),
    flush: async () => undefined,
    reopen: () => undefined,
  };
}

/** @throws Error when the file cannot be opened */
export function openLogFile(path: string, options: LogFileOptions): LogFile {
  if (path === '/dev/stdout') return streamFile(1);
  if (path === '/dev/stderr') return streamFile(2);
  return new BufferedLogFile(path, options);
}
