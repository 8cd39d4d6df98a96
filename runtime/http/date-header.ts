/**
 * The value of `date` (RFC 9110 section 5.6.7), written once a second.
 */
import type { Clock } from '../common/clock.js';

export function createDateHeader(clock: Clock): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Math.floor(clock.wallTime() / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toUTCString();
    }
    return text;
  };
}
