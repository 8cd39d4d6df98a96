/**
 * Reads a zip file (a Go module) from memory. No zip64, no encryption: module zips have neither.
 * Source: PKWARE APPNOTE 4.3.
 */
import { inflateRawSync } from 'node:zlib';

const endOfCentralDirectory = 0x06054b50;
const deflated = 8;

export interface ZipEntry {
  readonly name: string;
  /** Inflates on each call. */
  read(): Buffer;
}

/** @throws Error when the bytes are not a zip file. */
export function* zipEntries(bytes: Buffer): Generator<ZipEntry> {
  let end = bytes.length - 22;
  while (end >= 0 && bytes.readUInt32LE(end) !== endOfCentralDirectory) end--;
  if (end < 0) throw new Error('not a zip file');
  let at = bytes.readUInt32LE(end + 16);
  for (let left = bytes.readUInt16LE(end + 10); left > 0; left--) {
    const method = bytes.readUInt16LE(at + 10);
    const size = bytes.readUInt32LE(at + 20);
    const nameLength = bytes.readUInt16LE(at + 28);
    const local = bytes.readUInt32LE(at + 42);
    const start = local + 30 + bytes.readUInt16LE(local + 26) + bytes.readUInt16LE(local + 28);
    yield {
      name: bytes.toString('utf8', at + 46, at + 46 + nameLength),
      read: () => {
        const raw = bytes.subarray(start, start + size);
        return method === deflated ? inflateRawSync(raw) : raw;
      },
    };
    at += 46 + nameLength + bytes.readUInt16LE(at + 30) + bytes.readUInt16LE(at + 32);
  }
}
