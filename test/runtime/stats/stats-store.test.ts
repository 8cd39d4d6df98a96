import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';

test('the same name is the same object', () => {
  const store = createStatsStore();
  store.counter('a').inc();
  store.counter('a').add(2);
  assert.is(store.counter('a').value, 3);
  assert.is(store.gauge('g'), store.gauge('g'));
  assert.is(store.histogram('h'), store.histogram('h'));
});

test('lists are sorted, also after a name has come', () => {
  const store = createStatsStore();
  for (const name of ['b.2', 'b.10', 'a']) store.counter(name);
  const names = () => store.counters().map(({ name }) => name);
  assert.equal(names(), ['a', 'b.10', 'b.2']);
  store.counter('a.x');
  assert.equal(names(), ['a', 'a.x', 'b.10', 'b.2']);
});

test('a statistic is used once it was written to, with whatever value', () => {
  const store = createStatsStore();
  const gauge = store.gauge('g');
  assert.is(gauge.used, false);
  gauge.set(0);
  assert.is(gauge.used, true);
  const histogram = store.histogram('h');
  assert.is(store.histograms()[0]?.used, false);
  histogram.record(0);
  assert.is(store.histograms()[0]?.used, true);
});

test('resetting is for counters only', () => {
  const store = createStatsStore();
  store.counter('c').add(5);
  store.gauge('g').set(5);
  store.histogram('h').record(5);
  store.resetCounters();
  assert.is(store.counter('c').value, 0);
  assert.is(store.counter('c').used, true);
  assert.is(store.gauge('g').value, 5);
  assert.is(store.histograms()[0]?.cumulative().count, 1);
});

test('an interval ends for all histograms', () => {
  const store = createStatsStore();
  store.histogram('a').record(1);
  store.histogram('b').record(1);
  store.mergeHistograms();
  store.mergeHistograms();
  assert.equal(
    store.histograms().map((one) => [one.interval().count, one.cumulative().count]),
    [
      [0, 1],
      [0, 1],
    ],
  );
});

test('what has been removed begins anew', () => {
  const store = createStatsStore();
  const before = store.counter('cluster.gone.upstream_rq_total');
  before.add(7);
  store.gauge('cluster.gone.membership_total').set(2);
  store.histogram('cluster.gone.upstream_rq_time').record(2);
  store.counter('cluster.gone.b.upstream_rq_total');
  store.remove((name) => /^cluster\.gone\.[^.]+$/.test(name));
  assert.equal(
    [store.counters(), store.gauges(), store.histograms()].map((list) => list.map(({ name }) => name)),
    [['cluster.gone.b.upstream_rq_total'], [], []],
  );
  before.inc();
  assert.is(store.counter('cluster.gone.upstream_rq_total').value, 0);
});

test.run();
