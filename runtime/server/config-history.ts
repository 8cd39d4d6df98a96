/**
 * The configurations that have been in force, the last of them last, so that one can go back to the one before.
 */
import { createHash } from 'node:crypto';

/** How many are kept besides the one in force. */
const kept = 5;

export interface PastConfig {
  /** Counts from 1, the start. */
  readonly generation: number;
  readonly text: string;
  /** Wall-clock milliseconds since the epoch at which it came into force. */
  readonly inForceSinceMs: number;
  /** SHA-256 of the text, hexadecimal. */
  readonly sha256: string;
}

export class ConfigHistory {
  private past: PastConfig[] = [];
  private generations = 0;
  /** On its way back into force. */
  private target: PastConfig | undefined = undefined;

  /** Oldest first; the last one is in force. */
  all(): readonly PastConfig[] {
    return this.past;
  }

  /** A text came into force. One that is in force already is nothing new. */
  add(text: string, nowMs: number): void {
    const { target } = this;
    if (target?.text === text) {
      // What came after it is forgotten, so that the next way back leads further.
      this.past = this.past.filter(({ generation }) => generation <= target.generation);
      return;
    }
    if (this.past.at(-1)?.text === text) return;
    const sha256 = createHash('sha256').update(text).digest('hex');
    this.past.push({ generation: ++this.generations, text, inForceSinceMs: nowMs, sha256 });
    if (this.past.length > kept + 1) this.past.shift();
  }

  /** @param generation default: the one before. @returns undefined when there is none */
  find(generation?: number): PastConfig | undefined {
    const before = this.past.slice(0, -1);
    return generation === undefined ? before.at(-1) : before.find((one) => one.generation === generation);
  }

  /** @param enforce puts the text in force, and says whether it did */
  async goBackTo(target: PastConfig, enforce: (text: string) => Promise<boolean>): Promise<boolean> {
    this.target = target;
    try {
      return await enforce(target.text);
    } finally {
      this.target = undefined;
    }
  }
}
