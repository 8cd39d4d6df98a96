/**
 * Time-outs that all wait equally long, which is what requests have: they fall due in the order in which they were set,
 * so a linked list and one timer of the clock serve all of them. Setting and removing one costs a few assignments.
 */
import type { Clock, Timer } from './clock.js';

/** Who is told. `kind` tells several time-outs of one owner apart. */
export interface TimeoutOwner {
  onTimeout(kind: number): void;
}

/** One time-out, made once per owner and set as often as needed. */
export class Timeout {
  readonly owner: TimeoutOwner;
  readonly kind: number;
  /** Monotonic milliseconds; meaningless while it is not set. */
  due = 0;
  queue: TimeoutQueue | undefined = undefined;
  previous: Timeout | undefined = undefined;
  next: Timeout | undefined = undefined;

  constructor(owner: TimeoutOwner, kind: number) {
    this.owner = owner;
    this.kind = kind;
  }

  /** Does nothing when it is not set. */
  clear(): void {
    this.queue?.remove(this);
  }
}

export class TimeoutQueue {
  readonly delayMs: number;
  private readonly clock: Clock;
  private first: Timeout | undefined = undefined;
  private last: Timeout | undefined = undefined;
  private timer: Timer | undefined = undefined;

  /** @param delayMs more than 0 */
  constructor(clock: Clock, delayMs: number) {
    this.clock = clock;
    this.delayMs = delayMs;
  }

  get isEmpty(): boolean {
    return this.first === undefined;
  }

  /** Sets it, or sets it anew. */
  add(timeout: Timeout): void {
    if (timeout.queue !== undefined) timeout.queue.remove(timeout);
    timeout.queue = this;
    timeout.due = this.clock.now() + this.delayMs;
    timeout.previous = this.last;
    if (this.last === undefined) this.first = timeout;
    else this.last.next = timeout;
    this.last = timeout;
    if (this.timer === undefined) this.arm(this.delayMs);
  }

  remove(timeout: Timeout): void {
    if (timeout.queue !== this) return;
    const { next, previous } = timeout;
    if (previous === undefined) this.first = next;
    else previous.next = next;
    if (next === undefined) this.last = previous;
    else next.previous = previous;
    timeout.queue = undefined;
    timeout.previous = undefined;
    timeout.next = undefined;
  }

  private arm(delayMs: number): void {
    this.timer = this.clock.setTimer(delayMs, () => this.fire());
  }

  /** The timer is not moved when time-outs are removed: it wakes up, finds what is due, and sleeps on. */
  private fire(): void {
    this.timer = undefined;
    const now = this.clock.now();
    while (this.first !== undefined && this.first.due <= now) {
      const due = this.first;
      this.remove(due);
      due.owner.onTimeout(due.kind);
    }
    // `onTimeout` may have added one and armed the timer.
    if (this.first !== undefined && this.timer === undefined) this.arm(Math.max(1, this.first.due - now));
  }
}

/** Requests may ask for a length of their own by a header: beyond so many queues, those that nobody uses are forgotten. */
const maxIdleQueues = 1000;

/** One queue for each length of time, shared by all that ask for it. */
export class TimeoutQueues {
  private readonly clock: Clock;
  private readonly queues = new Map<number, TimeoutQueue>();

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** @returns undefined for 0, which means no time-out */
  get(delayMs: number): TimeoutQueue | undefined {
    if (delayMs <= 0) return undefined;
    let queue = this.queues.get(delayMs);
    if (queue === undefined) {
      if (this.queues.size >= maxIdleQueues) this.forgetIdle();
      queue = new TimeoutQueue(this.clock, delayMs);
      this.queues.set(delayMs, queue);
    }
    return queue;
  }

  /** A queue that somebody keeps goes on to work; it is only not shared any more. */
  private forgetIdle(): void {
    for (const [delayMs, queue] of this.queues) if (queue.isEmpty) this.queues.delete(delayMs);
  }
}
