/**
 * Fields of a test, each refused with its path when it is of another kind.
 */
import type { Path, PathStep } from '../../dsl/api/index.js';
import { durationMs, nearName } from '../../dsl/api/index.js';
import type { DurationInput } from '../../dsl/index.js';
import { duration } from '../../dsl/index.js';

/** A test, or a part of it. */
export type Fields = Readonly<Record<string, unknown>>;

/** What is wrong with a field, with its path inside the test. */
export class Refusal extends Error {
  readonly steps: Path;
  constructor(message: string, ...steps: PathStep[]) {
    super(message);
    this.steps = steps;
  }
}

/** No list, no null. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @throws Refusal */
export function objectAt(value: unknown, ...steps: PathStep[]): Fields {
  if (!isObject(value)) throw new Refusal('must be an object', ...steps);
  return value;
}

/** @throws Refusal at the first field that is not allowed */
export function refuseOthers(value: Fields, allowed: readonly string[], ...steps: PathStep[]): void {
  for (const key of Object.keys(value)) {
    if (allowed.includes(key)) continue;
    const near = nearName(key, [...allowed]);
    const hint = near === undefined ? `there are ${allowed.join(', ')}` : `did you mean '${near}'?`;
    throw new Refusal(`unknown field '${key}'; ${hint}`, ...steps, key);
  }
}

/** undefined when it is not set. @throws Refusal */
export function textAt(value: unknown, ...steps: PathStep[]): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new Refusal('must be a text', ...steps);
  return value;
}

/** A whole number from 0 on; also as a text. @throws Refusal */
export function wholeAt(value: unknown, max: number, ...steps: PathStep[]): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > max) {
    throw new Refusal(`must be a whole number from 0 to ${max}`, ...steps);
  }
  return number;
}

/** False when it is not set. @throws Refusal */
export function booleanAt(value: unknown, ...steps: PathStep[]): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new Refusal('must be true or false', ...steps);
  return value;
}

/** 64-bit numbers come as texts; only what chooses among weights is left of them. */
export function randomAt(value: unknown, ...steps: PathStep[]): number {
  return wholeAt(value, Number.MAX_SAFE_INTEGER, ...steps) ?? 0;
}

/** Milliseconds, undefined when it is not set. @throws Refusal */
export function durationAt(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined;
  try {
    return durationMs(duration(value as DurationInput));
  } catch (error) {
    throw new Refusal((error as Error).message, 'expect', field);
  }
}
