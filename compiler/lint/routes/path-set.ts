/**
 * The paths that a route match takes, and whether those of one hold those of another.
 */
import type { Fields } from '../../check/bootstrap-view.js';
import { fieldsAt, isSet, textAt } from '../../check/bootstrap-view.js';
import type { Automaton, Universe } from '../regex/automaton.js';
import { automatonOf, isInside, shortest } from '../regex/automaton.js';
import type { Regex } from '../regex/parse-regex.js';
import { anyCharacter, empty, literal, parseRegex } from '../regex/parse-regex.js';

/** `segment`: the text, or the text and a slash and more. `other`: CONNECT and policies, which are no sets of paths. */
export interface PathSet {
  readonly kind: 'exact' | 'prefix' | 'segment' | 'regex' | 'other';
  readonly text: string;
  readonly anyCase: boolean;
}

/** What Envoy matches: the path without query and fragment; it has neither blanks nor control characters. */
const paths: Universe = {
  alphabet: [
    [0x21, 0x22],
    [0x24, 0x3e],
    [0x40, 0x7e],
    [0x80, 0xff],
  ],
  first: 0x2f,
};

export function pathSetOf(match: Fields): PathSet {
  const anyCase = match.case_sensitive === false;
  if (isSet(match.prefix)) return { kind: 'prefix', text: textAt(match.prefix), anyCase };
  if (isSet(match.path)) return { kind: 'exact', text: textAt(match.path), anyCase };
  if (isSet(match.path_separated_prefix)) {
    return { kind: 'segment', text: textAt(match.path_separated_prefix), anyCase };
  }
  if (isSet(match.safe_regex)) {
    return { kind: 'regex', text: textAt(fieldsAt(match.safe_regex).regex), anyCase: false };
  }
  return { kind: 'other', text: JSON.stringify([match.connect_matcher, match.path_match_policy]), anyCase };
}

const anything: Regex = { kind: 'repeat', part: anyCharacter, min: 0, max: undefined };

function regexOf({ kind, text, anyCase }: PathSet): Regex | undefined {
  const start = literal(text, anyCase);
  switch (kind) {
    case 'exact':
      return start;
    case 'prefix':
      return { kind: 'sequence', parts: [start, anything] };
    case 'segment': {
      const more: Regex = { kind: 'sequence', parts: [literal('/'), anything] };
      return { kind: 'sequence', parts: [start, { kind: 'choice', parts: [empty, more] }] };
    }
    case 'regex':
      return parseRegex(text);
    case 'other':
      return undefined;
  }
}

const automata = new WeakMap<PathSet, Automaton | null>();

function automatonFor(set: PathSet): Automaton | undefined {
  let found = automata.get(set);
  if (found === undefined) {
    const regex = regexOf(set);
    found = (regex === undefined ? undefined : automatonOf(regex)) ?? null;
    automata.set(set, found);
  }
  return found ?? undefined;
}

/** Both are no regexes. */
function containsText(big: PathSet, small: PathSet): boolean {
  let [one, other] = [big.text, small.text];
  if (big.anyCase) [one, other] = [one.toLowerCase(), other.toLowerCase()];
  else if (small.anyCase && one.toLowerCase() !== one.toUpperCase()) return false;
  switch (big.kind) {
    case 'exact':
      return small.kind === 'exact' && one === other;
    case 'prefix':
      return other.startsWith(one);
    default:
      return other.startsWith(`${one}/`) || (one === other && small.kind !== 'prefix');
  }
}

/** Whether every path of the small set is in the big one. Says yes only when it is proved. */
export function containsPaths(big: PathSet, small: PathSet): boolean {
  if (big.kind === small.kind && big.text === small.text && (big.anyCase || !small.anyCase)) return true;
  if (big.kind === 'other' || small.kind === 'other') return false;
  if (big.kind !== 'regex' && small.kind !== 'regex') return containsText(big, small);
  const [one, other] = [automatonFor(big), automatonFor(small)];
  return one !== undefined && other !== undefined && isInside(other, one, paths) === true;
}

/** A path of the set, for an example. undefined when none is known. */
export function samplePath(set: PathSet): string | undefined {
  if (set.kind === 'other') return undefined;
  if (set.kind !== 'regex' && set.text.startsWith('/')) return set.text;
  const automaton = automatonFor(set);
  return automaton === undefined ? undefined : shortest(automaton, paths);
}
