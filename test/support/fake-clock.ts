/** A clock that only moves when told, for everything that takes a `Clock`. */
import type { Clock, Timer } from '../../runtime/common/clock.js';

interface Pending {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void;
}

export class FakeClock implements Clock {
  private time = 0;
  private order = 0;
  private readonly pending = new Set<Pending>();
  /** Wall-clock time at `now() === 0`, in milliseconds since the epoch. */
  readonly epoch: number;

  constructor(epoch = Date.UTC(2026, 0, 31, 12)) {
    this.epoch = epoch;
  }

  now(): number {
    return this.time;
  }

  wallTime(): number {
    return this.epoch + this.time;
  }

  setTimer(delayMs: number, callback: () => void): Timer {
    const timer: Pending = { due: this.time + Math.max(0, delayMs), order: this.order++, callback };
    this.pending.add(timer);
    return { cancel: () => void this.pending.delete(timer) };
  }

  /** Timers that have not fired. */
  get timers(): number {
    return this.pending.size;
  }

  /** Milliseconds until the next timer; infinite when there is none. */
  get untilNext(): number {
    let due = Number.POSITIVE_INFINITY;
    for (const timer of this.pending) due = Math.min(due, timer.due);
    return due - this.time;
  }

  /** Moves on and fires what becomes due on the way, in order; timers set by callbacks count as well. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    while (true) {
      let next: Pending | undefined;
      for (const timer of this.pending) {
        if (timer.due > end) continue;
        if (
          next === undefined ||
          timer.due < next.due ||
          (timer.due === next.due && timer.order < next.order)
        ) {
          next = timer;
        }
      }
      if (next === undefined) break;
      this.pending.delete(next);
      this.time = Math.max(this.time, next.due);
      next.callback();
    }
    this.time = end;
  }
}
