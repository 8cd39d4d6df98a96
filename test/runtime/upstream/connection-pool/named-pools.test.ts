import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { HostPools } from '../../../../runtime/upstream/connection-pool/host-pools.js';
import { NamedPools } from '../../../../runtime/upstream/connection-pool/named-pools.js';

/** Pools that tell what was done to them. */
function watched() {
  const drained: string[] = [];
  const made: string[] = [];
  const pools = new NamedPools((names) => {
    const name = `${names.serverName ?? ''}/${names.expectedNames?.join() ?? ''}`;
    made.push(name);
    return { drain: () => void drained.push(name), retain: () => undefined } as unknown as HostPools;
  });
  return { drained, made, pools };
}

test('one for each name that is asked for, and for each that is expected', () => {
  const { made, pools } = watched();
  const first = pools.get({ serverName: 'a' });
  assert.is(pools.get({ serverName: 'a' }), first);
  assert.is.not(pools.get({ serverName: 'b' }), first);
  assert.is.not(pools.get({ serverName: 'a', expectedNames: ['a'] }), first);
  assert.is.not(pools.get({ expectedNames: ['a'] }), first);
  assert.equal(made, ['a/', 'b/', 'a/a', '/a']);
});

test("names are the client's to choose: the one that was used least recently drains beyond 256", () => {
  const { drained, pools } = watched();
  for (let count = 0; count < 256; count++) pools.get({ serverName: `n${count}` });
  pools.get({ serverName: 'n0' });
  assert.equal(drained, []);
  pools.get({ serverName: 'one more' });
  assert.equal(drained, ['n1/']);
  pools.drain();
  assert.is(drained.length, 257);
});

test.run();
