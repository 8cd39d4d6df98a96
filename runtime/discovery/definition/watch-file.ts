/**
 * Tells when the content of a file changed, however it was written: in place, by a rename over it, or by a symbolic link
 * that points elsewhere.
 */
import { readFileSync } from 'node:fs';
import type { Clock, Timer } from '../../common/clock.js';
import { watchPath } from '../../config/watch-path.js';

export interface WatchFileOptions {
  readonly path: string;
  /** What the file held when it was last read. */
  readonly content: string;
  readonly clock: Clock;
  /** Called with new content, never twice with the same one. */
  onChange(content: string): void;
  /** The file is gone or cannot be read. Called once until it is back. */
  onError(error: Error): void;
}

/** Time for the writer to finish. */
const settleMs = 50;
/** Where the system tells nothing (network file systems), this finds it. */
const pollMs = 2000;

/** @returns a function that stops it */
export function watchFile(options: WatchFileOptions): () => void {
  const { clock, path } = options;
  let content: string | undefined = options.content;
  let settle: Timer | undefined;
  let poll: Timer | undefined;
  let stopped = false;

  const look = (): void => {
    if (stopped) return;
    let now: string;
    try {
      now = readFileSync(path, 'utf8');
    } catch (error) {
      if (content !== undefined) options.onError(error as Error);
      content = undefined;
      return;
    }
    if (now === content) return;
    content = now;
    options.onChange(now);
  };
  const soon = (): void => {
    settle?.cancel();
    settle = clock.setTimer(settleMs, look);
  };
  const pollAgain = (): void => {
    poll = clock.setTimer(pollMs, () => {
      look();
      if (!stopped) pollAgain();
    });
  };
  const stopWatching = watchPath(path, soon);
  pollAgain();
  return () => {
    stopped = true;
    settle?.cancel();
    poll?.cancel();
    stopWatching();
  };
}
