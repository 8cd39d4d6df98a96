/**
 * Where commands go before they are done: straight to the state, or onto a disk first.
 */
import type { Command } from './command.js';
import type { Outcome } from './state.js';

export interface Committer {
  /**
   * Does a command for a client.
   * @returns what came of it; a promise when that takes a disk
   * @throws Error (or rejects) when it cannot be kept; then it is not done either
   */
  commit(command: Command): Outcome | Promise<Outcome>;
  /** Does what time makes, which must not fail: a service is down whether or not that can be written. */
  note(command: Command): void;
  /** Comes back when nothing waits any more. */
  idle(): Promise<void>;
  /** Ends when all that was committed is kept. */
  close(): Promise<void>;
}

/** It could not be kept, so it was not done. */
export class NotKeptError extends Error {
  constructor(reason: string) {
    super(`nothing was changed, because it could not be written: ${reason}`);
    this.name = 'NotKeptError';
  }
}
