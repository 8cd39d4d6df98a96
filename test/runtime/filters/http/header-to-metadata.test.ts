/** Metadata of headers and cookies. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileRules } from '../../../../runtime/filters/http/header-to-metadata/compile-rules.js';
import { cookieValue } from '../../../../runtime/filters/http/header-to-metadata/cookie-value.js';
import { filterRig, get, httpFilter, perRoute, routes } from './filter-rig.js';

const ns = 'envoy.filters.http.header_to_metadata';

/** What a rule finds, and what is left of the headers. */
function found(rule: object, headers: string[]): [unknown, string[]] {
  const metadata = new Map<string, Record<string, unknown>>();
  const left = [...headers];
  compileRules([rule])?.(left, metadata, (name) => (name === ':path' ? '/x' : undefined));
  return [metadata.get(ns)?.k, left];
}

test('values: as they are, fixed, rewritten, numbers, base64', () => {
  const value = (more: object, text = 'v'): unknown =>
    found({ header: 'X-A', on_header_present: { key: 'k', ...more } }, ['x-a', text])[0];
  assert.is(value({}), 'v');
  assert.is(value({ value: 'fixed' }), 'fixed');
  const rewrite = { pattern: { regex: '(\\d+)' }, substitution: '<\\1>' };
  assert.is(value({ regex_value_rewrite: rewrite }, 'a1b22'), 'a<1>b<22>');
  assert.is(value({ type: 'NUMBER' }, ' 1.5 '), 1.5);
  assert.is(value({ type: 'NUMBER' }, '1x'), undefined);
  assert.is(value({ encode: 'BASE64' }, 'aGk='), 'hi');
  assert.is(value({}, 'x'.repeat(8192)), undefined, 'too long');
});

test('headers may be taken away, be missing, or be pseudo headers', () => {
  const rule = { header: 'x-a', on_header_present: { key: 'k' }, remove: true };
  assert.equal(found(rule, ['x-a', '1', 'b', '2', 'x-a', '3']), ['1,3', ['b', '2']]);
  const missing = { header: 'x-a', on_header_missing: { key: 'k', value: 'none' } };
  assert.equal(found(missing, []), ['none', []]);
  assert.equal(found(missing, ['x-a', '1']), [undefined, ['x-a', '1']]);
  assert.equal(found({ header: ':path', on_header_present: { key: 'k' } }, []), ['/x', []]);
});

test('cookies', () => {
  assert.is(cookieValue(['cookie', 'a=1; b = "2" ;c='], 'b'), '2');
  assert.is(cookieValue(['cookie', 'a=1; c='], 'c'), undefined);
  assert.is(cookieValue(['x', 'a=1'], 'a'), undefined);
});

test('mistakes are told in the words of Envoy', () => {
  const refused = (rule: object, words: RegExp): void => assert.throws(() => compileRules([rule]), words);
  refused({ header: 'a', cookie: 'b' }, /both header and cookie/);
  refused({ on_header_present: { key: 'k' } }, /needs to be specified/);
  refused({ header: 'a' }, /neither/);
  refused({ header: 'a', on_header_missing: { key: 'k' } }, /empty value/);
  refused({ cookie: 'a', on_header_present: { key: 'k' }, remove: true }, /remove for cookie/);
});

test('the rules of a route take the place of those of the filter', async () => {
  const type = 'header_to_metadata.v3.Config';
  const rules = (remove: string): object => ({
    request_rules: [{ header: remove, on_header_present: { key: 'k' }, remove: true }],
  });
  const rig = filterRig([httpFilter(type, rules('x-a'))], routes(perRoute(type, rules('x-b'))));
  await rig.request(get(['x-a: 1', 'x-b: 2']));
  assert.match(rig.upstream().written, 'x-a: 1');
  assert.not.match(rig.upstream().written, 'x-b');
  assert.throws(() => filterRig([], routes(perRoute(type, {}))), /at least specify/);
});

test.run();
