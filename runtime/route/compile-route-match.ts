/**
 * `RouteMatch` -> how the index of a virtual host finds it by the path, and a test of everything else.
 */
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messagesOf, textOf } from '../common/message-fields.js';
import { lowerAscii, toOctets } from '../common/octet-text.js';
import { ConfigError } from '../network/filter.js';
import { compileFraction } from './compile-fraction.js';
import { compileHeaderMatcher } from './compile-header-matcher.js';
import { compileQueryParameter } from './compile-query-parameter.js';
import { compileRegexMatcher } from './compile-regex.js';
import { under } from '../network/config-path.js';
import type { RequestTest, RouteRequest } from './route-table.js';

/** Kinds of paths: numbers, because the index compares them for each request. */
export const EXACT = 0;
export const PREFIX = 1;
/** A prefix that ends where the path ends, or before a slash (`path_separated_prefix`). */
export const SEGMENT_PREFIX = 2;
/** A regular expression over the whole path. */
export const PATTERN = 3;

export interface CompiledMatch {
  readonly kind: typeof EXACT | typeof PREFIX | typeof SEGMENT_PREFIX | typeof PATTERN;
  /** The path or prefix; of a pattern what all its paths begin with. Lower case when `foldsCase`. Never with a query. */
  readonly text: string;
  /** `case_sensitive: false`; patterns say it themselves. */
  readonly foldsCase: boolean;
  /** Of a pattern only. @param path without query */
  readonly testPath: ((path: string) => boolean) | undefined;
  /** undefined: nothing else is asked for. */
  readonly testRequest: RequestTest | undefined;
}

function compileHeader(config: Fields): RequestTest {
  const test = compileHeaderMatcher(config);
  return (request) => test(request, request.headers);
}

/** `application/grpc`, alone or with a `+` and more: not grpc-web. */
function isGrpc(request: RouteRequest): boolean {
  const type = getHeader(request.headers, 'content-type');
  return type?.startsWith('application/grpc') === true && (type.length === 16 || type[16] === '+');
}

function compileRequestTest(match: Fields): RequestTest | undefined {
  const tests: RequestTest[] = [];
  if (match.runtime_fraction !== undefined) tests.push(compileFraction(match.runtime_fraction));
  for (const [index, header] of messagesOf(match.headers).entries()) {
    tests.push(under(() => compileHeader(header), 'headers', index));
  }
  for (const [index, parameter] of messagesOf(match.query_parameters).entries()) {
    tests.push(under(() => compileQueryParameter(parameter), 'query_parameters', index));
  }
  if (match.grpc !== undefined) tests.push(isGrpc);
  const [first, second] = tests;
  if (second === undefined) return first;
  return (request) => {
    for (let at = 0; at < tests.length; at++) if (!(tests[at] as RequestTest)(request)) return false;
    return true;
  };
}

/** @throws ConfigError with the path inside the match */
export function compileRouteMatch(match: Fields): CompiledMatch {
  const testRequest = compileRequestTest(match);
  const foldsCase = match.case_sensitive === false;
  const plain = (kind: CompiledMatch['kind'], value: unknown): CompiledMatch => {
    const octets = toOctets(textOf(value));
    const text = foldsCase ? lowerAscii(octets) : octets;
    return { kind, text, foldsCase, testPath: undefined, testRequest };
  };
  if (match.prefix !== undefined) return plain(PREFIX, match.prefix);
  if (match.path !== undefined) return plain(EXACT, match.path);
  if (match.path_separated_prefix !== undefined) return plain(SEGMENT_PREFIX, match.path_separated_prefix);
  if (match.safe_regex !== undefined) {
    const { prefix, test } = under(() => compileRegexMatcher(match.safe_regex), 'safe_regex');
    return { kind: PATTERN, text: prefix, foldsCase: false, testPath: test, testRequest };
  }
  throw new ConfigError('this kind of route match needs real Envoy', [], true);
}
