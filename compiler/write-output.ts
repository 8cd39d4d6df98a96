/**
 * Writing so that a reader sees the old file or the new one, never a part.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** A disk that is nearly full takes a part first, and says so only the next time. */
function writeAll(descriptor: number, octets: Buffer): void {
  for (let at = 0; at < octets.length; ) at += writeSync(descriptor, octets, at);
}

/**
 * Replaces a file in one step: written beside it, synced, renamed. A file with equal content is left untouched.
 * @returns false when it was equal
 * @throws when the folder cannot be written to; nothing is left behind then
 */
export function writeOutput(path: string, text: string): boolean {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return false;
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`);
  try {
    const mode = existsSync(path) ? statSync(path).mode : 0o644;
    const descriptor = openSync(temporary, 'w', mode);
    try {
      writeAll(descriptor, Buffer.from(text));
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return true;
}
