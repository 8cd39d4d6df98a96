/** A small part of what conformance does a million times. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fuzzApi, fuzzDns } from '../../support/discovery-fuzz.js';

test('DNS packets of every kind', () => {
  assert.equal(fuzzDns(3_000, 1), []);
});

test('API bodies and filters of every kind', async () => {
  assert.equal(await fuzzApi(600, 1), []);
});

test.run();
