/**
 * Lets a body through at a rate, in slices: sixteen each second, as Envoy's `StreamRateLimiter`.
 */
import type { Clock, Timer } from '../../../common/clock.js';

const slicesPerSecond = 16;
const sliceMs = 1000 / slicesPerSecond;

/** Where the slices go. */
export interface RateLimiterTarget {
  write(data: Buffer, endStream: boolean): void;
  /** All data is written: what comes after it may follow. */
  finishTrailers(): void;
}

export class ResponseRateLimiter {
  private readonly clock: Clock;
  private readonly target: RateLimiterTarget;
  private readonly sliceBytes: number;
  private queue: Buffer[] = [];
  private queued = 0;
  private ended = false;
  private hasTrailers = false;
  private timer: Timer | undefined = undefined;
  /** Monotonic: when the next slice may leave. */
  private nextAt = 0;

  /** @param kibPerSecond at least 1 */
  constructor(kibPerSecond: number, clock: Clock, target: RateLimiterTarget) {
    this.clock = clock;
    this.target = target;
    this.sliceBytes = Math.max(1, Math.floor((kibPerSecond * 1024) / slicesPerSecond));
  }

  push(data: Buffer, endStream: boolean): void {
    this.queue.push(data);
    this.queued += data.length;
    this.ended = endStream;
    this.arm();
  }

  /** @returns false when data is left: `finishTrailers` follows */
  trailers(): boolean {
    if (this.timer === undefined && this.queued === 0) return true;
    this.hasTrailers = true;
    return false;
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.queue = [];
  }

  private arm(): void {
    this.timer ??= this.clock.setTimer(Math.max(0, this.nextAt - this.clock.now()), () => this.writeSlice());
  }

  private writeSlice(): void {
    this.timer = undefined;
    this.nextAt = this.clock.now() + sliceMs;
    const all = this.queue.length === 1 ? (this.queue[0] as Buffer) : Buffer.concat(this.queue);
    const slice = all.subarray(0, this.sliceBytes);
    const rest = all.subarray(slice.length);
    this.queue = rest.length === 0 ? [] : [rest];
    this.queued = rest.length;
    if (rest.length > 0) this.arm();
    this.target.write(slice, this.ended && rest.length === 0 && !this.hasTrailers);
    if (this.queued === 0 && this.hasTrailers) this.target.finishTrailers();
  }
}
