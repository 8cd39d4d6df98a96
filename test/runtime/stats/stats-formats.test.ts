import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { formatGeneral, formatJsonNumber } from '../../../runtime/stats/format-number.js';
import { statsJson } from '../../../runtime/stats/stats-json.js';
import { statsText } from '../../../runtime/stats/stats-text.js';
import type { BucketMode, StatsQuery } from '../../../runtime/stats/stats-query.js';
import { selectStats } from '../../../runtime/stats/stats-query.js';
import type { StatsStore } from '../../../runtime/stats/stats-store.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';

const all: StatsQuery = { type: 'All', usedOnly: false, matches: () => true };

/** Counters, a gauge between them, a histogram with values and an idle one. */
function sample(): StatsStore {
  const store = createStatsStore();
  store.counter('cluster.web.upstream_rq_200').add(11);
  store.counter('cluster.web.upstream_rq_total').add(14);
  store.gauge('cluster.web.upstream_rq_active');
  const time = store.histogram('cluster.web.upstream_rq_time');
  for (const value of [...new Array<number>(12).fill(0), 1, 2]) time.record(value);
  store.histogram('cluster.web.upstream_cx_length_ms');
  store.mergeHistograms();
  return store;
}

const text = (mode: BucketMode, query = all) => statsText(selectStats(sample(), query), mode);

test('text: counters and gauges by name, then histograms', () => {
  const quantiles =
    'P0(0,0) P25(0,0) P50(0,0) P75(0,0) P90(1.05,1.05) P95(2.05,2.05) P99(2.05,2.05) P99.5(2.05,2.05) P99.9(2.05,2.05) P100(2.05,2.05)';
  assert.is(
    text('summary'),
    [
      'cluster.web.upstream_rq_200: 11',
      'cluster.web.upstream_rq_active: 0',
      'cluster.web.upstream_rq_total: 14',
      'cluster.web.upstream_cx_length_ms: No recorded values',
      `cluster.web.upstream_rq_time: ${quantiles}`,
      '',
    ].join('\n'),
  );
});

test('text: buckets as Envoy writes them', () => {
  const query: StatsQuery = { ...all, usedOnly: true, type: 'Histograms' };
  assert.is(
    text('cumulative', query),
    'cluster.web.upstream_rq_time: B0.5(12,12) B1(13,13) B5(14,14) B10(14,14) B25(14,14) B50(14,14) B100(14,14) B250(14,14) B500(14,14) B1000(14,14) B2500(14,14) B5000(14,14) B10000(14,14) B30000(14,14) B60000(14,14) B300000(14,14) B600000(14,14) B1.8e+06(14,14) B3.6e+06(14,14)\n',
  );
  assert.match(text('disjoint', query), 'B0.5(12,12) B1(1,1) B5(1,1) B10(0,0) ');
  assert.match(
    text('detailed', query),
    'cluster.web.upstream_rq_time:\n  totals=0,0:12, 1,0.1:1, 2,0.1:1\n  intervals=0,0:12, 1,0.1:1, 2,0.1:1\n  summary=P0(0,0) ',
  );
});

test('text: an interval without values is nan', () => {
  const store = sample();
  store.mergeHistograms();
  const lines = statsText(selectStats(store, all), 'summary');
  assert.match(lines, 'P90(nan,1.05)');
});

test('JSON: all histograms in one entry at the end', () => {
  const [first, second, , last] = JSON.parse(statsJson(selectStats(sample(), all), 'summary')).stats;
  assert.equal(first, { name: 'cluster.web.upstream_rq_200', value: 11 });
  assert.equal(second, { name: 'cluster.web.upstream_rq_active', value: 0 });
  assert.equal(last.histograms.supported_quantiles, [0, 25, 50, 75, 90, 95, 99, 99.5, 99.9, 100]);
  const [idle, time] = last.histograms.computed_quantiles;
  assert.is(idle.name, 'cluster.web.upstream_cx_length_ms');
  assert.equal(idle.values[0], { cumulative: null, interval: null });
  assert.is(time.name, 'cluster.web.upstream_rq_time');
  assert.equal(time.values[4], { cumulative: 1.05, interval: 1.05 });
});

test('JSON: buckets, byte for byte', () => {
  const query: StatsQuery = { ...all, usedOnly: true, type: 'Histograms' };
  const selection = selectStats(sample(), query);
  const cumulative = statsJson(selection, 'cumulative');
  assert.ok(
    cumulative.startsWith(
      '{"stats":[{"histograms":[{"name":"cluster.web.upstream_rq_time","buckets":[{"upper_bound":0.5,"interval":12,"cumulative":12},{"upper_bound":1,',
    ),
  );
  assert.match(cumulative, '{"upper_bound":3e+05,"interval":14,"cumulative":14}');
  assert.ok(
    cumulative.endsWith('{"upper_bound":3600000,"interval":14,"cumulative":14}]}]}]}'),
    cumulative.slice(-60),
  );
  assert.match(
    statsJson(selection, 'detailed'),
    '"details":[{"name":"cluster.web.upstream_rq_time","totals":[{"lower_bound":0,"width":0,"count":12},{"lower_bound":1,"width":0.1,"count":1},{"lower_bound":2,"width":0.1,"count":1}],"intervals":[',
  );
});

test('JSON: names are escaped, and nothing is an empty list', () => {
  const store = createStatsStore();
  store.counter('cluster.a"b\\c.x').inc();
  assert.is(
    statsJson(selectStats(store, all), 'summary'),
    '{"stats":[{"name":"cluster.a\\"b\\\\c.x","value":1}]}',
  );
  assert.is(statsJson(selectStats(createStatsStore(), all), 'summary'), '{"stats":[]}');
});

test('a selection is by type, use and name', () => {
  const store = sample();
  const names = (query: Partial<StatsQuery>) => {
    const { counters, gauges, histograms } = selectStats(store, { ...all, ...query });
    return [counters, gauges, histograms].map((list) => list.length);
  };
  assert.equal(names({}), [2, 1, 2]);
  assert.equal(names({ usedOnly: true }), [2, 0, 1]);
  assert.equal(names({ type: 'Counters' }), [2, 0, 0]);
  assert.equal(names({ type: 'Gauges' }), [0, 1, 0]);
  assert.equal(names({ type: 'Histograms' }), [0, 0, 2]);
  assert.equal(names({ type: 'TextReadouts' }), [0, 0, 0]);
  assert.equal(names({ matches: (name) => name.endsWith('_total') }), [1, 0, 0]);
});

test('numbers', () => {
  assert.equal(
    [0, 0.5, 300_000, 1_800_000, 99.5, Number.NaN, 1e-5].map((value) => formatGeneral(value, 6)),
    ['0', '0.5', '300000', '1.8e+06', '99.5', 'nan', '1e-05'],
  );
  assert.equal(
    [0, 60_000, 100_000, 300_000, 1_800_000, 8.033333333333333, Number.NaN, 1e21].map(formatJsonNumber),
    ['0', '60000', '1e+05', '3e+05', '1800000', '8.033333333333333', 'null', '1e+21'],
  );
});

test.run();
