/** Coverage of route matches: languages, conditions, witnesses; held against the matcher of the runtime. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { automatonOf, isInside, shortest } from '../../../compiler/lint/regex/automaton.js';
import { parseRegex } from '../../../compiler/lint/regex/parse-regex.js';
import { coversMatch, shapeOf } from '../../../compiler/lint/routes/covers-match.js';
import { witnessRequest } from '../../../compiler/lint/routes/witness-request.js';
import { compileRouteTable } from '../../../runtime/route/compile-route-table.js';
import { routeRequest } from '../../support/route-request.js';

type Fields = Record<string, unknown>;
const universe = { alphabet: [[0x21, 0x7e]] as const, first: 0x2f };

function inside(small: string, big: string): boolean | undefined {
  const [one, other] = [small, big].map((text) => {
    const regex = parseRegex(text);
    return regex === undefined ? undefined : automatonOf(regex);
  });
  return one === undefined || other === undefined ? undefined : isInside(one, other, universe);
}

test('regular languages inside others', () => {
  for (const [small, big] of [
    ['/a', '/a|/b'],
    ['/api/v[0-9]+', '/api/.*'],
    ['/(a|b){2}', '/[ab]+'],
    ['/a*', '/a*'],
    ['/\\d{3}', '/\\w+'],
    ['^/x$', '/x'],
    ['/(?:a|ab)(?:c|bcd)', '/ab?b?cd?'],
  ]) {
    assert.is(inside(small ?? '', big ?? ''), true, `${small} in ${big}`);
  }
  for (const [small, big] of [
    ['/a|/b', '/a'],
    ['/api/.*', '/api/v[0-9]+'],
    ['/[ab]+', '/(a|b){2}'],
    ['/a+', '/a{1,5}'],
    ['/\\w+', '/[a-z]+'],
  ]) {
    assert.is(inside(small ?? '', big ?? ''), false, `${small} in ${big}`);
  }
});

test('what is no language in the strict sense is left undecided', () => {
  for (const text of ['(?i)a', 'a\\b', '\\pL', '(?=a)', 'a$b', '(', '[', 'a^']) {
    assert.is(parseRegex(text), undefined, text);
  }
});

test('a shortest text', () => {
  const sample = (text: string): string | undefined => {
    const regex = parseRegex(text);
    const automaton = regex === undefined ? undefined : automatonOf(regex);
    return automaton === undefined ? undefined : shortest(automaton, universe);
  };
  assert.is(sample('/api/v[0-9]+/x?'), '/api/v0/');
  assert.is(sample('/(foo|ba)'), '/ba');
  assert.is(sample('abc'), undefined);
});

const regex = (text: string): Fields => ({ safe_regex: { regex: text } });
const header = (name: string, string_match: Fields, more: Fields = {}): Fields => ({
  name,
  string_match,
  ...more,
});

function covers(one: Fields, other: Fields): boolean {
  return coversMatch(shapeOf(one), shapeOf(other));
}

test('paths of any two kinds', () => {
  assert.ok(covers({ prefix: '/api' }, regex('/api/v[0-9]+')));
  assert.ok(covers(regex('/.*'), { prefix: '/api' }));
  assert.ok(covers(regex('/(a|b)(/.*)?'), { path_separated_prefix: '/b' }));
  assert.ok(covers(regex('/(a|b)'), { path: '/b' }));
  assert.ok(covers({ path_separated_prefix: '/a' }, regex('/a/x+')));
  assert.not.ok(covers(regex('/(a|b)'), { path: '/B', case_sensitive: false }));
  assert.not.ok(covers(regex('/[a-z]+'), { prefix: '/a' }));
  assert.not.ok(covers({ path_separated_prefix: '/a' }, regex('/a+')));
});

test('headers and query parameters follow from narrower ones', () => {
  const on = (headers: Fields[]): Fields => ({ prefix: '/', headers });
  const follow = (wanted: Fields, given: Fields): boolean => covers(on([wanted]), on([given]));
  assert.ok(follow({ name: 'x', present_match: true }, header('X', { exact: 'a' })));
  assert.ok(follow(header('x', { prefix: 'a' }), header('x', { exact: 'abc' })));
  assert.ok(follow(header('x', { prefix: 'a' }), header('x', { prefix: 'ab' })));
  assert.ok(follow(header('x', { suffix: 'c' }), header('x', { exact: 'abc' })));
  assert.ok(follow(header('x', { contains: 'b' }), header('x', { prefix: 'abc' })));
  assert.ok(follow(header('x', { safe_regex: { regex: 'a.*' } }), header('x', { exact: 'abc' })));
  assert.ok(follow(header('x', { exact: 'A', ignore_case: true }), header('x', { exact: 'a' })));
  assert.ok(follow({ name: 'x', range_match: { start: 1, end: 10 } }, header('x', { exact: '5' })));
  assert.ok(
    follow(
      { name: 'x', range_match: { start: '1', end: '10' } },
      { name: 'x', range_match: { start: 2, end: 10 } },
    ),
  );
  assert.ok(follow(header('x', { prefix: 'a' }), { name: 'x', exact_match: 'abc' }));
  assert.not.ok(follow(header('x', { exact: 'a' }), header('x', { prefix: 'a' })));
  assert.not.ok(follow(header('x', { exact: 'a' }), header('y', { exact: 'a' })));
  assert.not.ok(follow(header('x', { exact: 'a' }), header('x', { exact: 'a' }, { invert_match: true })));
  assert.not.ok(follow(header('x', { prefix: 'b' }), header('x', { suffix: 'b' })));
  assert.not.ok(
    follow(
      { name: 'x', present_match: true },
      header('x', { exact: '' }, { treat_missing_header_as_empty: true }),
    ),
  );
  assert.not.ok(follow({ name: 'x', range_match: { start: 1, end: 5 } }, header('x', { exact: '5' })));
  const query = (text: Fields): Fields => ({
    prefix: '/',
    query_parameters: [{ name: 'q', string_match: text }],
  });
  assert.ok(covers(query({ prefix: 'a' }), query({ exact: 'ab' })));
  assert.ok(covers({ prefix: '/' }, query({ exact: 'a' })));
  assert.not.ok(covers(query({ exact: 'a' }), { prefix: '/' }));
});

test('a witness names everything that is matched', () => {
  const witness = (match: Fields): string | undefined => witnessRequest(shapeOf(match));
  assert.is(
    witness({
      ...regex('/v[0-9]+'),
      headers: [
        header(':method', { exact: 'POST' }),
        header('x-a', { prefix: 'b' }),
        header('x-c', { exact: 'd' }, { invert_match: true }),
      ],
      query_parameters: [{ name: 'q', present_match: true }],
    }),
    'POST /v0?q=1 with x-a: b',
  );
  assert.is(witness({ connect_matcher: {} }), undefined);
});

const paths = ['/', '/a', '/ab', '/a/b', '/b', '/A', '/a/', '/abc/d', '//'];
const values = ['', 'a', 'ab', 'b', 'A', '5'];

const pathMatch = fc.oneof(
  fc.record({ prefix: fc.constantFrom('/', '/a', '/a/', '/ab', '') }),
  fc.record({ path: fc.constantFrom(...paths), case_sensitive: fc.boolean() }),
  fc.record({ path_separated_prefix: fc.constantFrom('/a', '/ab') }),
  fc.record({
    safe_regex: fc.record({
      regex: fc.constantFrom('/.*', '/a.*', '/(a|ab)', '/[ab]+(/.*)?', '/a?b?', '/\\w+'),
    }),
  }),
);
const textMatch = fc.oneof(
  fc.record({ exact: fc.constantFrom('a', 'ab', '5'), ignore_case: fc.boolean() }),
  fc.record({ prefix: fc.constantFrom('a', 'ab') }),
  fc.record({ suffix: fc.constantFrom('a', 'b') }),
  fc.record({ contains: fc.constantFrom('a', 'b') }),
  fc.record({ safe_regex: fc.record({ regex: fc.constantFrom('a.*', '.', '[0-9]') }) }),
);
const headerMatch = fc.oneof(
  fc.record({ name: fc.constant('x'), string_match: textMatch, invert_match: fc.boolean() }),
  fc.record({ name: fc.constant('x'), string_match: textMatch, treat_missing_header_as_empty: fc.boolean() }),
  fc.record({ name: fc.constant('x'), present_match: fc.boolean() }),
  fc.record({
    name: fc.constant('x'),
    range_match: fc.constantFrom({ start: 1, end: 6 }, { start: 5, end: 6 }),
  }),
);
const anyMatch = fc
  .tuple(pathMatch, fc.array(headerMatch, { maxLength: 2 }))
  .map(([path, headers]): Fields => ({ ...path, headers }));

test('what is called covered is taken by the earlier route in the runtime, for every request', () => {
  const requests = paths.flatMap((path) => [
    routeRequest(path),
    ...values.map((value) => routeRequest(path, [`x: ${value}`])),
  ]);
  /** Status of the route that the request takes: 200 for the earlier one. */
  const taken = (matches: readonly Fields[], request: ReturnType<typeof routeRequest>): unknown => {
    const routes = matches.map((match, index) => ({ match, direct_response: { status: 200 + index } }));
    const table = compileRouteTable({ virtual_hosts: [{ name: 'v', domains: ['*'], routes }] });
    return (table.match(request) as { code?: number } | undefined)?.code;
  };
  assert.is(taken([{ path: '/x' }, { prefix: '/' }], routeRequest('/')), 201);
  let covered = 0;
  fc.assert(
    fc.property(anyMatch, anyMatch, (one, other) => {
      if (!covers(one, other)) return;
      covered++;
      for (const request of requests) {
        const { path, headers } = request;
        assert.is.not(taken([one, other], request), 201, JSON.stringify({ one, other, path, headers }));
      }
    }),
    { numRuns: 600, seed: 20261125 },
  );
  assert.ok(covered > 20, `only ${covered} pairs were covered`);
});

test.run();
