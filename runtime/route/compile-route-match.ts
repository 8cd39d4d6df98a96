/**
 * `RouteMatch` -> what the index of a virtual host needs: how the path is matched, and a test of everything else.
 */
import { joinHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import { compileRegexMatcher } from './compile-regex.js';
import { compileStringMatcher } from './compile-string-matcher.js';
import type { RouteRequest } from './route-table.js';

/** A test of the request besides its path. */
export type RequestTest = (request: RouteRequest) => boolean;

export interface CompiledMatch {
  /** `exact` and `prefix` can be indexed; `other` is tested by `testPath`. */
  readonly kind: 'exact' | 'prefix' | 'other';
  /** The path or prefix; for rewriting too. */
  readonly value: string;
  /** @param path without query */
  testPath(path: string): boolean;
  /** undefined: nothing else is asked for. */
  readonly testRequest: RequestTest | undefined;
}

/** A header as matchers see it; pseudo headers by their names. */
export function headerForMatch(request: RouteRequest, name: string): string | undefined {
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
    default:
      return joinHeader(request.headers, name);
  }
}

function valueTest(matcher: Fields): ((value: string) => boolean) | undefined {
  const simple = ['exact', 'prefix', 'suffix', 'contains'] as const;
  for (const kind of simple) {
    const text = matcher[`${kind}_match`];
    if (text !== undefined) return compileStringMatcher({ [kind]: text });
  }
  if (matcher.string_match !== undefined) return compileStringMatcher(matcher.string_match);
  if (matcher.safe_regex_match !== undefined) return compileRegexMatcher(matcher.safe_regex_match);
  if (matcher.range_match !== undefined) {
    const { end, start } = messageOf(matcher.range_match);
    const [low, high] = [numberOf(start, 0), numberOf(end, 0)];
    return (value) => /^[+-]?\d+$/.test(value) && Number(value) >= low && Number(value) < high;
  }
  return undefined;
}

/** @throws ConfigError with the path inside the matcher */
export function compileHeaderMatcher(matcher: Fields): RequestTest {
  const name = textOf(matcher.name).toLowerCase();
  const invert = matcher.invert_match === true;
  const missingAsEmpty = matcher.treat_missing_header_as_empty === true;
  const test = valueTest(matcher);
  if (test === undefined) {
    const wanted = matcher.present_match !== false;
    return (request) => ((headerForMatch(request, name) !== undefined) === wanted) !== invert;
  }
  return (request) => {
    const value = headerForMatch(request, name) ?? (missingAsEmpty ? '' : undefined);
    // A header that is absent fits no value, and an inverted matcher neither, unless it is taken as empty.
    return value === undefined ? invert : test(value) !== invert;
  };
}

/** The first value of a query parameter, undecoded, as Envoy compares it. */
function queryValue(path: string, name: string): string | undefined {
  const question = path.indexOf('?');
  if (question < 0) return undefined;
  for (const pair of path.slice(question + 1).split('&')) {
    const equals = pair.indexOf('=');
    if ((equals < 0 ? pair : pair.slice(0, equals)) === name) return equals < 0 ? '' : pair.slice(equals + 1);
  }
  return undefined;
}

function compileQueryMatcher(matcher: Fields): RequestTest {
  const name = textOf(matcher.name);
  const test = matcher.string_match === undefined ? undefined : compileStringMatcher(matcher.string_match);
  const wanted = matcher.present_match !== false;
  return (request) => {
    const value = queryValue(request.path, name);
    return test === undefined ? (value !== undefined) === wanted : value !== undefined && test(value);
  };
}

const denominators: Readonly<Record<string, number>> = {
  HUNDRED: 100,
  TEN_THOUSAND: 10_000,
  MILLION: 1_000_000,
};

function under<T>(make: () => T, ...path: (string | number)[]): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof ConfigError ? error.under(...path) : error;
  }
}

function requestTests(match: Fields): RequestTest[] {
  const tests: RequestTest[] = [];
  for (const [index, header] of messagesOf(match.headers).entries()) {
    tests.push(under(() => compileHeaderMatcher(header), 'headers', index));
  }
  for (const [index, parameter] of messagesOf(match.query_parameters).entries()) {
    tests.push(under(() => compileQueryMatcher(parameter), 'query_parameters', index));
  }
  if (match.grpc !== undefined) {
    tests.push((request) =>
      /^application\/grpc(?:\+.*)?$/.test(joinHeader(request.headers, 'content-type') ?? ''),
    );
  }
  if (match.runtime_fraction !== undefined) {
    const fraction = messageOf(messageOf(match.runtime_fraction).default_value);
    const denominator = denominators[textOf(fraction.denominator, 'HUNDRED')] ?? 100;
    const numerator = numberOf(fraction.numerator, 0);
    tests.push((request) => request.random % denominator < numerator);
  }
  return tests;
}

/** @throws ConfigError with the path inside the match */
export function compileRouteMatch(match: Fields): CompiledMatch {
  const tests = requestTests(match);
  const testRequest: RequestTest | undefined =
    tests.length === 0
      ? undefined
      : tests.length === 1
        ? (tests[0] as RequestTest)
        : (request) => tests.every((test) => test(request));
  const fold = match.case_sensitive === false ? (text: string) => text.toLowerCase() : undefined;
  const of = (kind: 'exact' | 'prefix', value: string): CompiledMatch => {
    const wanted = fold === undefined ? value : fold(value);
    const fits =
      kind === 'exact' ? (path: string) => path === wanted : (path: string) => path.startsWith(wanted);
    return {
      kind: fold === undefined ? kind : 'other',
      value,
      testPath: fold === undefined ? fits : (path) => fits(fold(path)),
      testRequest,
    };
  };
  if (match.prefix !== undefined) return of('prefix', textOf(match.prefix));
  if (match.path !== undefined) return of('exact', textOf(match.path));
  if (match.path_separated_prefix !== undefined) {
    const value = textOf(match.path_separated_prefix);
    const wanted = fold === undefined ? value : fold(value);
    const testPath = (given: string): boolean => {
      const path = fold === undefined ? given : fold(given);
      return path.startsWith(wanted) && (path.length === wanted.length || path[wanted.length] === '/');
    };
    return { kind: 'other', value, testPath, testRequest };
  }
  if (match.safe_regex !== undefined) {
    const testPath = under(() => compileRegexMatcher(match.safe_regex), 'safe_regex');
    return { kind: 'other', value: '', testPath, testRequest };
  }
  throw new ConfigError('this kind of route match needs real Envoy', [], true);
}
