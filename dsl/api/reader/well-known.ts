/**
 * The messages that ProtoJSON writes in a form of their own.
 */
import type { DurationParts } from '../duration.js';
import { formatDuration, parseDuration } from '../duration.js';
import type { ScalarType } from '../model/api-model.js';
import { kindOf } from './scalars.js';

/** Wrapper message to the scalar it wraps. */
export const wrappers: Readonly<Record<string, ScalarType>> = {
  'google.protobuf.BoolValue': 'bool',
  'google.protobuf.StringValue': 'string',
  'google.protobuf.BytesValue': 'bytes',
  'google.protobuf.DoubleValue': 'double',
  'google.protobuf.FloatValue': 'float',
  'google.protobuf.Int32Value': 'int32',
  'google.protobuf.UInt32Value': 'uint32',
  'google.protobuf.Int64Value': 'int64',
  'google.protobuf.UInt64Value': 'uint64',
};

export type WellKnownResult = { readonly value: unknown } | { readonly error: string; readonly fix?: string };

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}

/** What people write for a duration, in Envoy's spelling. */
function durationHint(value: unknown): string | undefined {
  if (typeof value === 'number') return `write '${value}s'`;
  const unit = /^\+?(\d*\.?\d+)\s*(ns|us|ms|s|m|min|h|d)$/i.exec(String(value));
  const scale: Readonly<Record<string, number>> = {
    ns: 1e-9,
    us: 1e-6,
    ms: 1e-3,
    s: 1,
    m: 60,
    min: 60,
    h: 3600,
    d: 86400,
  };
  const factor = unit === null ? undefined : scale[(unit[2] ?? '').toLowerCase()];
  if (unit !== null && factor !== undefined) {
    return `write '${Number((Number(unit[1]) * factor).toFixed(9))}s'`;
  }
  return /^\d+(?:\.\d+)?$/.test(String(value)) ? `write '${value}s'` : undefined;
}

/** The message itself, `{ seconds: 15, nanos: 500000000 }`, which Envoy's loader takes as well (measured on 1.40). */
function durationOfParts(value: unknown): DurationParts | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const { seconds, nanos, ...others } = value as Readonly<Record<string, unknown>>;
  if (Object.keys(others).length > 0) return undefined;
  const whole = (part: unknown): number => {
    if (part === undefined || part === null) return 0;
    const number = typeof part === 'string' && /^-?\d+$/.test(part) ? Number(part) : part;
    return typeof number === 'number' && Number.isInteger(number) ? number : Number.NaN;
  };
  const parts = { seconds: whole(seconds), nanos: whole(nanos) };
  const isValid =
    Math.abs(parts.seconds) <= 315_576_000_000 &&
    Math.abs(parts.nanos) < 1e9 &&
    (parts.seconds === 0 || parts.nanos === 0 || parts.seconds > 0 === parts.nanos > 0);
  return isValid ? parts : undefined;
}

function readDuration(value: unknown): WellKnownResult {
  if (isEmptyObject(value)) return { value: '0s' };
  const parts = typeof value === 'string' ? parseDuration(value) : durationOfParts(value);
  if (parts === undefined) {
    const fix = durationHint(value);
    const error = `expected a duration like '0.25s' or '15s', got ${kindOf(value)}`;
    return fix === undefined ? { error } : { error, fix };
  }
  return { value: formatDuration(parts) };
}

function readTimestamp(value: unknown): WellKnownResult {
  const valid =
    typeof value === 'string' &&
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/.test(value) &&
    !Number.isNaN(Date.parse(value));
  return valid ? { value } : { error: `expected a time like '2026-01-31T12:00:00Z', got ${kindOf(value)}` };
}

/** JSON as it is; functions, symbols and the like are not JSON. */
function readJson(value: unknown): WellKnownResult {
  if (typeof value === 'function' || typeof value === 'symbol' || typeof value === 'bigint') {
    return { error: `expected JSON, got ${kindOf(value)}` };
  }
  return { value };
}

/** Reader of a well-known type, undefined for other messages. Wrappers and `Any` are read elsewhere. */
export const wellKnownReaders: Readonly<Record<string, (value: unknown) => WellKnownResult>> = {
  'google.protobuf.Duration': readDuration,
  'google.protobuf.Timestamp': readTimestamp,
  'google.protobuf.Value': readJson,
  'google.protobuf.Struct': (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? readJson(value)
      : { error: `expected an object, got ${kindOf(value)}` },
  'google.protobuf.ListValue': (value) =>
    Array.isArray(value) ? readJson(value) : { error: `expected a list, got ${kindOf(value)}` },
  'google.protobuf.Empty': (value) =>
    isEmptyObject(value) ? { value: {} } : { error: `expected {}, got ${kindOf(value)}` },
};
