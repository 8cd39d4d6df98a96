/**
 * A log file as Envoy keeps it: lines are buffered and written in bulk, so that a request never waits for a disk.
 */
import { closeSync, openSync, write } from 'node:fs';
import { isatty } from 'node:tty';
import type { Clock, Timer } from '../common/clock.js';
import type { Counter, Gauge } from '../stats/stat.js';

/** Envoy's `--file-flush-min-size`, in octets. */
const flushSize = 64 * 1024;
/** More than this waits only when the disk is full or stuck, or nobody reads the pipe: lines are then dropped. */
const bufferLimit = 16 * 1024 * 1024;
/** A person looks at a terminal. */
const terminalFlushIntervalMs = 100;
/** A pipe that is set to not block may be full for a moment. */
const retryIntervalMs = 20;

/** Envoy's `filesystem.*`, shared by all files, and `filesystem.write_dropped` of our own. */
export interface LogFileStats {
  /** Lines that were put into a buffer. */
  readonly writeBuffered: Counter;
  readonly writeCompleted: Counter;
  readonly writeFailed: Counter;
  readonly flushedByTimer: Counter;
  readonly reopenFailed: Counter;
  /** Octets in all buffers. */
  readonly writeTotalBuffered: Gauge;
  /** Lines that found the buffer full. */
  readonly writeDropped: Counter;
}

/** What a log file asks of the machine; tests have their own. */
export interface LogFileSystem {
  /** Opens for appending, and creates the file. @returns its descriptor. @throws Error */
  open(path: string): number;
  /** @param done gets how many octets were written, or why none was */
  write(descriptor: number, octets: Buffer, done: (error: Error | null, written: number) => void): void;
  close(descriptor: number): void;
  isTerminal(descriptor: number): boolean;
}

export const nodeFileSystem: LogFileSystem = {
  open: (path) => openSync(path, 'a', 0o644),
  write: (descriptor, octets, done) => write(descriptor, octets, 0, octets.length, null, done),
  close: (descriptor) => closeSync(descriptor),
  isTerminal: (descriptor) => isatty(descriptor),
};

export interface LogFileOptions {
  readonly clock: Clock;
  /** `--file-flush-interval-msec`, default 10,000. */
  readonly flushIntervalMs: number;
  readonly stats: LogFileStats;
  readonly fileSystem: LogFileSystem;
}

export interface LogFile {
  /** @param line octets, with the end of the line. Never throws. */
  write(line: string): void;
  /** Resolves when everything that was there has been written, or has failed to be. */
  flush(): Promise<void>;
  /** Opens the path again; what waits goes to the new file. What is being written ends in the old one. */
  reopen(): void;
}

/** Standard output and error belong to the process: neither opened nor closed here. */
const standardDescriptors: ReadonlyMap<string, number> = new Map([
  ['/dev/stdout', 1],
  ['/dev/stderr', 2],
]);

interface Waiter {
  /** How many writes have to end before everything that was there is written: lines that come later do not count. */
  writes: number;
  readonly done: () => void;
}

class BufferedLogFile implements LogFile {
  private readonly path: string;
  private readonly options: LogFileOptions;
  private readonly intervalMs: number;
  /** undefined: one of the process. */
  private readonly standard: number | undefined;
  private descriptor: number;
  private buffer = '';
  private timer: Timer | undefined = undefined;
  /** What is being written now. */
  private pending: Buffer | undefined = undefined;
  /** Descriptor of an earlier file, in use by the write under way. */
  private retired: number | undefined = undefined;
  private waiters: Waiter[] = [];

  constructor(path: string, options: LogFileOptions) {
    this.path = path;
    this.options = options;
    this.standard = standardDescriptors.get(path);
    this.descriptor = this.standard ?? options.fileSystem.open(path);
    this.intervalMs = options.fileSystem.isTerminal(this.descriptor)
      ? Math.min(terminalFlushIntervalMs, options.flushIntervalMs)
      : options.flushIntervalMs;
  }

  write(line: string): void {
    const { stats } = this.options;
    if (this.buffer.length + line.length > bufferLimit) {
      stats.writeDropped.inc();
      return;
    }
    this.buffer += line;
    stats.writeBuffered.inc();
    stats.writeTotalBuffered.set(stats.writeTotalBuffered.value + line.length);
    if (this.buffer.length >= flushSize) this.startWrite();
    else if (this.timer === undefined) this.arm();
  }

  private arm(): void {
    this.timer = this.options.clock.setTimer(this.intervalMs, () => {
      this.timer = undefined;
      if (this.buffer === '') return;
      this.options.stats.flushedByTimer.inc();
      this.startWrite();
    });
  }

  private startWrite(): void {
    if (this.pending !== undefined || this.buffer === '') return;
    const { stats } = this.options;
    this.pending = Buffer.from(this.buffer, 'latin1');
    stats.writeTotalBuffered.set(stats.writeTotalBuffered.value - this.buffer.length);
    this.buffer = '';
    this.writeRest(this.descriptor, this.pending);
  }

  private writeRest(descriptor: number, octets: Buffer): void {
    const { clock, fileSystem, stats } = this.options;
    fileSystem.write(descriptor, octets, (error, written) => {
      if (error !== null && (error as NodeJS.ErrnoException).code === 'EAGAIN') {
        clock.setTimer(retryIntervalMs, () => this.writeRest(descriptor, octets));
        return;
      }
      if (error === null && written < octets.length) {
        this.writeRest(descriptor, octets.subarray(written));
        return;
      }
      // A full disk loses these lines, and nothing else.
      if (error === null) stats.writeCompleted.inc();
      else stats.writeFailed.inc();
      this.finishWrite();
    });
  }

  private finishWrite(): void {
    this.pending = undefined;
    if (this.retired !== undefined) {
      this.options.fileSystem.close(this.retired);
      this.retired = undefined;
    }
    const ready: Waiter[] = [];
    const waiting: Waiter[] = [];
    for (const waiter of this.waiters) (--waiter.writes === 0 ? ready : waiting).push(waiter);
    this.waiters = waiting;
    if (waiting.length > 0 || this.buffer.length >= flushSize) this.startWrite();
    // The timer of these lines found the write under way.
    else if (this.buffer !== '' && this.timer === undefined) this.arm();
    for (const { done } of ready) done();
  }

  flush(): Promise<void> {
    this.startWrite();
    if (this.pending === undefined) return Promise.resolve();
    const writes = this.buffer === '' ? 1 : 2;
    return new Promise((done) => this.waiters.push({ writes, done }));
  }

  reopen(): void {
    if (this.standard !== undefined) return;
    const { fileSystem, stats } = this.options;
    let next: number;
    try {
      next = fileSystem.open(this.path);
    } catch {
      // The old file is better than none.
      stats.reopenFailed.inc();
      return;
    }
    // The write under way ends in the file in which it began; a file opened meanwhile has not been written to.
    if (this.pending !== undefined && this.retired === undefined) this.retired = this.descriptor;
    else fileSystem.close(this.descriptor);
    this.descriptor = next;
  }
}

/** @throws Error when the file cannot be opened */
export function openLogFile(path: string, options: LogFileOptions): LogFile {
  return new BufferedLogFile(path, options);
}
