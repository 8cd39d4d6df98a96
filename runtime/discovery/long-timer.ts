import type { Clock, Timer } from '../common/clock.js';

/** Node fires longer timers at once (24.8 days). */
const longestMs = 0x7fff_ffff;

/** A timer that may be as long as Consul's durations, which go up to 292 years. */
export function setLongTimer(clock: Clock, delayMs: number, callback: () => void): Timer {
  if (delayMs <= longestMs) return clock.setTimer(delayMs, callback);
  let current = clock.setTimer(longestMs, () => {
    current = setLongTimer(clock, delayMs - longestMs, callback);
  });
  return { cancel: () => current.cancel() };
}
