/** JSON as Envoy's loader of `.json` files takes it. Each odd form was put to real Envoy 1.40. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { checkText } from '../../../compiler/index.js';
import { readJson } from '../../../dsl/api/read-json.js';

test('what JSON.parse reads is read the same', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue());
  fc.assert(
    fc.property(object, fc.constantFrom(undefined, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      assert.equal(readJson(text).value, JSON.parse(text));
    }),
    { numRuns: 1000 },
  );
});

test('what is not JSON ends with one error, at its place', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'{}[],:"\'\\ua1e-. tn') }), (text) => {
      const { errors, value } = readJson(text);
      assert.is(value === undefined, errors.length === 1);
      for (const { column, line } of errors) assert.ok(line >= 1 && column >= 1);
    }),
    { numRuns: 2000 },
  );
});

test('what Envoy takes beyond JSON', () => {
  const taken: readonly (readonly [string, unknown])[] = [
    ["{'a': 'b'}", { a: 'b' }],
    ['{a: {b_1: 1}}', { a: { b_1: 1 } }],
    ['{"a": 1, }', { a: 1 }],
    ['{"a": [1, 2, ]}', { a: [1, 2] }],
    ['{"a": "b\nc\td"}', { a: 'b\nc\td' }],
    ['{"a": "\\\'"}', { a: "'" }],
    ['{"a": 1.5, "b": 123456789012345680000, "c": 1e-400}', { a: 1.5, b: 123456789012345680000, c: 0 }],
  ];
  for (const [text, value] of taken) assert.equal(readJson(text).value, value, text);
});

test('what Envoy refuses', () => {
  const refused: readonly (readonly [string, RegExp, number])[] = [
    ['', /is empty/, 1],
    ['[]', /is not an object/, 1],
    ['a: 1', /is not an object/, 1],
    ['\ufeff{}', /is not an object/, 1],
    ['{} {}', /something follows/, 4],
    ['{ // c\n}', /expected a key, got '\/'/, 3],
    ['{$a: 1}', /expected a key/, 2],
    ['{"a": yes}', /expected a value, got 'y'/, 7],
    ['{"a": 0x1}', /the end of a number, got 'x'/, 8],
    ['{"a": 01}', /the end of a number, got '1'/, 8],
    ['{"a": 1e400}', /too large a number/, 7],
    ['{"a": NaN}', /expected a value/, 7],
    ['{"a": +1}', /expected a value/, 7],
    ['{"a": "\\q"}', /'\\q' is no escape/, 8],
    ['{"a": "\\ud800"}', /half of a character/, 7],
    ['{"a": "b', /has no end/, 8],
    ['{"a": [ ,]}', /expected a value, got ','/, 9],
    ['{"a" 1}', /expected ':', got '1'/, 6],
    ['{"a": 1 "b": 2}', /expected ',' or '}'/, 9],
  ];
  for (const [text, message, column] of refused) {
    const [error] = readJson(text).errors;
    assert.match(error?.message ?? '', message, text);
    assert.is(error?.column, column, text);
  }
  const deep = `${'{"a":'.repeat(300)}1${'}'.repeat(300)}`;
  assert.match(readJson(deep).errors[0]?.message ?? '', /nested too deep/);
});

test('places of members, in either spelling, and of keys that stand twice', () => {
  const json = readJson('{\n  "aB": { "c": [1, { "d": 2 }] },\n  "x": 1, "x": 2\n}');
  assert.equal(json.locate(['a_b', 'c', 1, 'd']), { line: 2, column: 22 });
  assert.equal(json.locate(['a_b', 'none', 1]), { line: 2, column: 3 });
  assert.equal(json.locate(['x']), { line: 3, column: 11 });
  assert.equal(json.value, { aB: { c: [1, { d: 2 }] }, x: 2 });
  assert.is(json.warnings.length, 1);
  assert.equal(json.warnings[0]?.related, { line: 3, column: 3 });
});

test('the ending of a file tells how it is read', () => {
  const text = '{ "enable_dispatcher_stats": yes }';
  assert.equal(checkText(text, { file: 'a.yaml' }), []);
  const [found] = checkText(text, { file: 'a.json' });
  assert.is(found?.code, 'E1000');
  assert.is(found?.location?.column, 30);
});

test.run();
