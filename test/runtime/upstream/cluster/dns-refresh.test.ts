import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { DnsRefresh } from '../../../../runtime/upstream/cluster/dns-refresh.js';

const half = () => 0.5;

test('five seconds unless the configuration says otherwise', () => {
  assert.is(new DnsRefresh({}, half).afterSuccess(3), 5000);
  assert.is(new DnsRefresh({ dns_refresh_rate: '1.500s' }, half).afterSuccess(3), 1500);
  assert.is(new DnsRefresh({ dns_refresh_rate: '1.500s' }, half).afterFailure(), 1500);
});

test('D06 a TTL counts when it is respected and is one', () => {
  const refresh = new DnsRefresh({ respect_dns_ttl: true, dns_refresh_rate: '7s' }, half);
  assert.is(refresh.afterSuccess(2), 2000);
  assert.is(refresh.afterSuccess(0), 7000);
  // With the highest bit it counts as 0 (RFC 2181 section 8).
  for (const negative of [0x80000000, 0xffffffff]) assert.is(refresh.afterSuccess(negative), 7000);
  // The hosts file has no TTL.
  assert.is(refresh.afterSuccess(0x7fffffff), 7000);
});

test('D06 no timer is longer than a timer can be, which would fire at once', () => {
  const refresh = new DnsRefresh({ respect_dns_ttl: true }, half);
  assert.is(refresh.afterSuccess(0x7ffffffe), 0x7fffffff);
  assert.is(new DnsRefresh({ dns_refresh_rate: '315360000s' }, half).afterFailure(), 0x7fffffff);
});

test('jitter is added after a success only', () => {
  const refresh = new DnsRefresh({ dns_jitter: '2s' }, half);
  assert.is(refresh.afterSuccess(1), 6000);
  assert.is(refresh.afterFailure(), 5000);
});

test('failures wait a random part of an interval that doubles up to its limit, and a success resets it', () => {
  const rate = { base_interval: '1s', max_interval: '3s' };
  const refresh = new DnsRefresh({ dns_failure_refresh_rate: rate }, half);
  const failures = () => [1, 2, 3, 4].map(() => refresh.afterFailure());
  assert.equal(failures(), [500, 1000, 1500, 1500]);
  refresh.afterSuccess(1);
  assert.is(refresh.afterFailure(), 500);
});

test('without max_interval the limit is ten times the base', () => {
  const refresh = new DnsRefresh({ dns_failure_refresh_rate: { base_interval: '1s' } }, half);
  const failures = [1, 2, 3, 4, 5, 6].map(() => refresh.afterFailure());
  assert.equal(failures, [500, 1000, 2000, 4000, 5000, 5000]);
});

test('a failure never asks again within a millisecond', () => {
  const refresh = new DnsRefresh({ dns_failure_refresh_rate: { base_interval: '1s' } }, () => 0);
  assert.is(refresh.afterFailure(), 1);
});

test.run();
