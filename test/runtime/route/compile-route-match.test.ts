/** What fits and what does not, as measured on Envoy 1.40. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileRouteMatch } from '../../../runtime/route/compile-route-match.js';
import type { RouteRequest } from '../../../runtime/route/route-table.js';
import { routeRequest } from '../../support/route-request.js';

/** The lists of header lines that fit. */
function fitting(matcher: object, lists: readonly (readonly string[])[]): (readonly string[])[] {
  const { testRequest } = compileRouteMatch({ prefix: '/', headers: [matcher] });
  return lists.filter((lines) => testRequest?.(routeRequest('/', lines)));
}

const [none, empty, a, abc, twice] = [[], ['x:'], ['x: a'], ['x: abc'], ['x: a', 'x: b']];
const all = [none, empty, a, abc, twice];

const table: [string, object, readonly (readonly string[])[]][] = [
  ['exact', { string_match: { exact: 'a' } }, [a, twice]],
  ['exact, never the joined value', { string_match: { exact: 'a,b' } }, []],
  ['any of the values', { string_match: { exact: 'b' } }, [twice]],
  [
    'inverted: none of the values, and there is one',
    { string_match: { exact: 'b' }, invert_match: true },
    [empty, a, abc],
  ],
  ['prefix', { string_match: { prefix: 'a' } }, [a, abc, twice]],
  ['suffix', { string_match: { suffix: 'c' } }, [abc]],
  ['contains, any case', { string_match: { contains: 'B', ignore_case: true } }, [abc, twice]],
  ['regex, the whole value', { string_match: { safe_regex: { regex: 'a' } } }, [a, twice]],
  ['the older fields', { prefix_match: 'ab' }, [abc]],
  ['an empty exact_match takes any value', { exact_match: '' }, [empty, a, abc, twice]],
  ['an empty exact of string_match does not', { string_match: { exact: '' } }, [empty]],
  ['nothing asks for presence', {}, [empty, a, abc, twice]],
  ['present', { present_match: true }, [empty, a, abc, twice]],
  ['not present', { present_match: false }, [none]],
  ['present, inverted', { present_match: true, invert_match: true }, [none]],
  ['missing as empty', { string_match: { exact: '' }, treat_missing_header_as_empty: true }, [none, empty]],
  [
    'missing as empty, inverted',
    { string_match: { exact: 'a' }, invert_match: true, treat_missing_header_as_empty: true },
    [none, empty, abc],
  ],
  ['missing as empty is present', { present_match: true, treat_missing_header_as_empty: true }, all],
];

for (const [name, matcher, expected] of table) {
  test(`header: ${name}`, () => assert.equal(fitting({ name: 'X', ...matcher }, all), expected));
}

test('header: a range takes whole numbers, without its end', () => {
  const values = ['1', '5', '4', '+3', '-1', '3.0', '0x3', '', '9223372036854775808'].map((value) => [
    `x: ${value}`,
  ]);
  const fits = (range: object): string[] =>
    fitting({ name: 'x', range_match: range }, values).map(([line]) => (line ?? '').slice(3));
  assert.equal(fits({ start: 1, end: 5 }), ['1', '4', '+3']);
  assert.equal(fits({ start: '-5', end: '9223372036854775807' }), ['1', '5', '4', '+3', '-1']);
});

test('header: octets, not characters', () => {
  const lists = [['x: \xc3\xa9'], ['x: \xe9'], ['x: \xc3\x89']];
  assert.equal(fitting({ name: 'x', string_match: { exact: 'é' } }, lists), [lists[0]]);
  assert.equal(fitting({ name: 'x', string_match: { exact: 'É', ignore_case: true } }, lists), [lists[2]]);
  assert.equal(fitting({ name: 'x', safe_regex_match: { regex: '.' } }, lists), [lists[1]]);
  assert.equal(fitting({ name: 'x', safe_regex_match: { regex: '(.|\\C)\\C|zz' } }, lists), [
    lists[0],
    lists[2],
  ]);
});

test('header: pseudo headers', () => {
  const request = routeRequest('/a?b', [], { method: 'PUT', scheme: 'https', authority: 'h:80' });
  const fits = (name: string, exact: string) =>
    compileRouteMatch({ prefix: '/', headers: [{ name, string_match: { exact } }] }).testRequest?.(request);
  assert.ok(fits(':method', 'PUT'));
  assert.ok(fits(':path', '/a?b'));
  assert.ok(fits(':scheme', 'https'));
  assert.ok(fits(':authority', 'h:80'));
  assert.ok(fits('host', 'h:80'));
  assert.not(fits(':method', 'put'));
});

const queries: [object, string[]][] = [
  [{ string_match: { exact: '1' } }, ['/?a=1', '/?b&a=1', '/?&a=1', '/?a=1&b=2']],
  [
    { present_match: true },
    ['/?a', '/?a=', '/?a=1', '/?a=2&a=1', '/?b&a=1', '/?a=%31', '/?&a=1', '/?a=1&b=2', '/?aa=1&a=x'],
  ],
  [{ string_match: { exact: '' } }, ['/?a', '/?a=']],
];

for (const [matcher, expected] of queries) {
  test(`query: ${JSON.stringify(matcher)}`, () => {
    const paths =
      `/ /? /?a /?a= /?a=1 /?a=2&a=1 /?b&a=1 /?a=%31 /?A=1 /?&a=1 /?a=1&b=2 /?b=?a=1 /?aa=1&a=x /?=1`.split(
        ' ',
      );
    const { testRequest } = compileRouteMatch({ prefix: '/', query_parameters: [{ name: 'a', ...matcher }] });
    assert.equal(
      paths.filter((path) => testRequest?.(routeRequest(path))),
      expected,
    );
  });
}

test('grpc: the content type, not that of grpc-web', () => {
  const { testRequest } = compileRouteMatch({ prefix: '/', grpc: {} });
  const types = [
    'application/grpc',
    'application/grpc+proto',
    'application/grpc-web',
    'application/grpcx',
    'text/plain',
  ];
  assert.equal(
    types.filter((type) => testRequest?.(routeRequest('/', [`content-type: ${type}`]))),
    ['application/grpc', 'application/grpc+proto'],
  );
  assert.not(testRequest?.(routeRequest('/')));
});

test('runtime_fraction: the default value, by the random number of the request', () => {
  const fits = (random: number, denominator?: string) =>
    compileRouteMatch({
      prefix: '/',
      runtime_fraction: { default_value: { numerator: 30, ...(denominator && { denominator }) } },
    }).testRequest?.(routeRequest('/', [], { random }));
  assert.ok(fits(29));
  assert.not(fits(30));
  assert.ok(fits(129));
  assert.not(fits(129, 'TEN_THOUSAND'));
  assert.ok(fits(1_000_029, 'MILLION'));
});

test('all tests of a match must fit', () => {
  const { testRequest } = compileRouteMatch({
    prefix: '/',
    headers: [{ name: 'x', present_match: true }],
    query_parameters: [{ name: 'q', present_match: true }],
  });
  const fits = (request: RouteRequest) => testRequest?.(request);
  assert.ok(fits(routeRequest('/?q', ['x: 1'])));
  assert.not(fits(routeRequest('/?q')));
  assert.not(fits(routeRequest('/', ['x: 1'])));
});

const refused: [string, object, string][] = [
  ['connect_matcher', { connect_matcher: {} }, ''],
  ['a broken regex', { safe_regex: { regex: '([' } }, 'safe_regex.regex'],
  [
    'a broken regex of a header',
    { prefix: '/', headers: [{}, { name: 'x', string_match: { safe_regex: { regex: '(?=a)' } } }] },
    'headers.1.string_match.safe_regex.regex',
  ],
  [
    'a custom string matcher',
    { prefix: '/', query_parameters: [{ name: 'q', string_match: { custom: {} } }] },
    'query_parameters.0.string_match',
  ],
];

for (const [name, match, path] of refused) {
  test(`refuses ${name}`, () => {
    assert.throws(
      () => compileRouteMatch(match as Record<string, unknown>),
      (error: { path: unknown[]; name: string }) =>
        error.name === 'ConfigError' && error.path.join('.') === path,
    );
  });
}

test.run();
