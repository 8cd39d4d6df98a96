import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { StatsCollector, StatsReporter } from '../../../runtime/stats/stats-transfer.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';

test('counters, gauges and histograms of two workers add up', () => {
  const sum = createStatsStore();
  const collector = new StatsCollector(sum);
  for (const worker of [1, 2]) {
    const store = createStatsStore();
    const reporter = new StatsReporter(store);
    store.counter('http.a.rq').add(worker);
    store.gauge('http.a.active').set(10 * worker);
    store.histogram('http.a.time').record(5 * worker);
    collector.receive(worker, reporter.take());
    assert.equal(reporter.take(), { counters: [], gauges: [], histograms: [] });
    store.counter('http.a.rq').inc();
    store.gauge('http.a.active').dec();
    collector.receive(worker, reporter.take());
  }
  assert.is(sum.counter('http.a.rq').value, 5);
  assert.is(sum.gauge('http.a.active').value, 28);
  assert.is(sum.histogram('http.a.time').cumulative().count, 2);
});

test('what was open in a worker that is gone is not open any more; what it counted stays', () => {
  const sum = createStatsStore();
  const collector = new StatsCollector(sum);
  for (const worker of [1, 2]) {
    collector.receive(worker, {
      counters: [['http.a.rq', 3]],
      gauges: [
        ['http.a.active', 7],
        ['cluster.a.circuit_breakers.default.rq_open', 1],
      ],
      histograms: [],
    });
  }
  assert.is(sum.gauge('cluster.a.circuit_breakers.default.rq_open').value, 1);
  collector.forget(1);
  assert.is(sum.counter('http.a.rq').value, 6);
  assert.is(sum.gauge('http.a.active').value, 7);
  collector.forget(2);
  assert.is(sum.gauge('cluster.a.circuit_breakers.default.rq_open').value, 0);
});

test('what the primary counts itself is not reported', () => {
  const store = createStatsStore();
  for (const name of [
    'server.uptime',
    'listener_manager.listener_added',
    'cluster.a.b.update_attempt',
    'cluster.a.health_check.attempt',
    'cluster.a.membership_total',
  ]) {
    store.counter(name).inc();
  }
  store.counter('cluster.a.upstream_rq_total').inc();
  assert.equal(new StatsReporter(store).take().counters, [['cluster.a.upstream_rq_total', 1]]);
});

test('a reset in the primary does not bring back what was counted before', () => {
  const sum = createStatsStore();
  const collector = new StatsCollector(sum);
  const store = createStatsStore();
  const reporter = new StatsReporter(store);
  store.counter('a').add(5);
  collector.receive(1, reporter.take());
  sum.resetCounters();
  store.counter('a').inc();
  collector.receive(1, reporter.take());
  assert.is(sum.counter('a').value, 1);
});

test.run();
