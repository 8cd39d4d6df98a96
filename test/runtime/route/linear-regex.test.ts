import fc from 'fast-check';
import { RE2JS } from 're2js';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { literalPrefix, toLinearRegExp } from '../../../runtime/route/linear-regex.js';

for (const pattern of [
  '/users/[^/]+/orders',
  '/users/\\d+',
  '.*\\.html',
  '/static/.*',
  '^/a$',
  '/v[12]/(users|orders)/[a-z0-9_-]+',
  '/[^/]+/[^/]+/[^/]+',
  '/a/?',
  '/(?:a|ab)c',
  '[0-9a-f]{8}-[0-9a-f]{4}',
  '/x{0,3}y',
]) {
  test(`runs natively: ${pattern}`, () => assert.instance(toLinearRegExp(pattern), RegExp));
}

for (const pattern of [
  // Two places where a repeat may stop anywhere: quadratic.
  '.*/b/.*',
  '/.*[a-z]*/x',
  'a*a*b',
  '(a+)+b',
  '(a|a)*b',
  '(a|ab)(c|cd)(e|ef)(g|gh)(i|ij)x',
  'a?a?a?a?a?aaaaa',
  'a{1,60}a{1,60}b',
  // What the subset does not read.
  '(?i)abc',
  '/a|/b',
  '\\bfoo',
  '\\pL+',
  '[[:alpha:]]+',
  'a+?b',
  '(a(b)c)',
  'é+',
]) {
  const octets = Buffer.from(pattern, 'utf8').toString('latin1');
  const isNative = pattern === 'é+';
  test(`${isNative ? 'runs natively' : 'is left to RE2'}: ${pattern}`, () => {
    assert.is(toLinearRegExp(octets) !== undefined, isNative);
  });
}

const atom = fc.constantFrom(
  ...[
    'a',
    'b',
    '/',
    '\\.',
    '.',
    '[ab]',
    '[^/]',
    '[^a-b]',
    '\\d',
    '\\w',
    '\\S',
    '\\s',
    '(a|b)',
    '(?:ab|a|)',
    '[\\w-]',
    '\\W',
  ],
);
const repeat = fc.constantFrom('', '', '', '*', '+', '?', '{2}', '{1,2}', '{2,}');
const pattern = fc
  .array(fc.tuple(atom, repeat), { maxLength: 6 })
  .map((terms) => terms.map(([one, times]) => (one.startsWith('(') ? one : one + times)).join(''));
const octets = fc.string({
  unit: fc.constantFrom('a', 'b', '/', '.', '1', ' ', '\n', '\v', '\u00a0', '\u00e9', '-', 'Z'),
  maxLength: 8,
});

test('a native expression matches what RE2 matches', () => {
  let native = 0;
  fc.assert(
    fc.property(pattern, octets, (source, text) => {
      const linear = toLinearRegExp(source);
      if (linear === undefined) return;
      native++;
      assert.is(
        linear.test(text),
        RE2JS.compile(source).testExact(text),
        `${source} on ${JSON.stringify(text)}`,
      );
    }),
    { numRuns: 4000 },
  );
  assert.ok(native > 1000, `only ${native} of the patterns were native`);
});

test('every match begins with the literal prefix', () => {
  fc.assert(
    fc.property(pattern, octets, (source, text) => {
      if (RE2JS.compile(source).testExact(text)) assert.ok(text.startsWith(literalPrefix(source)), source);
    }),
    { numRuns: 4000 },
  );
});

test('a literal prefix is what is certain', () => {
  assert.is(literalPrefix('/a/b.*'), '/a/b');
  assert.is(literalPrefix('^/a\\.b+'), '/a.b');
  assert.is(literalPrefix('/ab?c'), '/a');
  assert.is(literalPrefix('/ab*'), '/a');
  assert.is(literalPrefix('/a\\.?'), '/a');
  assert.is(literalPrefix('/ab{0,1}'), '/a');
  assert.is(literalPrefix('/a|/b'), '');
  assert.is(literalPrefix('/(a|b)'), '/');
  assert.is(literalPrefix('/((a)|b)|c'), '');
  assert.is(literalPrefix('(?i)/a'), '');
  assert.is(literalPrefix('\\Q/a|b\\E'), '');
});

test.run();
