/**
 * Whether one route match takes every request that another takes. Says yes only with a proof: the path of the one is a
 * prefix (or the same) of the other's, and every further condition of the one stands in the other as well.
 */
import { isDeepStrictEqual } from 'node:util';
import { RE2JS } from 're2js';
import type { Fields } from '../../check/bootstrap-view.js';
import { fieldsAt, isSet, textAt } from '../../check/bootstrap-view.js';

const pathFields = [
  'prefix',
  'path',
  'safe_regex',
  'path_separated_prefix',
  'connect_matcher',
  'path_match_policy',
];

/** All paths that start with `text` (`exact`: the one path, `segment`: or go on after it with a slash). */
interface PathSet {
  readonly kind: 'exact' | 'prefix' | 'segment';
  readonly text: string;
  readonly anyCase: boolean;
}

/** Up to the first character that may mean something; none when an alternative could avoid it. */
function literalStart(regex: string): string {
  if (regex.includes('|')) return '';
  const [literal = ''] = /^[A-Za-z0-9/_-]*/.exec(regex.replace(/^\^/, '')) ?? [];
  const next = regex.replace(/^\^/, '')[literal.length];
  return next !== undefined && '*+?{'.includes(next) ? literal.slice(0, -1) : literal;
}

function pathSet(match: Fields): PathSet | undefined {
  const anyCase = match.case_sensitive === false;
  if (typeof match.prefix === 'string') return { kind: 'prefix', text: match.prefix, anyCase };
  if (typeof match.path === 'string') return { kind: 'exact', text: match.path, anyCase };
  if (typeof match.path_separated_prefix === 'string') {
    return { kind: 'segment', text: match.path_separated_prefix, anyCase };
  }
  return undefined;
}

/** A set that surely holds all paths of the match. */
function atMost(match: Fields): PathSet | undefined {
  if (!isSet(match.safe_regex)) return pathSet(match);
  return { kind: 'prefix', text: literalStart(textAt(fieldsAt(match.safe_regex).regex)), anyCase: false };
}

/** A set whose paths are surely all matched. */
function atLeast(match: Fields): PathSet | undefined {
  if (!isSet(match.safe_regex)) return pathSet(match);
  const [, text] = /^\^?([A-Za-z0-9/_-]*)\.\*\$?$/.exec(textAt(fieldsAt(match.safe_regex).regex)) ?? [];
  return text === undefined ? undefined : { kind: 'prefix', text, anyCase: false };
}

function contains(big: PathSet, small: PathSet): boolean {
  let [one, other] = [big.text, small.text];
  if (big.anyCase) [one, other] = [one.toLowerCase(), other.toLowerCase()];
  else if (small.anyCase && one.toLowerCase() !== one.toUpperCase()) return false;
  switch (big.kind) {
    case 'exact':
      return small.kind === 'exact' && one === other;
    case 'prefix':
      return other.startsWith(one);
    case 'segment':
      return other.startsWith(`${one}/`) || (one === other && small.kind !== 'prefix');
  }
}

function regexTakes(regex: string, path: string): boolean {
  try {
    return RE2JS.compile(regex).matches(path);
  } catch {
    // Not a regex: another check says so.
    return false;
  }
}

function coversPath(one: Fields, other: Fields): boolean {
  const same = pathFields.every((field) => isDeepStrictEqual(one[field], other[field]));
  if (same && (one.case_sensitive === false || other.case_sensitive !== false)) return true;
  // CONNECT has no path, and policies are code of their own.
  if ([one, other].some((match) => isSet(match.connect_matcher) || isSet(match.path_match_policy)))
    return false;
  const small = atMost(other);
  if (small === undefined) return false;
  if (isSet(one.safe_regex) && small.kind === 'exact' && !small.anyCase && !/[?#]/.test(small.text)) {
    return regexTakes(textAt(fieldsAt(one.safe_regex).regex), small.text);
  }
  const big = atLeast(one);
  return big !== undefined && contains(big, small);
}

/** Every condition of the one is a condition of the other. */
function coversConditions(one: Fields, other: Fields): boolean {
  for (const [field, wanted] of Object.entries(one)) {
    if (wanted === undefined || pathFields.includes(field) || field === 'case_sensitive') continue;
    // Passes a share of the requests on.
    if (field === 'runtime_fraction') return false;
    const given = other[field];
    const covered = Array.isArray(wanted)
      ? wanted.every((item) => Array.isArray(given) && given.some((has) => isDeepStrictEqual(item, has)))
      : isDeepStrictEqual(wanted, given);
    if (!covered) return false;
  }
  return true;
}

/**
 * @param one the earlier `RouteMatch`
 * @param other the later
 */
export function coversMatch(one: Fields, other: Fields): boolean {
  return coversConditions(one, other) && coversPath(one, other);
}
