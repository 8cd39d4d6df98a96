import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import {
  clusterStatPrefix,
  createClusterStats,
} from '../../../../runtime/upstream/cluster/create-cluster-stats.js';
import { nonZero } from '../fixtures.js';

test('a colon in a name becomes an underscore, and alt_stat_name goes before the name', () => {
  assert.is(clusterStatPrefix('a', ''), 'cluster.a.');
  assert.is(clusterStatPrefix('a:b', 'x:y'), 'cluster.x_y.');
  assert.is(clusterStatPrefix('http://h:80', ''), 'cluster.http_h_80.');
});

test('a response is counted by code and class, and as external or internal', () => {
  const stats = createStatsStore();
  const made = createClusterStats('cluster.a.', stats);
  made.countResponse(200);
  made.countResponse(204);
  made.countResponse(503, true);
  made.countRetriedResponse(502);
  assert.equal(nonZero(stats, 'cluster.a.'), {
    'external.upstream_rq_200': 1,
    'external.upstream_rq_204': 1,
    'external.upstream_rq_2xx': 2,
    'external.upstream_rq_completed': 2,
    'internal.upstream_rq_503': 1,
    'internal.upstream_rq_5xx': 1,
    'internal.upstream_rq_completed': 1,
    'retry.upstream_rq_502': 1,
    'retry.upstream_rq_5xx': 1,
    'retry.upstream_rq_completed': 1,
    upstream_rq_200: 1,
    upstream_rq_204: 1,
    upstream_rq_2xx: 2,
    upstream_rq_503: 1,
    upstream_rq_5xx: 1,
    upstream_rq_completed: 3,
  });
});

test('what Envoy shows at zero is there before the first request, what it makes later is not', () => {
  const stats = createStatsStore();
  const made = createClusterStats('cluster.a.', stats);
  const names = () =>
    new Set([...stats.counters(), ...stats.gauges(), ...stats.histograms()].map(({ name }) => name));
  const before = names();
  for (const name of [
    'upstream_cx_http1_total',
    'upstream_cx_rx_bytes_total',
    'upstream_rq_pending_overflow',
    'upstream_rq_active',
    'lb_zone_routing_sampled',
    'upstream_cx_connect_ms',
    'upstream_rq_per_cx',
  ]) {
    assert.ok(before.has(`cluster.a.${name}`), name);
  }
  assert.not.ok(before.has('cluster.a.upstream_rq_time'));
  assert.not.ok(before.has('cluster.a.external.upstream_rq_completed'));
  made.recordResponseTime(3, false, '', false);
  assert.ok(names().has('cluster.a.upstream_rq_time'));
  assert.ok(names().has('cluster.a.external.upstream_rq_time'));
});

test('responses by zones, of canaries, and below a name of the caller', () => {
  const stats = createStatsStore();
  const made = createClusterStats('cluster.a.', stats, 'here');
  made.countResponse(200, false, 'there', true);
  made.countResponse(200, false, '', false);
  made.alternative('mine').count(503, true, 'there', false);
  assert.is(made.alternative('mine'), made.alternative('mine'));
  const counted = stats
    .counters()
    .filter(({ name, value }) => value > 0 && /upstream_rq_\d{3}$/.test(name))
    .map(({ name, value }) => `${name.slice('cluster.a.'.length)} ${value}`);
  assert.equal(counted.sort(), [
    'canary.upstream_rq_200 1',
    'external.upstream_rq_200 2',
    'mine.internal.upstream_rq_503 1',
    'mine.upstream_rq_503 1',
    'mine.zone.here.there.upstream_rq_503 1',
    'upstream_rq_200 2',
    'zone.here.there.upstream_rq_200 1',
  ]);
});

test('a proxy without a zone counts none', () => {
  const stats = createStatsStore();
  createClusterStats('cluster.a.', stats).countResponse(200, false, 'there');
  assert.not.ok(stats.counters().some(({ name }) => name.includes('.zone.')));
});

test.run();
