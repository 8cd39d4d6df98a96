/** One command on a folder of its own. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Io } from '../../cli/command.js';
import { main } from '../../cli/main.js';
import type { Files } from '../support/temporary-folder.js';
import { withFolder } from '../support/temporary-folder.js';
import { recordedIo } from './recorded-io.js';

export interface Outcome {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** Sorted, without those of git. */
  readonly files: readonly string[];
  readonly read: (name: string) => string;
}

/** @param prepare runs in the folder before the command */
export function runCommand(
  files: Files,
  argv: readonly string[],
  more: Partial<Io> & { input?: string; prepare?: (folder: string) => void } = {},
): Promise<Outcome> {
  return withFolder(files, async (folder) => {
    const { prepare, ...rest } = more;
    prepare?.(folder);
    const io = recordedIo(folder, rest);
    const code = await main(argv, io);
    const names = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile())
      .map((one) => join(one.parentPath, one.name).slice(folder.length + 1))
      .filter((name) => !name.startsWith('.git/'))
      .sort();
    const contents = new Map(names.map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
    return { code, out: io.out(), err: io.err(), files: names, read: (name) => contents.get(name) ?? '' };
  });
}
