import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConnectionCount } from '../../../runtime/discovery/connection-count.js';

test('each address has its share; this machine has its own', () => {
  const counts = new ConnectionCount({ each: 1, local: 2 });
  assert.ok(counts.take('10.0.0.1'));
  assert.not(counts.take('10.0.0.1'));
  assert.ok(counts.take('10.0.0.2'));
  for (const local of ['127.0.0.1', '::1', '::ffff:127.0.0.1']) {
    assert.ok(counts.take(local));
    assert.ok(counts.take(local));
    assert.not(counts.take(local));
  }
  counts.free('10.0.0.1');
  assert.ok(counts.take('10.0.0.1'));
});

test('who has no connection is forgotten', () => {
  const counts = new ConnectionCount({ each: 2, local: 2 });
  counts.take('10.0.0.1');
  counts.take('10.0.0.1');
  counts.free('10.0.0.1');
  assert.is(counts.size, 1);
  counts.free('10.0.0.1');
  assert.is(counts.size, 0);
});

test.run();
