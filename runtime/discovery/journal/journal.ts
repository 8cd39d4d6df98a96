/**
 * Keeps what was acknowledged. Commands are written to a file, and done when the disk has them; those that come while it
 * is busy go together in one write. Now and then the whole state is written as a snapshot, and a new journal begins.
 *
 * `snapshot-N` is the state at which `journal-N` begins (no snapshot: the empty state). The newest snapshot counts.
 */
import type { Clock, Timer } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import type { Command } from '../state/command.js';
import type { Committer } from '../state/committer.js';
import { NotKeptError } from '../state/committer.js';
import type { Outcome, State, StateDump } from '../state/state.js';
import { decodeFrames, encodeFrame } from './frame.js';
import type { JournalFile, JournalFolder } from './journal-folder.js';

export interface JournalOptions {
  readonly folder: JournalFolder;
  /** Not started yet; what was kept is put into it. */
  readonly state: State;
  readonly clock: Clock;
  readonly logger?: Pick<Logger, 'info' | 'warning' | 'error'>;
  /** A journal of more octets is followed by a snapshot, unless the last one was larger than half of that. Default 1 MiB. */
  readonly snapshotAboveBytes?: number;
}

/** Written into each snapshot, so that an older program does not take a newer one for its own. */
const format = 1;
const defaultSnapshotAboveBytes = 1_048_576;
/** How long to wait before trying a disk again that took nothing. */
const retryMs = 5000;

interface Snapshot {
  readonly format: number;
  /** Name of the node whose state it is. */
  readonly node: string;
  readonly state: StateDump;
}

interface Waiting {
  readonly command: Command;
  readonly done: (outcome: Outcome) => void;
  readonly failed: (error: Error) => void;
}

function fileName(kind: 'journal' | 'snapshot', number: number): string {
  return `${kind}-${String(number).padStart(8, '0')}`;
}

function numbersOf(kind: 'journal' | 'snapshot', names: readonly string[]): number[] {
  return names
    .flatMap((name) =>
      name.startsWith(`${kind}-`) && /^\w+-\d{8}$/.test(name) ? [Number(name.slice(-8))] : [],
    )
    .sort((one, other) => one - other);
}

class Journal implements Committer {
  readonly #options: JournalOptions;
  readonly #state: State;
  #number = 0;
  #file: JournalFile | undefined;
  /** Octets that are on the disk and count. */
  #size = 0;
  #snapshotSize = 0;
  readonly #queue: Waiting[] = [];
  #running: Promise<void> | undefined;
  /** Something was done that is not in the journal, or the journal cannot be gone on with: a snapshot has to come first. */
  #behind = false;
  #retry: Timer | undefined;
  #closed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#state = options.state;
  }

  /** Reads what is there. @throws Error when it is damaged, or of another node */
  async load(): Promise<void> {
    const { folder } = this.#options;
    const names = await folder.list();
    this.#number = numbersOf('snapshot', names).at(-1) ?? 0;
    if (this.#number > 0) await this.#loadSnapshot(fileName('snapshot', this.#number));
    const journal = fileName('journal', this.#number);
    if (names.includes(journal)) await this.#replay(journal);
    this.#file = await folder.open(journal);
    // The rest of a write that nobody was told of.
    await this.#file.truncate(this.#size);
    // So that the commands of the first journal find the state that they were given to.
    if (this.#number === 0 && this.#size === 0) await this.#snapshot();
    for (const name of names) {
      const isOld = /^(?:journal|snapshot)-\d{8}$/.test(name) && Number(name.slice(-8)) !== this.#number;
      if (isOld || name.endsWith('.tmp')) await folder.remove(name).catch(() => undefined);
    }
  }

  commit(command: Command): Promise<Outcome> {
    if (this.#closed) return Promise.reject(new NotKeptError('the service is ending'));
    return new Promise((done, failed) => {
      this.#queue.push({ command, done, failed });
      this.#running ??= this.#run();
    });
  }

  note(command: Command): void {
    if (this.#closed) return;
    const failed = (): void => {
      // It happened, whether or not it could be written: a snapshot makes up for it.
      this.#behind = true;
      this.#execute(command);
    };
    this.#queue.push({ command, done: () => {}, failed });
    this.#running ??= this.#run();
  }

  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.cancel();
    await this.idle();
    await this.#file?.close();
    this.#file = undefined;
  }

  async #loadSnapshot(name: string): Promise<void> {
    const { values, damaged } = decodeFrames(await this.#options.folder.read(name));
    const [snapshot] = values as readonly Snapshot[];
    if (snapshot === undefined || damaged) {
      throw new Error(`${name} is damaged; restore the folder, or start with an empty one`);
    }
    if (snapshot.format !== format) {
      throw new Error(`${name} has format ${snapshot.format}, this program reads ${format}`);
    }
    const own = this.#state.catalog.node.name;
    if (snapshot.node !== own) {
      throw new Error(`the data is of the node '${snapshot.node}', not of '${own}'; give the node that name`);
    }
    this.#state.restore(snapshot.state);
    this.#snapshotSize = encodeFrame(snapshot).length;
  }

  async #replay(name: string): Promise<void> {
    const { values, end, damaged } = decodeFrames(await this.#options.folder.read(name));
    if (damaged) {
      throw new Error(`${name} is damaged at octet ${end}; restore the folder, or start with an empty one`);
    }
    for (const batch of values as readonly (readonly Command[])[]) {
      for (const command of batch) this.#execute(command);
    }
    this.#size = end;
  }

  /** @returns the error of a command that failed, which it does each time alike */
  #execute(command: Command): Outcome | Error {
    try {
      return this.#state.execute(command);
    } catch (error) {
      return error as Error;
    }
  }

  async #run(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0);
      try {
        await this.#write(encodeFrame(batch.map(({ command }) => command)));
      } catch (error) {
        const reason = (error as Error).message;
        this.#options.logger?.error(`discovery: ${batch.length} changes could not be written: ${reason}`);
        for (const { failed } of batch) failed(new NotKeptError(reason));
        this.#retryLater();
        continue;
      }
      for (const { command, done, failed } of batch) {
        const outcome = this.#execute(command);
        if (outcome instanceof Error) failed(outcome);
        else done(outcome);
      }
      const above = this.#options.snapshotAboveBytes ?? defaultSnapshotAboveBytes;
      if (this.#size > Math.max(above, this.#snapshotSize * 2)) await this.#snapshotQuietly();
    }
    this.#running = undefined;
  }

  async #write(frame: Buffer): Promise<void> {
    if (this.#behind) await this.#snapshot();
    const file = this.#file;
    if (file === undefined) throw new Error('there is no journal to write to');
    try {
      await file.write(frame, this.#size);
      await file.sync();
    } catch (error) {
      await this.#takeBack(file);
      throw error;
    }
    this.#size += frame.length;
  }

  /** What was not acknowledged must not come back after a restart. */
  async #takeBack(file: JournalFile): Promise<void> {
    try {
      await file.truncate(this.#size);
      await file.sync();
    } catch {
      this.#behind = true;
    }
  }

  async #snapshotQuietly(): Promise<void> {
    try {
      await this.#snapshot();
    } catch (error) {
      this.#options.logger?.warning(`discovery: no snapshot could be written: ${(error as Error).message}`);
      this.#retryLater();
    }
  }

  /** The new journal is there before the snapshot that it follows, which makes the change in one step. */
  async #snapshot(): Promise<void> {
    const { folder } = this.#options;
    const next = this.#number + 1;
    const snapshot: Snapshot = { format, node: this.#state.catalog.node.name, state: this.#state.dump() };
    const octets = encodeFrame(snapshot);
    const file = await folder.open(fileName('journal', next));
    try {
      await file.truncate(0);
      await file.sync();
      await folder.prepare(fileName('snapshot', next), octets);
    } catch (error) {
      await file.close().catch(() => undefined);
      throw error;
    }
    try {
      await folder.publish(fileName('snapshot', next));
    } catch (error) {
      await file.close().catch(() => undefined);
      // It may be there, or come back after a loss of power: what is written to the old journal might not be read again.
      this.#behind = true;
      throw error;
    }
    const old = this.#file;
    const oldNumber = this.#number;
    this.#file = file;
    this.#number = next;
    this.#size = 0;
    this.#snapshotSize = octets.length;
    this.#behind = false;
    await old?.close().catch(() => undefined);
    for (const kind of ['journal', 'snapshot'] as const) {
      await folder.remove(fileName(kind, oldNumber)).catch(() => undefined);
    }
  }

  /** What happened by itself is written as soon as that is possible, without waiting for a client. */
  #retryLater(): void {
    this.#retry?.cancel();
    this.#retry = this.#options.clock.setTimer(retryMs, () => {
      if (this.#closed || !this.#behind || this.#running !== undefined) return;
      this.#running = this.#snapshotQuietly().then(() => {
        this.#running = undefined;
        if (this.#queue.length > 0) this.#running = this.#run();
      });
    });
  }
}

/**
 * Brings back what a folder keeps, and keeps what comes.
 * @throws Error when the folder cannot be read, is damaged or belongs to another node
 */
export async function openJournal(options: JournalOptions): Promise<Committer> {
  const journal = new Journal(options);
  await journal.load();
  return journal;
}
