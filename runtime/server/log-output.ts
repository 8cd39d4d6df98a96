/**
 * Where the application log goes. Lines are written at once and in order: the last ones before the end of a process are
 * those that somebody will look for.
 */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { ServerOptions } from './server-options.js';

export interface LogOutput {
  write(line: string): void;
  /** Opens the file again, after it was renamed. */
  reopen(): void;
}

/** @throws Error when the file cannot be opened */
export function openLogOutput({ logPath, writeLog }: ServerOptions): LogOutput {
  if (logPath === undefined) {
    return { write: writeLog ?? ((line) => void process.stderr.write(line)), reopen: () => undefined };
  }
  const open = (): number => openSync(logPath, 'a', 0o644);
  let file: number;
  try {
    file = open();
  } catch (error) {
    throw new Error(`Failed to open log-file '${logPath}': ${(error as Error).message}`);
  }
  return {
    write(line) {
      try {
        writeSync(file, line);
      } catch {
        // A full disk loses lines, and nothing else.
      }
    },
    reopen() {
      try {
        const next = open();
        closeSync(file);
        file = next;
      } catch {
        // The file of before goes on.
      }
    },
  };
}
