import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { lazyRecord, lazyRecordText } from '../../../../dsl/api/model/lazy-record.js';

test('reads what was written, each value once', () => {
  const given = { 'a.B': { text: 'tab\t, line\n, "quote"' }, c: [1, null], d: 'x' };
  const record = lazyRecord<unknown>(lazyRecordText(given));
  assert.equal(Object.keys(record), ['a.B', 'c', 'd']);
  assert.is(record.c, record.c);
  assert.equal({ ...record }, given);
  assert.is(record.none, undefined);
  assert.equal(lazyRecord(lazyRecordText({})), {});
});

test('parses nothing that nobody asks for', () => {
  const record = lazyRecord<number>('good\t1\nbad\t{');
  assert.is(record.good, 1);
  assert.throws(
    () => record.bad,
    (error: Error) => error instanceof SyntaxError,
  );
});

test.run();
