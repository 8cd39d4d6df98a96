import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  comparableJson,
  hasMetadata,
  lbMetadataOf,
  metadataCriteria,
  overrideCriteria,
} from '../../../runtime/common/metadata-criteria.js';

test('only the namespace of the balancer', () => {
  assert.equal(lbMetadataOf({ filter_metadata: { 'envoy.lb': { a: 1 }, other: { b: 2 } } }), { a: 1 });
  assert.equal(lbMetadataOf(undefined), {});
  assert.equal(lbMetadataOf({ filter_metadata: {} }), {});
});

test('values are equal whatever the order of their keys; kinds are not', () => {
  assert.is(comparableJson({ a: 1, b: { d: 1, c: 2 } }), comparableJson({ b: { c: 2, d: 1 }, a: 1 }));
  assert.is.not(comparableJson('1'), comparableJson(1));
  assert.is.not(comparableJson([1, 2]), comparableJson([2, 1]));
});

test('criteria are sorted, and the later ones go before the earlier ones', () => {
  const keys = (fields: object) => metadataCriteria(fields as Record<string, unknown>).map(({ key }) => key);
  assert.equal(keys({ b: 1, a: 2 }), ['a', 'b']);
  const over = overrideCriteria(metadataCriteria({ a: 1, c: 1 }), metadataCriteria({ b: 2, a: 2 }));
  assert.equal(
    over.map(({ key, value }) => [key, value]),
    [
      ['a', 2],
      ['b', 2],
      ['c', 1],
    ],
  );
});

test('a host has them all, or a list with one of them', () => {
  const wants = metadataCriteria({ version: '1', stage: 'prod' });
  assert.ok(hasMetadata({ version: '1', stage: 'prod', more: true }, wants, false));
  assert.not.ok(hasMetadata({ version: '1' }, wants, false));
  const listed = { version: ['0', '1'], stage: 'prod' };
  assert.not.ok(hasMetadata(listed, wants, false));
  assert.ok(hasMetadata(listed, wants, true));
  assert.ok(hasMetadata({}, [], false));
});

test.run();
