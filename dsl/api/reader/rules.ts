/**
 * protoc-gen-validate rules of one value (`validate/validate.proto`). Each function returns the first rule that is
 * broken, in words, or undefined.
 */
import { compareDurations, parseDuration } from '../duration.js';
import type { FieldRules } from '../model/api-model.js';

const headerPatterns: Readonly<Record<string, readonly [strict: RegExp, loose: RegExp]>> = {
  HTTP_HEADER_NAME: [/^:?[0-9a-zA-Z!#$%&'*+\-.^_|~`]+$/, /^[^\u0000\n\r]+$/],
  HTTP_HEADER_VALUE: [/^[^\u0000-\u0008\u000a-\u001f\u007f]*$/, /^[^\u0000\n\r]*$/],
};

const patterns = new Map<string, RegExp>();

function patternOf(source: string): RegExp {
  let pattern = patterns.get(source);
  if (pattern === undefined) {
    pattern = new RegExp(source, 'u');
    patterns.set(source, pattern);
  }
  return pattern;
}

/** `lt`, `lte`, `gt`, `gte`; when the lower bound lies above the upper one, the value must lie outside. */
function checkRange<T>(
  rules: FieldRules,
  value: T,
  compare: (value: T, bound: unknown) => number,
): string | undefined {
  const lower = rules.gt ?? rules.gte;
  const upper = rules.lt ?? rules.lte;
  const above =
    lower === undefined || (rules.gt === undefined ? compare(value, lower) >= 0 : compare(value, lower) > 0);
  const below =
    upper === undefined || (rules.lt === undefined ? compare(value, upper) <= 0 : compare(value, upper) < 0);
  if (lower !== undefined && upper !== undefined && compare(upper as T, lower) < 0) {
    return above || below ? undefined : `must not lie between ${upper} and ${lower}`;
  }
  if (!above) return `must be ${rules.gt === undefined ? 'at least' : 'greater than'} ${lower}`;
  if (!below) return `must be ${rules.lt === undefined ? 'at most' : 'less than'} ${upper}`;
  return undefined;
}

function checkSet(rules: FieldRules, value: unknown): string | undefined {
  if (rules.const !== undefined && rules.const !== value) return `must be ${rules.const}`;
  if (Array.isArray(rules.in) && !rules.in.includes(value)) return `must be one of ${rules.in.join(', ')}`;
  if (Array.isArray(rules.not_in) && rules.not_in.includes(value)) return `must not be ${value}`;
  return undefined;
}

export function checkNumber(rules: FieldRules, value: number): string | undefined {
  return checkSet(rules, value) ?? checkRange(rules, value, (number, bound) => number - Number(bound));
}

export function checkDuration(rules: FieldRules, value: string): string | undefined {
  const zero = { seconds: 0, nanos: 0 };
  const parts = (text: unknown) => parseDuration(String(text)) ?? zero;
  return (
    checkSet(rules, value) ??
    checkRange(rules, value, (text, bound) => compareDurations(parts(text), parts(bound)))
  );
}

function checkLength(
  rules: FieldRules,
  what: string,
  length: number,
  keys: readonly [string, string, string],
) {
  const [exact, min, max] = keys.map((key) => rules[key]) as (number | undefined)[];
  if (exact !== undefined && length !== exact) return `must have exactly ${exact} ${what}`;
  if (min !== undefined && length < min)
    return min === 1 && length === 0 ? 'must not be empty' : `must have at least ${min} ${what}`;
  if (max !== undefined && length > max) return `must have at most ${max} ${what}`;
  return undefined;
}

export function checkString(rules: FieldRules, value: string): string | undefined {
  const wellKnown = headerPatterns[String(rules.well_known_regex)];
  const text = (rule: string) => rules[rule] as string;
  return (
    checkSet(rules, value) ??
    checkLength(rules, 'characters', [...value].length, ['len', 'min_len', 'max_len']) ??
    checkLength(rules, 'bytes', Buffer.byteLength(value), ['len_bytes', 'min_bytes', 'max_bytes']) ??
    (rules.prefix !== undefined && !value.startsWith(text('prefix'))
      ? `must start with '${rules.prefix}'`
      : rules.suffix !== undefined && !value.endsWith(text('suffix'))
        ? `must end with '${rules.suffix}'`
        : rules.contains !== undefined && !value.includes(text('contains'))
          ? `must contain '${rules.contains}'`
          : rules.not_contains !== undefined && value.includes(text('not_contains'))
            ? `must not contain '${rules.not_contains}'`
            : rules.pattern !== undefined && !patternOf(text('pattern')).test(value)
              ? `must match ${rules.pattern}`
              : value !== '' &&
                  wellKnown !== undefined &&
                  !wellKnown[rules.strict === false ? 1 : 0].test(value)
                ? `has characters that a header ${rules.well_known_regex === 'HTTP_HEADER_NAME' ? 'name' : 'value'} must not have`
                : undefined)
  );
}

export function checkBytes(rules: FieldRules, value: string): string | undefined {
  return checkLength(rules, 'bytes', Buffer.from(value, 'base64').length, ['len', 'min_len', 'max_len']);
}

/** @param value the value's number; undefined when the enum has no value of that number. */
export function checkEnum(rules: FieldRules, value: number, defined: boolean): string | undefined {
  if (rules.defined_only === true && !defined) return `${value} is not a value of the enum`;
  return checkSet(rules, value);
}

export function checkItems(rules: FieldRules, items: readonly unknown[]): string | undefined {
  const { min_items: min, max_items: max } = rules as { min_items?: number; max_items?: number };
  if (min !== undefined && items.length < min)
    return `needs at least ${min} ${min === 1 ? 'entry' : 'entries'}`;
  if (max !== undefined && items.length > max)
    return `takes at most ${max} ${max === 1 ? 'entry' : 'entries'}`;
  if (rules.unique === true && new Set(items).size < items.length) return 'has the same entry twice';
  return undefined;
}

export function checkPairs(rules: FieldRules, count: number): string | undefined {
  const { min_pairs: min, max_pairs: max } = rules as { min_pairs?: number; max_pairs?: number };
  if (min !== undefined && count < min) return `needs at least ${min} ${min === 1 ? 'entry' : 'entries'}`;
  if (max !== undefined && count > max) return `takes at most ${max} ${max === 1 ? 'entry' : 'entries'}`;
  return undefined;
}
