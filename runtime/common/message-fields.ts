/**
 * Reading canonical messages, whose shape the API reader has checked: absent fields are the defaults of the caller.
 */
import { durationMs } from '../../dsl/api/duration.js';

/** A canonical message. */
export type Fields = Readonly<Record<string, unknown>>;

const none: Fields = {};

/** The message; an empty one when the field is not set. */
export function messageOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : none;
}

export function messagesOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

export function textOf(value: unknown, absent = ''): string {
  return typeof value === 'string' ? value : absent;
}

/** Also 64-bit numbers, which may be texts. */
export function numberOf(value: unknown, absent: number): number {
  return typeof value === 'number' ? value : typeof value === 'string' ? Number(value) : absent;
}

/** Milliseconds. */
export function durationOf(value: unknown, absentMs: number): number {
  return typeof value === 'string' ? durationMs(value) : absentMs;
}

/** Full name of the message in an `Any`, `''` when there is none. */
export function typeNameOf(value: unknown): string {
  const url = textOf(messageOf(value)['@type']);
  return url.slice(url.lastIndexOf('/') + 1);
}
