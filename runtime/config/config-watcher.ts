/**
 * Sees every way in which a configuration file changes: renamed over, written in place, a symlink on its path swapped
 * (Kubernetes' `..data`, a `current` folder). Hands over one text at a time, and only a text that differs.
 */
import { readFileSync, statSync } from 'node:fs';
import type { Clock, Timer } from '../common/clock.js';
import { watchPath } from './watch-path.js';

/** A writer in place may be half done: the content counts when it stayed equal this long. Milliseconds. */
const settleMs = 10;
/** The same for an empty file: the first step of a slow writer. */
const emptySettleMs = 300;
/** Folders on network file systems tell nothing, and events get lost: look by ourselves now and then. Milliseconds. */
const pollMs = 1000;

/** What is touched of the file system. */
export interface ConfigFile {
  /** undefined when the file cannot be read now. */
  read(): string | undefined;
  /** Differs when the file may have changed; undefined when it is not there. Much cheaper than reading. */
  stamp(): string | undefined;
  /** Calls back when anything happens to the path. Returns a function that ends it. */
  watch(onEvent: () => void): () => void;
}

/** The file of that path on the disk, links followed. */
export function diskFile(path: string): ConfigFile {
  return {
    read() {
      try {
        return readFileSync(path, 'utf8');
      } catch {
        return undefined;
      }
    },
    stamp() {
      try {
        const { ctimeNs, dev, ino, mtimeNs, size } = statSync(path, { bigint: true });
        return [dev, ino, size, mtimeNs, ctimeNs].join();
      } catch {
        return undefined;
      }
    },
    watch: (onEvent) => watchPath(path, onEvent),
  };
}

export interface ConfigWatcherOptions {
  readonly file: ConfigFile;
  readonly clock: Clock;
  /** The text in force; equal texts are dropped. */
  readonly initial: string;
  /** The next text comes after the promise is settled. */
  readonly onChange: (text: string) => Promise<void>;
}

export interface ConfigWatcher {
  close(): void;
}

class Watcher implements ConfigWatcher {
  private readonly options: ConfigWatcherOptions;
  private readonly stopWatching: () => void;
  /** The text that was handed over last. */
  private known: string;
  /** A text that differs and is watched until it is quiet. */
  private candidate: string | undefined = undefined;
  /** Of the file when it held what is known. */
  private stamp: string | undefined = undefined;
  private timer: Timer | undefined = undefined;
  private busy = false;
  private closed = false;

  constructor(options: ConfigWatcherOptions) {
    this.options = options;
    this.known = options.initial;
    this.stopWatching = options.file.watch(() => {
      // It may be a change that leaves no trace in the stamp.
      this.stamp = undefined;
      if (!this.busy) this.schedule(settleMs);
    });
    // The file may have changed since it was read.
    this.schedule(settleMs);
  }

  private schedule(delayMs: number): void {
    if (this.closed) return;
    this.timer?.cancel();
    this.timer = this.options.clock.setTimer(delayMs, () => this.look());
  }

  private look(): void {
    if (this.closed || this.busy) return;
    const { file } = this.options;
    const stamp = file.stamp();
    if (stamp !== undefined && stamp === this.stamp) {
      this.schedule(pollMs);
      return;
    }
    const text = file.read();
    if (text === undefined || text === this.known) {
      // Deleted, between two steps of a writer, or touched: what is in force stays.
      this.candidate = undefined;
      this.stamp = text === undefined ? undefined : stamp;
      this.schedule(pollMs);
    } else if (text !== this.candidate) {
      this.candidate = text;
      this.schedule(text === '' ? emptySettleMs : settleMs);
    } else this.handOver(text, stamp);
  }

  private handOver(text: string, stamp: string | undefined): void {
    this.known = text;
    this.candidate = undefined;
    this.stamp = stamp;
    this.busy = true;
    void this.options.onChange(text).finally(() => {
      this.busy = false;
      this.schedule(settleMs);
    });
  }

  close(): void {
    this.closed = true;
    this.timer?.cancel();
    this.stopWatching();
  }
}

export function watchConfig(options: ConfigWatcherOptions): ConfigWatcher {
  return new Watcher(options);
}
