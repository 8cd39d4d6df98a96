/** A configuration file of somebody else, watched. */
import { systemClock } from '../common/clock.js';
import type { ConfigWatcher } from './config-watcher.js';
import { diskFile, watchConfig } from './config-watcher.js';

/** @param onChange is told that the content differs from what it was when it was last told, or at the start */
export function watchFile(path: string, onChange: () => void): ConfigWatcher {
  const file = diskFile(path);
  return watchConfig({
    file,
    clock: systemClock,
    initial: file.read() ?? '',
    onChange: async () => onChange(),
  });
}
