/**
 * Service definitions from files: one that is named, and all `*.json` of a folder. They are read again when what they say
 * changes, however it was written: in place, by a rename over it, or by a symbolic link that points elsewhere.
 */
import { readdirSync, readFileSync, watch } from 'node:fs';
import { join } from 'node:path';
import type { Clock, Timer } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { watchPath } from '../../config/watch-path.js';
import type { Registration } from '../agent.js';
import { readServicesFile } from './services-file.js';

export interface DefinitionFiles {
  readonly file?: string | undefined;
  readonly folder?: string | undefined;
  /** Definitions that come from elsewhere, and stay as they are. */
  readonly given?: { readonly name: string; readonly text: string } | undefined;
}

export interface FollowOptions {
  readonly files: DefinitionFiles;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'error'>;
  /** Called with all definitions, each time they are others. */
  onChange(registrations: readonly Registration[]): void;
}

/** Time for the writer to finish. */
const settleMs = 50;
/** Where the system tells nothing (network file systems), this finds it. */
const pollMs = 2000;

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new Error(`${path} cannot be read (${(error as Error).message})`);
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    throw new Error(`${folder} cannot be read (${(error as Error).message})`);
  }
}

/** Contents by path. @throws Error for what cannot be read, or is in a language that is not read */
function contents({ file, folder, given }: DefinitionFiles): Map<string, string> {
  const found = new Map<string, string>();
  if (given !== undefined) found.set(given.name, given.text);
  if (file !== undefined) found.set(file, readText(file));
  if (folder === undefined) return found;
  for (const name of namesIn(folder)) {
    const path = join(folder, name);
    if (name.endsWith('.hcl')) {
      throw new Error(`${path}: HCL is not read; write the definition as JSON, which Consul reads as well`);
    }
    if (name.endsWith('.json') && !name.startsWith('.')) found.set(path, readText(path));
  }
  return found;
}

/** @throws Error whose message begins with the file, and line and column where there are some */
function registrationsOf(texts: ReadonlyMap<string, string>): Registration[] {
  const owners = new Map<string, string>();
  const found: Registration[] = [];
  for (const [path, text] of texts) {
    for (const registration of readServicesFile(text, path)) {
      const { id } = registration.service;
      const owner = owners.get(id);
      if (owner !== undefined) throw new Error(`${path}: service '${id}' is in ${owner} as well`);
      owners.set(id, path);
      found.push(registration);
    }
  }
  return found;
}

export interface Followed {
  /** Looks now. Errors are logged; the definitions of before stay. */
  look(): void;
  stop(): void;
}

/**
 * Reads the definitions, calls back with them, and goes on to watch.
 * @throws Error when they are wrong at the start
 */
export function followDefinitions(options: FollowOptions): Followed {
  const { clock, files, logger } = options;
  let known = '';
  let complained = '';
  let settle: Timer | undefined;
  let poll: Timer | undefined;
  let stopped = false;

  const read = (): void => {
    const texts = contents(files);
    const content = JSON.stringify([...texts]);
    if (content === known) return;
    const registrations = registrationsOf(texts);
    known = content;
    options.onChange(registrations);
  };
  const look = (): void => {
    if (stopped) return;
    const before = known;
    try {
      read();
      complained = '';
      if (known !== before) logger.info('the service definitions were read again');
    } catch (error) {
      const { message } = error as Error;
      if (message === complained) return;
      complained = message;
      logger.error(`${message}; the services of before stay`);
    }
  };
  const soon = (): void => {
    settle?.cancel();
    settle = clock.setTimer(settleMs, look);
  };
  const pollAgain = (): void => {
    poll = clock.setTimer(pollMs, () => {
      look();
      if (!stopped) pollAgain();
    });
  };

  read();
  const stops: (() => void)[] = [];
  if (files.file !== undefined) stops.push(watchPath(files.file, soon));
  if (files.folder !== undefined) {
    try {
      const watcher = watch(files.folder, soon);
      watcher.on('error', () => watcher.close());
      stops.push(() => watcher.close());
    } catch {
      // The poll finds it.
    }
  }
  pollAgain();
  return {
    look,
    stop() {
      stopped = true;
      settle?.cancel();
      poll?.cancel();
      for (const stop of stops) stop();
    },
  };
}
