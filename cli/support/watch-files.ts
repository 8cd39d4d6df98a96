/**
 * `--watch`: runs something again whenever one of the files that it read has changed.
 */
import { statSync } from 'node:fs';
import { watchPath } from '../../runtime/config/watch-path.js';
import type { Io } from '../command.js';

/** Editors write in several steps. Milliseconds. */
const settleMs = 30;
/** File systems without events are looked at this often. Milliseconds. */
const pollMs = 1000;

function stampOf(path: string): string {
  try {
    const { dev, ino, mtimeMs, size } = statSync(path);
    return `${dev} ${ino} ${mtimeMs} ${size}`;
  } catch {
    return '';
  }
}

/**
 * @param run gives the files to watch, absolute. Runs never overlap
 * @returns when a signal came: 130 for SIGINT, else 0
 */
export async function watchFiles(run: () => Promise<readonly string[]>, io: Io): Promise<number> {
  let wake: (() => void) | undefined;
  let code: number | undefined;
  const stopListening = io.onSignal((signal) => {
    code = signal === 'SIGINT' ? 130 : 0;
    wake?.();
  });
  try {
    while (code === undefined) {
      const files = await run();
      if (code !== undefined) break;
      await new Promise<void>((done) => {
        wake = done;
        const stamps = new Map(files.map((file) => [file, stampOf(file)]));
        const changed = (): boolean => files.some((file) => stampOf(file) !== stamps.get(file));
        let settle: NodeJS.Timeout | undefined;
        const look = (): void => {
          clearTimeout(settle);
          settle = setTimeout(() => {
            if (changed()) end();
          }, settleMs);
        };
        const stops = files.map((file) => watchPath(file, look));
        const poll = setInterval(look, pollMs);
        const end = (): void => {
          clearTimeout(settle);
          clearInterval(poll);
          for (const stop of stops) stop();
          done();
        };
        wake = end;
      });
    }
    return code ?? 0;
  } finally {
    stopListening();
  }
}
