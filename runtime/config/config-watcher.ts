/**
 * Sees every way in which a configuration file changes: renamed over, its symlink swapped (also a link further up the
 * path, as Kubernetes does), written in place. Hands over one text at a time, and only a text that differs.
 */
import type { FSWatcher } from 'node:fs';
import { readFileSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock, Timer } from '../common/clock.js';

/** A writer in place may be half done: the content counts when it stayed equal this long. Milliseconds. */
const settleMs = 10;
/** Folders on network file systems tell nothing: look by ourselves now and then. Milliseconds. */
const pollMs = 1000;

export interface ConfigWatcher {
  close(): void;
}

export interface ConfigWatcherOptions {
  readonly path: string;
  readonly clock: Clock;
  /** The text in force; equal texts are dropped. */
  readonly initial: string;
  /** The next text comes after the promise is settled. */
  readonly onChange: (text: string) => Promise<void>;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // Deleted, or between two steps of a writer: the old configuration stays.
    return undefined;
  }
}

export function watchConfig(options: ConfigWatcherOptions): ConfigWatcher {
  const { clock, onChange, path } = options;
  let inForce = options.initial;
  let seen: string | undefined;
  let timer: Timer | undefined;
  let busy = false;
  let closed = false;

  function schedule(delayMs: number): void {
    if (closed) return;
    timer?.cancel();
    timer = clock.setTimer(delayMs, look);
  }

  function look(): void {
    if (closed || busy) return;
    const text = read(path);
    if (text === undefined || text === inForce) {
      seen = undefined;
      schedule(pollMs);
      return;
    }
    if (text !== seen) {
      seen = text;
      schedule(settleMs);
      return;
    }
    inForce = text;
    seen = undefined;
    busy = true;
    void onChange(text).finally(() => {
      busy = false;
      schedule(settleMs);
    });
  }

  let watcher: FSWatcher | undefined;
  try {
    const name = basename(path);
    watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      // A swapped link up the path has another name, so every name but those of plain neighbours counts.
      if (changed === null || changed === name || changed.startsWith('..')) schedule(settleMs);
    });
    watcher.on('error', () => undefined);
  } catch {
    // No watcher for this folder: the poll sees it.
  }
  schedule(pollMs);
  return {
    close() {
      closed = true;
      timer?.cancel();
      watcher?.close();
    },
  };
}
