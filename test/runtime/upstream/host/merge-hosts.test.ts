import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { FAILED_ACTIVE_HC } from '../../../../runtime/upstream/host/host-health.js';
import type { HostDescription } from '../../../../runtime/upstream/host/create-host.js';
import type { HostsByIdentity } from '../../../../runtime/upstream/host/merge-hosts.js';
import { changedPriorities, mergeHosts, sameHosts } from '../../../../runtime/upstream/host/merge-hosts.js';

function described(ip: string, more: { weight?: number; identity?: string } = {}): HostDescription {
  const { identity, weight = 1 } = more;
  return {
    address: { kind: 'ip', ip, port: 80 },
    attributes: { hostname: 'h', weight, priority: 0, zone: '', region: '', subZone: '' },
    ...(identity === undefined ? {} : { identity }),
  };
}

const none: HostsByIdentity = new Map();
const nobody = () => undefined;

function after(before: HostsByIdentity, ...descriptions: readonly HostDescription[]): HostsByIdentity {
  return mergeHosts(descriptions, before, (identity) => before.get(identity));
}

test('hosts that stay are the same objects in the same places, whatever the order in which they come', () => {
  const before = mergeHosts([described('1.1.1.1'), described('::1')], none, nobody);
  const again = after(before, described('2.2.2.2'), described('::1'), described('1.1.1.1'));
  assert.equal([...again.keys()], ['1.1.1.1:80', '[::1]:80', '2.2.2.2:80']);
  assert.is(again.get('[::1]:80'), before.get('[::1]:80'));
  assert.not.ok(sameHosts(before, again));
  assert.ok(sameHosts(before, after(before, described('::1'), described('1.1.1.1'))));
});

test('a new weight makes a new snapshot with the same counters and health', () => {
  const before = mergeHosts([described('1.1.1.1')], none, nobody);
  const old = before.get('1.1.1.1:80')!;
  old.health.set(FAILED_ACTIVE_HC);
  old.stats.rqTotal = 7;
  const again = after(before, described('1.1.1.1', { weight: 5 }));
  const now = again.get('1.1.1.1:80')!;
  assert.is.not(now, old);
  assert.is(now.stats, old.stats);
  assert.is(now.healthy, false);
  assert.is(now.weight, 5);
  assert.is(old.weight, 1);
  assert.not.ok(sameHosts(before, again));
  assert.is(changedPriorities(before, again), 0);
});

test('an address that is listed twice is two hosts, each with its own counters', () => {
  const hosts = [...mergeHosts([described('1.1.1.1'), described('1.1.1.1')], none, nobody).values()];
  assert.is(hosts.length, 2);
  assert.is.not(hosts[0]?.stats, hosts[1]?.stats);
  const before = mergeHosts([described('1.1.1.1'), described('1.1.1.1')], none, nobody);
  assert.is(changedPriorities(before, after(before, described('1.1.1.1'))), 1);
});

test('a logical host keeps its identity when its address changes', () => {
  const before = mergeHosts([described('1.1.1.1', { identity: 'logical' })], none, nobody);
  const again = after(before, described('2.2.2.2', { identity: 'logical' }));
  const now = again.get('logical')!;
  assert.is(now.addressText, '2.2.2.2:80');
  assert.is(now.stats, before.get('logical')?.stats);
  assert.is(before.get('logical')?.addressText, '1.1.1.1:80');
});

test.run();
