/**
 * `envoy.config.route.v3.HeaderMatcher`: a test of one header, for routes and for access log filters.
 */
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, textOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import { compileRegexMatcher } from './compile-regex.js';
import type { StringMatcher } from './compile-string-matcher.js';
import { compileStringMatcher } from './compile-string-matcher.js';

/** A request as header matchers see it: routing and the access log have one each. */
export interface MatchedRequest {
  readonly method: string;
  readonly scheme: string;
  readonly authority: string;
  readonly path: string;
}

/** A request, or a response, which has no more than a status. */
export interface MatchedMessage extends Partial<MatchedRequest> {
  readonly status?: string;
}

/** The value of a pseudo header, or of `host`; undefined when the message has none of that name. @param name lower case */
export function pseudoHeader(request: MatchedMessage, name: string): string | undefined {
  switch (name) {
    case ':method':
      return request.method;
    case ':path':
      return request.path;
    case ':scheme':
      return request.scheme;
    case ':authority':
    case 'host':
      return request.authority;
    case ':status':
      return request.status;
    default:
      return undefined;
  }
}

/** A whole number of 64 bits as Envoy reads it: a sign, digits, and white space around them. */
function wholeNumber(text: string): bigint | undefined {
  return /^[\t-\r ]*[+-]?\d{1,30}[\t-\r ]*$/.test(text) ? BigInt(text.trim().replace('+', '')) : undefined;
}

function compileRange(range: unknown): StringMatcher {
  const { end, start } = messageOf(range);
  const low = BigInt((start as number | string | undefined) ?? 0);
  const high = BigInt((end as number | string | undefined) ?? 0);
  return (text) => {
    const value = wholeNumber(text);
    return value !== undefined && value >= low && value < high;
  };
}

function compileValue(matcher: Fields): StringMatcher | undefined {
  for (const kind of ['exact', 'prefix', 'suffix', 'contains']) {
    const text = matcher[`${kind}_match`];
    // An empty `exact_match` takes any value: measured on Envoy 1.40.
    if (text === '') return () => true;
    if (text !== undefined) return compileStringMatcher({ [kind]: text });
  }
  const inside = <T>(field: string, compile: (config: unknown) => T): T =>
    under(() => compile(matcher[field]), field);
  if (matcher.string_match !== undefined) return inside('string_match', compileStringMatcher);
  if (matcher.safe_regex_match !== undefined) return inside('safe_regex_match', compileRegexMatcher).test;
  if (matcher.range_match !== undefined) return compileRange(matcher.range_match);
  return undefined;
}

/** @param headers of the message */
export type HeaderTest = (message: MatchedMessage, headers: readonly string[]) => boolean;

/**
 * A header that comes several times fits when one of its values does.
 * @throws ConfigError with the path inside the matcher
 */
export function compileHeaderMatcher(matcher: Fields): HeaderTest {
  const name = textOf(matcher.name).toLowerCase();
  const invert = matcher.invert_match === true;
  const missingAsEmpty = matcher.treat_missing_header_as_empty === true;
  const test = compileValue(matcher);
  const present = (matcher.present_match !== false) !== invert;
  // A header that is absent fits no value, inverted or not, unless it counts as empty.
  const missing =
    test === undefined ? present === missingAsEmpty : missingAsEmpty ? test('') !== invert : false;
  if (name.startsWith(':') || name === 'host') {
    return (request) => {
      const value = pseudoHeader(request, name);
      return value === undefined ? missing : test === undefined ? present : test(value) !== invert;
    };
  }
  if (test === undefined) {
    return (_request, headers) => (getHeader(headers, name) === undefined ? missing : present);
  }
  return (_request, headers) => {
    let found = false;
    for (let at = 0; at < headers.length; at += 2) {
      if (headers[at] !== name) continue;
      if (test(headers[at + 1] as string)) return !invert;
      found = true;
    }
    return found ? invert : missing;
  };
}
