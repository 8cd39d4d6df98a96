/**
 * A part of the module that is being written: its text, and the value that the text has. The value is made by the very
 * builders that the text names, so that what is written is known to give what was read.
 */
import { isDeepStrictEqual } from 'node:util';
import { readMessage } from '../../dsl/api/index.js';
import { parseDuration } from '../../dsl/api/index.js';
import type { Source } from './source-tree.js';
import { sourceScalar } from './source-tree.js';

/** A message. */
export type Fields = Readonly<Record<string, unknown>>;

/** A text and the value that it has. */
export interface Expression {
  readonly source: Source;
  readonly value: unknown;
}

/** No list, no null. */
export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A text, number, boolean or null. */
export function scalar(value: unknown): Expression {
  return { source: sourceScalar(value), value };
}

/** All items, one after the other. */
export function list(items: readonly Expression[]): Expression {
  return {
    source: { kind: 'list', items: items.map(({ source }) => source) },
    value: items.map(({ value }) => value),
  };
}

/** Members that are undefined are left out. */
export function object(
  members: readonly (readonly [key: string, member: Expression | undefined])[],
): Expression {
  const set = members.filter((one): one is readonly [string, Expression] => one[1] !== undefined);
  return {
    source: { kind: 'object', members: set.map(([key, { source }]) => [key, source] as const) },
    value: Object.fromEntries(set.map(([key, { value }]) => [key, value])),
  };
}

/**
 * A call, with the value that it has.
 * @param args of which those at the end that are undefined or `{}` are left out
 * @returns undefined when the function refuses them
 */
export function call(
  name: string,
  apply: (...args: never[]) => unknown,
  ...args: readonly (Expression | undefined)[]
): Expression | undefined {
  const given = [...args];
  for (let last = given.at(-1); given.length > 0; last = given.at(-1)) {
    const isEmpty = last === undefined || (last.source.kind === 'object' && last.source.members.length === 0);
    if (!isEmpty) break;
    given.pop();
  }
  const full = given.map((one) => one ?? scalar(undefined));
  try {
    const value = apply(...(full.map((one) => one.value) as never[]));
    return { source: { kind: 'call', name, args: full.map(({ source }) => source) }, value };
  } catch {
    return undefined;
  }
}

/** Whether the value, read as a message of the type, is the canonical one. */
export function gives(type: string, value: unknown, canonical: unknown): boolean {
  const { issues, value: read } = readMessage(type, plain(value));
  return issues.length === 0 && isDeepStrictEqual(read, canonical);
}

/** Without symbols, and without members that are undefined. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (member === undefined ? [] : [[key, plain(member)]])),
  );
}

/** `0.250s` -> `250ms`, `300s` -> `5m`; undefined for what the builders do not take. */
export function durationInput(text: unknown): Expression | undefined {
  const parts = typeof text === 'string' ? parseDuration(text) : undefined;
  if (parts === undefined || parts.seconds < 0 || parts.nanos < 0) return undefined;
  const { nanos, seconds } = parts;
  if (nanos % 1e6 !== 0) return scalar(text);
  if (nanos !== 0) return scalar(`${seconds * 1000 + nanos / 1e6}ms`);
  if (seconds >= 60 && seconds % 3600 === 0) return scalar(`${seconds / 3600}h`);
  if (seconds >= 60 && seconds % 60 === 0) return scalar(`${seconds / 60}m`);
  return scalar(`${seconds}s`);
}
