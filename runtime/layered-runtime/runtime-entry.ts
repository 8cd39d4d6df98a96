/**
 * One value of the layered runtime, in all the forms in which it can be asked for (Envoy's `Snapshot::Entry`).
 */
import type { Fields } from '../common/message-fields.js';

export interface RuntimeEntry {
  /** As it was written. */
  readonly raw: string;
  readonly number?: number;
  readonly boolean?: boolean;
  /** A `FractionalPercent`. */
  readonly fraction?: Fields;
}

const isStruct = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const denominators = ['HUNDRED', 'TEN_THOUSAND', 'MILLION'];

/** @returns undefined when it is no `FractionalPercent` */
function fractionOf(value: unknown): Fields | undefined {
  if (!isStruct(value)) return undefined;
  const { denominator = 'HUNDRED', numerator = 0, ...others } = value;
  const isOne =
    Object.keys(others).length === 0 &&
    Number.isInteger(numerator) &&
    denominators.includes(String(denominator));
  return isOne ? { numerator, denominator } : undefined;
}

/** A text of a file, of the admin interface, or of a static layer. */
export function entryOfText(raw: string): RuntimeEntry {
  const boolean = { true: true, false: false }[raw.toLowerCase()];
  if (boolean !== undefined) return { raw, boolean };
  if (/^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i.test(raw.trim())) return { raw, number: Number(raw) };
  if (raw.startsWith('{')) {
    try {
      const fraction = fractionOf(JSON.parse(raw));
      if (fraction !== undefined) return { raw, fraction };
    } catch {
      // A text like any other.
    }
  }
  return { raw };
}

/** Thrown for a value that no key can have. */
export class InvalidEntry extends Error {}

/**
 * The entries of a static layer: keys of nested structs are joined by dots; a fractional percent is one value.
 * @throws InvalidEntry in Envoy's words
 */
export function* entriesOfStruct(value: unknown, key = ''): Generator<readonly [string, RuntimeEntry]> {
  if (isStruct(value)) {
    const { denominator, numerator } = value;
    if (key !== '' && (numerator !== undefined || denominator !== undefined)) {
      const fraction = fractionOf(value);
      yield [key, { raw: JSON.stringify(value), ...(fraction === undefined ? {} : { fraction }) }];
      return;
    }
    for (const [name, one] of Object.entries(value)) {
      yield* entriesOfStruct(one, key === '' ? name : `${key}.${name}`);
    }
  } else if (typeof value === 'number') yield [key, { raw: String(value), number: value }];
  else if (typeof value === 'boolean') yield [key, { raw: String(value), boolean: value }];
  else if (typeof value === 'string') yield [key, entryOfText(value)];
  else throw new InvalidEntry(`Invalid runtime entry value for ${key}`);
}

/** A whole number that is not negative; undefined for anything else (`getInteger`). */
export function integerOf(entry: RuntimeEntry | undefined): number | undefined {
  const { number } = entry ?? {};
  return number === undefined || number < 0 ? undefined : Math.floor(number);
}

/** As a `FractionalPercent`: a number is a percentage (`featureEnabled`). */
export function percentOf(entry: RuntimeEntry | undefined): Fields | undefined {
  if (entry?.fraction !== undefined) return entry.fraction;
  const numerator = integerOf(entry);
  return numerator === undefined ? undefined : { numerator, denominator: 'HUNDRED' };
}
