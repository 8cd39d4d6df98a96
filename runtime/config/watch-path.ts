/**
 * Watches a path with all symlinks on its way: each folder that holds a name of the way is watched for that name, since a
 * swapped link changes nothing in the folder that the file is in.
 */
import type { FSWatcher } from 'node:fs';
import { lstatSync, readlinkSync, watch } from 'node:fs';
import { dirname, isAbsolute, join, resolve, sep } from 'node:path';

/** Links that lead to links: more than that is a circle. The limit of Linux. */
const maxLinks = 40;

/**
 * The folders to watch, each with the names in it that lead to the file.
 * @param path may not exist
 */
export function watchedNames(path: string): Map<string, Set<string>> {
  const names = new Map<string, Set<string>>();
  const add = (folder: string, name: string): void => {
    const set = names.get(folder) ?? new Set();
    set.add(name);
    names.set(folder, set);
  };
  let links = 0;
  let folder: string = sep;
  const left = resolve(path).split(sep).filter(Boolean);
  while (left.length > 0) {
    const name = left.shift() as string;
    if (name === '..') {
      folder = dirname(folder);
      continue;
    }
    if (name === '.') continue;
    const here = join(folder, name);
    const target = linkTarget(here);
    if (target === undefined || links++ >= maxLinks) {
      if (left.length === 0) add(folder, name);
      folder = here;
      continue;
    }
    add(folder, name);
    left.unshift(...target.split(sep).filter(Boolean));
    if (isAbsolute(target)) folder = sep;
  }
  return names;
}

function linkTarget(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Calls back for everything that happens to a name on the way. A folder that cannot be watched is left out: the caller
 * has to look by itself now and then anyway.
 * @returns a function that ends it
 */
export function watchPath(path: string, onEvent: () => void): () => void {
  let watchers: FSWatcher[] = [];
  let shape = '';

  function shapeOf(names: Map<string, Set<string>>): string {
    return JSON.stringify([...names].map(([folder, set]) => [folder, ...set]));
  }

  function arm(): void {
    const names = watchedNames(path);
    const next = shapeOf(names);
    if (next === shape) return;
    shape = next;
    const old = watchers;
    watchers = [];
    for (const [folder, set] of names) {
      try {
        const watcher = watch(folder, { persistent: false }, (_event, changed) => {
          if (changed !== null && !set.has(changed)) return;
          // The way may lead elsewhere now.
          arm();
          onEvent();
        });
        watcher.on('error', () => undefined);
        watchers.push(watcher);
      } catch {
        // Not there, or not watchable.
      }
    }
    for (const watcher of old) watcher.close();
  }

  arm();
  return () => {
    for (const watcher of watchers) watcher.close();
    watchers = [];
  };
}
