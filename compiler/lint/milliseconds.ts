import { durationMs } from '../../dsl/api/index.js';

/** A duration of a canonical message in milliseconds; undefined when it is not set. */
export function millisecondsAt(value: unknown): number | undefined {
  return typeof value === 'string' && value !== '' ? durationMs(value) : undefined;
}
