import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileRouteMatch } from '../../../runtime/route/compile-route-match.js';
import { endOfPath } from '../../../runtime/route/rewrite-path.js';
import { indexRoutes } from '../../../runtime/route/route-index.js';
import { routeRequest } from '../../support/route-request.js';

type MatchConfig = Readonly<Record<string, unknown>>;

function finder(matches: readonly MatchConfig[]) {
  const find = indexRoutes(matches.map((match, route) => ({ match: compileRouteMatch(match), route })));
  return (path: string, headers: readonly string[] = []) =>
    find(routeRequest(path, headers), endOfPath(path));
}

/** The rules of `RouteMatch` one by one, as slow as they read. */
function matchesNaively(match: MatchConfig, given: string, headers: readonly string[]): boolean {
  const wanted = match.headers === undefined || headers.length > 0;
  const fold = (text: unknown) =>
    match.case_sensitive === false ? String(text).toLowerCase() : String(text);
  const path = fold(given.split('?')[0]);
  if (match.prefix !== undefined) return wanted && path.startsWith(fold(match.prefix));
  if (match.path !== undefined) return wanted && path === fold(match.path);
  if (match.path_separated_prefix !== undefined) {
    const prefix = fold(match.path_separated_prefix);
    return wanted && (path === prefix || path.startsWith(`${prefix}/`));
  }
  const { regex } = match.safe_regex as { regex: string };
  return wanted && new RegExp(`^(?:${regex})$`).test(given.split('?')[0] ?? '');
}

/** Few letters, so that paths share beginnings. */
const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', '/'), maxLength: 6 }).map((rest) => `/${rest}`);
const kind = fc.constantFrom('prefix', 'path', 'path_separated_prefix');
const plainMatch = fc.tuple(kind, text, fc.boolean(), fc.boolean()).map(
  ([field, value, folds, header]): MatchConfig => ({
    [field]: value,
    ...(folds ? { case_sensitive: false } : {}),
    ...(header ? { headers: [{ name: 'x', present_match: true }] } : {}),
  }),
);
const regexMatch = fc
  .tuple(text, fc.constantFrom('', '.*', '[^/]+', '/(a|b)', 'a?', '(/a|)b*'))
  .map(([prefix, rest]): MatchConfig => ({ safe_regex: { regex: prefix + rest } }));
const matches = fc.array(fc.oneof({ arbitrary: plainMatch, weight: 4 }, regexMatch), { maxLength: 24 });
const query = fc.constantFrom('', '?', '?a', '?/a/b');

test('finds the route that testing one by one finds', () => {
  fc.assert(
    fc.property(matches, text, query, fc.boolean(), (list, path, rest, header) => {
      const headers = header ? ['x: 1'] : [];
      const naive = list.findIndex((match) => matchesNaively(match, path + rest, headers));
      assert.is(finder(list)(path + rest, headers), naive < 0 ? undefined : naive);
    }),
    { numRuns: 3000 },
  );
});

test('the first of the configuration wins, whatever is more specific', () => {
  const find = finder([{ prefix: '/a' }, { path: '/a/b' }, { prefix: '/' }, { prefix: '/a/b/c' }]);
  assert.is(find('/a/b'), 0);
  assert.is(find('/a/b/c/d'), 0);
  assert.is(find('/x'), 2);
});

test('a route whose header does not fit lets the next one have it', () => {
  const withHeader = { headers: [{ name: 'x', present_match: true }] };
  const find = finder([{ prefix: '/a', ...withHeader }, { path: '/a/b', ...withHeader }, { prefix: '/a/' }]);
  assert.is(find('/a/b', ['x: 1']), 0);
  assert.is(find('/a/b'), 2);
  assert.is(find('/a'), undefined);
});

test('the query is no part of the path, neither of the request nor of the route', () => {
  const find = finder([{ prefix: '/a?x' }, { path: '/b' }]);
  assert.is(find('/a?x'), undefined);
  assert.is(find('/b?'), 1);
});

test('routes that nothing can reach are harmless', () => {
  const find = finder([{ prefix: '' }, { prefix: '' }, { path: '' }]);
  assert.is(find('/'), 0);
});

test.run();
