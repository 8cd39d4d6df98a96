import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { durationMs, formatDuration, parseDuration } from '../../../dsl/api/index.js';
import { readScalar } from '../../../dsl/api/reader/scalars.js';
import { resolvePlainScalar } from '../../../dsl/api/yaml-scalar.js';

type Row = readonly [type: Parameters<typeof readScalar>[0], plain: string, expected: unknown];

const bad = Symbol('refused');

/** Unquoted spellings, as measured on Envoy 1.40. */
const plain: readonly Row[] = [
  ['string', '1.5', '1.5'],
  ['string', '1e3', '1e3'],
  ['string', '08', '08'],
  ['string', '0o10', '0o10'],
  ['string', '1_000', '1_000'],
  ['string', '2020-01-01', '2020-01-01'],
  ['string', '4294967296', '4294967296'],
  ['string', '1', bad],
  ['string', '010', bad],
  ['string', '0x10', bad],
  ['string', 'true', bad],
  ['string', 'yes', bad],
  ['string', 'n', bad],
  ['string', 'off', bad],
  ['bool', 'Yes', true],
  ['bool', 'n', false],
  ['bool', '1', bad],
  ['uint32', '1', 1],
  ['uint32', '010', 8],
  ['uint32', '0x10', 16],
  ['uint32', '1.0', 1],
  ['uint32', '1e3', 1000],
  ['uint32', '08', 8],
  ['uint32', '-1', bad],
  ['uint32', '1.5', bad],
  ['uint32', '1_000', bad],
  ['uint32', '0o10', bad],
  ['uint32', '4294967296', bad],
  ['uint32', 'true', bad],
  ['uint64', '18446744073709551615', '18446744073709551615'],
  ['double', '1.5', 1.5],
];

/** Quoted spellings. */
const quoted: readonly Row[] = [
  ['string', 'true', 'true'],
  ['bool', 'True', true],
  ['bool', '1', true],
  ['bool', 'x', bad],
  ['bool', '', bad],
  ['uint32', '010', 10],
  ['uint32', '0x10', 16],
  ['uint32', '1.0', 1],
  ['uint32', '1e1', 10],
  ['uint32', ' 1', bad],
];

function outcome(type: Row[0], value: unknown): unknown {
  const result = readScalar(type, value);
  return 'error' in result ? bad : result.value;
}

test('unquoted scalars', () => {
  for (const [type, text, expected] of plain) {
    assert.is(outcome(type, resolvePlainScalar(text)), expected, `${type} ${text}`);
  }
});

test('quoted scalars', () => {
  for (const [type, text, expected] of quoted) assert.is(outcome(type, text), expected, `${type} "${text}"`);
});

test('durations: what Envoy takes and what it does not', () => {
  for (const text of ['1s', '0.001s', '-1s', '315576000000s', '1.123456789s'])
    assert.ok(parseDuration(text), text);
  for (const text of [
    '5',
    '1ms',
    '1m',
    '.5s',
    '1.s',
    '+1s',
    '1 s',
    '1S',
    '1.1234567890s',
    '315576000001s',
    '',
  ]) {
    assert.is(parseDuration(text), undefined, text);
  }
  assert.is(durationMs('0.25s'), 250);
  assert.is(durationMs('-1.5s'), -1500);
  assert.throws(() => durationMs('1m'), /not a duration: '1m'/);
});

test('a duration keeps its value through its canonical spelling', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 1e9 }),
      fc.integer({ min: 0, max: 999_999_999 }),
      (seconds, nanos) => {
        assert.equal(parseDuration(formatDuration({ seconds, nanos })), { seconds, nanos });
      },
    ),
  );
});

test.run();
