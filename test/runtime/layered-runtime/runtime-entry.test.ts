import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  entriesOfStruct,
  entryOfText,
  InvalidEntry,
  integerOf,
  percentOf,
} from '../../../runtime/layered-runtime/runtime-entry.js';

test('texts in all forms in which they can be asked for', () => {
  const hundred = (numerator: number) => ({ numerator, denominator: 'HUNDRED' });
  for (const [raw, integer, percent, boolean] of [
    ['5', 5, hundred(5), undefined],
    ['2.7', 2, hundred(2), undefined],
    ['-4', undefined, undefined, undefined],
    ['true', undefined, undefined, true],
    ['False', undefined, undefined, false],
    ['text', undefined, undefined, undefined],
    ['', undefined, undefined, undefined],
    ['1 2', undefined, undefined, undefined],
    [' 5', 5, hundred(5), undefined],
    ['{"numerator":9}', undefined, hundred(9), undefined],
    [
      '{"numerator":9,"denominator":"MILLION"}',
      undefined,
      { numerator: 9, denominator: 'MILLION' },
      undefined,
    ],
    ['{"numerator":9,"other":1}', undefined, undefined, undefined],
    ['{numerator', undefined, undefined, undefined],
  ] as const) {
    const entry = entryOfText(raw);
    assert.is(entry.raw, raw);
    assert.is(integerOf(entry), integer, raw);
    assert.equal(percentOf(entry), percent, raw);
    assert.is(entry.boolean, boolean, raw);
  }
  assert.is(integerOf(undefined), undefined);
  assert.is(percentOf(undefined), undefined);
});

test('keys of nested structs are joined, a fractional percent is one value', () => {
  const entries = new Map(
    entriesOfStruct({ a: { b: 1, 'c.d': true }, f: { numerator: 3, denominator: 'X' }, s: 'x', 't.u': '12' }),
  );
  assert.equal([...entries.keys()], ['a.b', 'a.c.d', 'f', 's', 't.u']);
  assert.is(entries.get('t.u')?.number, 12);
  assert.is(percentOf(entries.get('f')), undefined);
});

test('lists and nothing are no values', () => {
  for (const value of [[1], null]) {
    assert.throws(
      () => [...entriesOfStruct({ a: { b: value } })],
      (error: Error) =>
        error instanceof InvalidEntry && error.message === 'Invalid runtime entry value for a.b',
    );
  }
});

test.run();
