/**
 * What the proxy will find around itself, for `--with-files`: files and the environment of this machine. Without it checks
 * look at nothing but the configuration.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';

export interface Machine {
  /** What a path leads to: octets of a file, `folder`, or undefined when there is nothing that can be read. */
  read(path: string): Buffer | 'folder' | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Larger files, and what is no file (pipes, devices), are taken as they are: empty. Octets. */
const maxBytes = 64 * 1024 * 1024;

/** @param cwd where relative paths begin: the proxy has to be started there */
export function localMachine(cwd: string, env: Machine['env']): Machine {
  const known = new Map<string, Buffer | 'folder' | undefined>();
  const look = (path: string): Buffer | 'folder' | undefined => {
    try {
      const stat = statSync(path);
      if (stat.isDirectory()) return 'folder';
      return stat.isFile() && stat.size <= maxBytes ? readFileSync(path) : Buffer.alloc(0);
    } catch {
      return undefined;
    }
  };
  return {
    env,
    read(path) {
      const full = resolve(cwd, path);
      if (!known.has(full)) known.set(full, look(full));
      return known.get(full);
    },
  };
}
