/**
 * A folder whose files are the values of a runtime layer, each named after its key; folders in it are parts of keys.
 */
import { readdirSync, readFileSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { ConfigFile } from '../config/config-watcher.js';
import { watchPath } from '../config/watch-path.js';
import type { RuntimeEntry } from './runtime-entry.js';
import { entryOfText } from './runtime-entry.js';

/** Folders in folders: Envoy's limit. */
const maxDepth = 16;

/** Lines that begin with `#` are comments; blanks at the end are nothing. */
const contentOf = (text: string): string =>
  text
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .trimEnd();

function collect(folder: string, prefix: string, depth: number, into: Map<string, RuntimeEntry>): void {
  if (depth > maxDepth) throw new Error(`Walk recursion depth exceeded ${maxDepth}`);
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    const key = prefix === '' ? entry.name : `${prefix}.${entry.name}`;
    if (entry.isDirectory()) collect(path, key, depth + 1, into);
    else if (entry.isFile() || entry.isSymbolicLink())
      into.set(key, entryOfText(contentOf(readFileSync(path, 'utf8'))));
  }
}

/** @returns undefined when the folder is not there @throws Error when it cannot be read */
export function readDiskLayer(folder: string): Map<string, RuntimeEntry> | undefined {
  try {
    realpathSync(folder);
  } catch {
    return undefined;
  }
  const found = new Map<string, RuntimeEntry>();
  collect(folder, '', 1, found);
  return found;
}

/** The link whose change has a layer read again: what it leads to, as a text that differs when it leads elsewhere. */
export function linkTo(path: string): ConfigFile {
  const target = (): string | undefined => {
    try {
      return realpathSync(path);
    } catch {
      return undefined;
    }
  };
  return { read: target, stamp: target, watch: (onEvent) => watchPath(path, onEvent) };
}
