/**
 * Regular expressions of query parameters, in RE2's dialect: they come from outside and must run in linear time.
 */
import { RE2JS } from 're2js';

/** A regular expression that the administrator mistyped. */
export class BadFilter extends Error {}

/** RE2's own words for what the library words as Go does. */
const wording: readonly (readonly [string, string])[] = [
  ['missing closing ]', 'missing ]'],
  ['missing closing )', 'missing )'],
  ['missing argument to repetition operator', 'no argument for repetition operator'],
  ['invalid nested repetition operator', 'bad repetition operator'],
  ['invalid repeat count', 'invalid repetition size'],
  ['trailing backslash at end of expression', 'trailing \\'],
  ['invalid or unsupported Perl syntax', 'invalid perl operator'],
];

function messageOf(error: unknown): string {
  let message = error instanceof Error ? error.message : String(error);
  message = message.replace(/^error parsing regexp: /, '').replace(/: `(.*)`$/s, ': $1');
  for (const [from, to] of wording) {
    if (message.startsWith(from)) return to + message.slice(from.length);
  }
  return message;
}

/** @param describe makes Envoy's text for this endpoint out of RE2's. @throws BadFilter */
export function compileFilter(
  pattern: string,
  describe: (reason: string) => string = (reason) => `Invalid re2 regex: ${reason}`,
): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch (error) {
    throw new BadFilter(describe(messageOf(error)));
  }
}

/**
 * The test that `filter` asks for: a match anywhere in the name; everything matches without it.
 * @throws BadFilter
 */
export function nameFilter(
  query: URLSearchParams,
  describe?: (reason: string) => string,
): (name: string) => boolean {
  const pattern = query.get('filter');
  if (pattern === null || pattern === '') return () => true;
  const compiled = compileFilter(pattern, describe);
  const wanted = !query.has('invert_filter');
  return (name) => compiled.test(name) === wanted;
}
