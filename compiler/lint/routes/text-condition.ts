/**
 * Conditions on the text of a header or a query parameter: whether one follows from another, and a text that meets one.
 */
import { isDeepStrictEqual } from 'node:util';
import { RE2JS } from 're2js';
import type { Fields } from '../../check/bootstrap-view.js';
import { fieldsAt, isSet, numberAt, textAt } from '../../check/bootstrap-view.js';
import { automatonOf, shortest } from '../regex/automaton.js';
import { parseRegex } from '../regex/parse-regex.js';

/** The older form of a header matcher in the words of the newer. */
const olderFields: Readonly<Record<string, string>> = {
  exact_match: 'exact',
  prefix_match: 'prefix',
  suffix_match: 'suffix',
  contains_match: 'contains',
  safe_regex_match: 'safe_regex',
};

/** A `HeaderMatcher` or `QueryParameterMatcher` without its older forms. */
export function normalCondition(matcher: Fields): Fields {
  const out: Record<string, unknown> = {};
  for (const [field, value] of Object.entries(matcher)) {
    const newer = olderFields[field];
    if (newer === undefined) out[field] = value;
    else out.string_match = { [newer]: value };
  }
  return out;
}

function regexTakes(regex: string, text: string): boolean {
  try {
    return RE2JS.compile(regex).matches(text);
  } catch {
    // No regex of RE2, which a check tells.
    return false;
  }
}

/** Whether a text meets a `StringMatcher`. undefined when it is not known. */
function meets(matcher: Fields, text: string): boolean | undefined {
  const anyCase = matcher.ignore_case === true;
  const fold = (value: unknown): string => (anyCase ? textAt(value).toLowerCase() : textAt(value));
  const given = anyCase ? text.toLowerCase() : text;
  if (isSet(matcher.exact)) return given === fold(matcher.exact);
  if (isSet(matcher.prefix)) return given.startsWith(fold(matcher.prefix));
  if (isSet(matcher.suffix)) return given.endsWith(fold(matcher.suffix));
  if (isSet(matcher.contains)) return given.includes(fold(matcher.contains));
  if (isSet(matcher.safe_regex)) return regexTakes(textAt(fieldsAt(matcher.safe_regex).regex), text);
  return undefined;
}

/** Whether what meets `given` meets `wanted`: both `StringMatcher`s. */
function textFollows(given: Fields, wanted: Fields): boolean {
  if (isSet(given.exact) && given.ignore_case !== true) return meets(wanted, textAt(given.exact)) === true;
  const anyCase = wanted.ignore_case === true;
  if (given.ignore_case === true && !anyCase) return false;
  const fold = (value: unknown): string => (anyCase ? textAt(value).toLowerCase() : textAt(value));
  for (const field of ['prefix', 'suffix', 'contains', 'exact']) {
    if (!isSet(given[field])) continue;
    const has = fold(given[field]);
    if (isSet(wanted.exact)) return field === 'exact' && has === fold(wanted.exact);
    if (isSet(wanted.prefix))
      return field !== 'suffix' && field !== 'contains' && has.startsWith(fold(wanted.prefix));
    if (isSet(wanted.suffix))
      return field !== 'prefix' && field !== 'contains' && has.endsWith(fold(wanted.suffix));
    return isSet(wanted.contains) && has.includes(fold(wanted.contains));
  }
  return false;
}

function rangeOf(value: unknown): readonly [number, number] {
  const range = fieldsAt(value);
  return [numberAt(range.start) ?? 0, numberAt(range.end) ?? 0];
}

/** No condition on the text at all: the thing has to be there. */
function isPresence(matcher: Fields): boolean {
  return (
    matcher.present_match === true ||
    (!isSet(matcher.string_match) && !isSet(matcher.range_match) && !isSet(matcher.present_match))
  );
}

/** Whether a request that meets `given` meets `wanted`: normal conditions of one name. Says yes only when it is sure. */
export function follows(given: Fields, wanted: Fields): boolean {
  if (isDeepStrictEqual(given, wanted)) return true;
  const special = (one: Fields): boolean =>
    one.invert_match === true || one.treat_missing_header_as_empty === true || one.present_match === false;
  if (special(given) || special(wanted)) return false;
  if (isPresence(wanted)) return true;
  if (isSet(wanted.range_match)) {
    const [low, high] = rangeOf(wanted.range_match);
    if (isSet(given.range_match)) {
      const [from, to] = rangeOf(given.range_match);
      return low <= from && to <= high;
    }
    const exact = textAt(fieldsAt(given.string_match).exact);
    return /^-?\d+$/.test(exact) && low <= Number(exact) && Number(exact) < high;
  }
  return (
    isSet(given.string_match) && textFollows(fieldsAt(given.string_match), fieldsAt(wanted.string_match))
  );
}

/** A text that meets the condition; undefined: leave the header out; null: none is known. */
export function sampleText(matcher: Fields): string | undefined | null {
  if (matcher.invert_match === true || matcher.present_match === false) return undefined;
  if (isSet(matcher.range_match)) return String(rangeOf(matcher.range_match)[0]);
  if (!isSet(matcher.string_match)) return '1';
  const text = fieldsAt(matcher.string_match);
  for (const field of ['exact', 'prefix', 'suffix', 'contains'])
    if (isSet(text[field])) return textAt(text[field]);
  const regex = parseRegex(textAt(fieldsAt(text.safe_regex).regex));
  const automaton = regex === undefined ? undefined : automatonOf(regex);
  if (automaton === undefined) return null;
  for (const first of [0x61, 0x30, 0x41, 0x2f]) {
    const found = shortest(automaton, { alphabet: [[0x21, 0x7e]], first });
    if (found !== undefined) return found;
  }
  return null;
}
