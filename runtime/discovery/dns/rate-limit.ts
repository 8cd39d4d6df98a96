/**
 * Counts questions by source address, so that one client, or one address that somebody else writes into his packets,
 * does not get all of the answers.
 */
import type { Clock } from '../../common/clock.js';

const windowMs = 1000;
/** Addresses that are counted apart; beyond that new ones are let through until the window ends. */
const maxSources = 65_536;

export class RateLimit {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #counts = new Map<string, number>();
  #windowStart: number;

  /** @param perSecond questions of one address in a second */
  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
    this.#windowStart = clock.now();
  }

  /** Counts a question. @returns whether it is to be answered */
  allows(source: string): boolean {
    const now = this.#clock.now();
    if (now - this.#windowStart >= windowMs) {
      this.#windowStart = now;
      this.#counts.clear();
    }
    const count = this.#counts.get(source) ?? 0;
    if (count >= this.#perSecond) return false;
    if (count > 0 || this.#counts.size < maxSources) this.#counts.set(source, count + 1);
    return true;
  }
}
