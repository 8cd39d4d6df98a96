/**
 * Several files as one that can be watched: its text differs when what any of them holds differs.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { ConfigFile } from './config-watcher.js';
import { diskFile } from './config-watcher.js';

/** Of a file that cannot be read now: with the others it may still be worth a try, and a message. */
const absent = 'absent';

function contentOf(path: string): string {
  try {
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  } catch {
    return absent;
  }
}

/** @param paths links are followed, also when they change */
export function fileSet(paths: readonly string[]): ConfigFile {
  const files = paths.map(diskFile);
  return {
    read: () => paths.map((path) => `${path} ${contentOf(path)}`).join('\n'),
    stamp: () => files.map((file) => file.stamp() ?? absent).join('\n'),
    watch(onEvent) {
      const stops = files.map((file) => file.watch(onEvent));
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}
