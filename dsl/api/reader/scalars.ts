/**
 * ProtoJSON scalars as Envoy 1.40's loader takes them (measured, one spelling at a time). The loader hands quoted text,
 * floats and large integers on as strings, 32-bit integers as numbers: a number in a string field is refused, a numeric
 * string in a number field is not.
 */
import type { ScalarType } from '../model/api-model.js';

export type Scalar = string | number | boolean;
export type ScalarResult = { readonly value: Scalar } | { readonly error: string; readonly fix?: string };

/** The kind of a value in words, for messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return value.length > 40 ? 'a string' : `'${value}'`;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return `a ${typeof value}`;
}

const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
};

/** Bounds by type: `sint32` and `sfixed32` are an `int32` on the inside, and so on. */
function rangeOf(type: ScalarType): readonly [bigint, bigint] {
  const width = type.endsWith('64') ? '64' : '32';
  const unsigned = type.startsWith('u') || type.startsWith('fixed');
  return ranges[`${unsigned ? 'uint' : 'int'}${width}`] as readonly [bigint, bigint];
}

/** The integer that a text stands for: decimal (leading zeros too), hexadecimal, or a float without a fraction. */
function integerOf(text: string): bigint | undefined {
  if (/^-?\d+$/.test(text)) return BigInt(text);
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return BigInt(text);
  if (!/^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)) return undefined;
  const number = Number(text);
  return Number.isInteger(number) ? BigInt(number) : undefined;
}

function readInteger(type: ScalarType, value: unknown): ScalarResult {
  const text = typeof value === 'number' ? String(value) : value;
  const integer = typeof text === 'string' ? integerOf(text) : undefined;
  if (integer === undefined) return { error: `expected a whole number (${type}), got ${kindOf(value)}` };
  const [min, max] = rangeOf(type);
  if (integer < min || integer > max) return { error: `${text} is out of the range of ${type}` };
  const safe = integer >= BigInt(Number.MIN_SAFE_INTEGER) && integer <= BigInt(Number.MAX_SAFE_INTEGER);
  return { value: safe ? Number(integer) : String(integer) };
}

const specialFloats: ReadonlySet<string> = new Set(['NaN', 'Infinity', '-Infinity']);

function readFloat(type: ScalarType, value: unknown): ScalarResult {
  if (typeof value === 'number') return { value };
  if (typeof value === 'string') {
    if (specialFloats.has(value)) return { value };
    if (/^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)) {
      const number = Number(value);
      if (Number.isFinite(type === 'float' ? Math.fround(number) : number)) return { value: number };
    }
  }
  return { error: `expected a number, got ${kindOf(value)}` };
}

const truths: ReadonlySet<string> = new Set(['true', 't', 'yes', 'y', '1']);
const falsehoods: ReadonlySet<string> = new Set(['false', 'f', 'no', 'n', '0']);

function readBool(value: unknown): ScalarResult {
  if (typeof value === 'boolean') return { value };
  if (typeof value === 'string') {
    const text = value.toLowerCase();
    if (truths.has(text)) return { value: true };
    if (falsehoods.has(text)) return { value: false };
  }
  return { error: `expected true or false, got ${kindOf(value)}` };
}

function readString(value: unknown): ScalarResult {
  if (typeof value === 'string') return { value };
  // Envoy's loader keeps what is no 32-bit integer as text: 1.5 without quotes is a good string, 1 is not.
  if (typeof value === 'number' && (!Number.isInteger(value) || Math.abs(value) > 2 ** 31))
    return { value: String(value) };
  const error = `expected a string, got ${kindOf(value)}`;
  return typeof value === 'object' ? { error } : { error, fix: `quote it: '${value}'` };
}

function readBytes(value: unknown): ScalarResult {
  if (typeof value !== 'string') return { error: `expected base64, got ${kindOf(value)}` };
  if (!/^[A-Za-z0-9+/_-]*={0,2}$/.test(value)) return { error: 'not valid base64' };
  return { value };
}

/** Reads one scalar. 64-bit integers outside of 2^53 stay decimal strings. */
export function readScalar(type: ScalarType, value: unknown): ScalarResult {
  switch (type) {
    case 'string':
      return readString(value);
    case 'bool':
      return readBool(value);
    case 'bytes':
      return readBytes(value);
    case 'double':
    case 'float':
      return readFloat(type, value);
    default:
      return readInteger(type, value);
  }
}

/** Value of an absent field. */
export function defaultScalar(type: ScalarType): Scalar {
  if (type === 'string' || type === 'bytes') return '';
  return type === 'bool' ? false : 0;
}
