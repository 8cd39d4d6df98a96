/**
 * What a journal needs of a disk: the contract, and the folder of a file system that fulfils it. Tests put a disk in its
 * place that is full, slow or gone.
 */
import { mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** A file that is written at its end. */
export interface JournalFile {
  /** Writes all of it there, or fails; what is there after a failure is not known. */
  write(octets: Uint8Array, position: number): Promise<void>;
  /** Comes back when what was written is on the disk. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

export interface JournalFolder {
  /** Names of the files. */
  list(): Promise<readonly string[]>;
  read(name: string): Promise<Buffer>;
  /** Opens a file to write, making it when it is not there. */
  open(name: string): Promise<JournalFile>;
  /** Writes a whole file beside its place, from which `publish` brings it there. A failure changes nothing. */
  prepare(name: string, octets: Uint8Array): Promise<void>;
  /**
   * Puts what was prepared in its place at once: who looks sees all of it or none, whenever the machine stops. After a
   * failure it may be there or not, and may come or go once more when the machine stops.
   */
  publish(name: string): Promise<void>;
  remove(name: string): Promise<void>;
}

/** Only the owner may read: tokens of checks and keys of others may be in there. */
const fileMode = 0o600;
const folderMode = 0o700;

async function writeAll(
  file: {
    write(
      octets: Uint8Array,
      at: number,
      length: number,
      position: number,
    ): Promise<{ bytesWritten: number }>;
  },
  octets: Uint8Array,
  position: number,
): Promise<void> {
  let done = 0;
  while (done < octets.length) {
    const { bytesWritten } = await file.write(octets, done, octets.length - done, position + done);
    if (bytesWritten === 0) throw new Error('the disk takes no more');
    done += bytesWritten;
  }
}

/** Makes names that were added or removed survive. */
async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * The folder at a path, which is made when it is not there.
 * @throws the error of the file system
 */
export async function openJournalFolder(path: string): Promise<JournalFolder> {
  await mkdir(path, { recursive: true, mode: folderMode });
  return {
    list: () => readdir(path),
    read: (name) => readFile(join(path, name)),
    async open(name) {
      const handle = await open(join(path, name), 'r+').catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
        return open(join(path, name), 'wx+', fileMode);
      });
      await syncFolder(path);
      return {
        write: (octets, position) => writeAll(handle, octets, position),
        sync: () => handle.datasync(),
        truncate: (size) => handle.truncate(size),
        close: () => handle.close(),
      };
    },
    async prepare(name, octets) {
      const handle = await open(join(path, `${name}.tmp`), 'w', fileMode);
      try {
        await writeAll(handle, octets, 0);
        await handle.sync();
      } finally {
        await handle.close();
      }
    },
    async publish(name) {
      await rename(join(path, `${name}.tmp`), join(path, name));
      await syncFolder(path);
    },
    remove: (name) => unlink(join(path, name)),
  };
}
