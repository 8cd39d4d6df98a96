/**
 * Durations as people write them -> as Envoy wants them.
 */
import { formatDuration } from '../api/duration.js';
import type { Duration } from '../types.js';

/** A number of seconds, or a number with its unit: `'250ms'`, `'1.5s'`, `'1m'`, `'24h'`. */
export type DurationInput = number | `${number}ms` | `${number}s` | `${number}m` | `${number}h`;

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** @throws RangeError on anything else, on negative ones too */
export function duration(input: DurationInput): Duration {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(typeof input === 'number' ? `${input}s` : input);
  const scale = unitMs[match?.[2] ?? ''];
  if (match === null || scale === undefined) {
    throw new RangeError(`'${input}' is not a duration; write 15 (seconds), '250ms', '1.5s', '1m' or '24h'`);
  }
  const nanos = Math.round(Number(match[1]) * scale * 1e6);
  return formatDuration({ seconds: Math.floor(nanos / 1e9), nanos: nanos % 1e9 }) as Duration;
}
