import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { prometheusText } from '../../../runtime/stats/prometheus.js';
import { selectStats } from '../../../runtime/stats/stats-query.js';
import type { StatsStore } from '../../../runtime/stats/stats-store.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';

const all = { type: 'All', usedOnly: false, matches: () => true } as const;

function lines(store: StatsStore, histograms: 'histogram' | 'summary' = 'histogram'): string[] {
  return prometheusText(selectStats(store, all), histograms).trimEnd().split('\n');
}

/** The values that Envoy 1.40 had when the expected lines were recorded. */
function recorded(): StatsStore {
  const store = createStatsStore();
  store.gauge('server.live').set(1);
  store.gauge('listener.127.0.0.1_21600.downstream_cx_active').set(0);
  store.counter('cluster.web.external.upstream_rq_503').add(3);
  store.counter('cluster.web.external.upstream_rq_200').add(11);
  store.counter('cluster.grpc.external.upstream_rq_200').add(2);
  store.counter('cluster.web.external.upstream_rq_completed').add(14);
  store.counter('filesystem.write_completed').add(21);
  for (const value of [0, 2]) store.histogram('vhost.front.vcluster.other.upstream_rq_time').record(value);
  return store;
}

test('the text exposition format, byte for byte', () => {
  const labels = 'envoy_virtual_cluster="other",envoy_virtual_host="front"';
  const bucket = (bound: string, count: number) =>
    `envoy_vhost_vcluster_upstream_rq_time_bucket{${labels},le="${bound}"} ${count}`;
  assert.equal(lines(recorded()), [
    '# TYPE envoy_cluster_external_upstream_rq counter',
    'envoy_cluster_external_upstream_rq{envoy_response_code="200",envoy_cluster_name="grpc"} 2',
    'envoy_cluster_external_upstream_rq{envoy_response_code="200",envoy_cluster_name="web"} 11',
    'envoy_cluster_external_upstream_rq{envoy_response_code="503",envoy_cluster_name="web"} 3',
    '# TYPE envoy_cluster_external_upstream_rq_completed counter',
    'envoy_cluster_external_upstream_rq_completed{envoy_cluster_name="web"} 14',
    '# TYPE envoy_filesystem_write_completed counter',
    'envoy_filesystem_write_completed{} 21',
    '# TYPE envoy_listener_downstream_cx_active gauge',
    'envoy_listener_downstream_cx_active{envoy_listener_address="127.0.0.1_21600"} 0',
    '# TYPE envoy_server_live gauge',
    'envoy_server_live{} 1',
    '# TYPE envoy_vhost_vcluster_upstream_rq_time histogram',
    bucket('0.5', 1),
    bucket('1', 1),
    ...[5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 30000, 60000, 300000, 600000].map((bound) =>
      bucket(`${bound}`, 2),
    ),
    bucket('1800000', 2),
    bucket('3600000', 2),
    bucket('+Inf', 2),
    `envoy_vhost_vcluster_upstream_rq_time_sum{${labels}} 2.0487804878048780921062643756159`,
    `envoy_vhost_vcluster_upstream_rq_time_count{${labels}} 2`,
  ]);
});

test('a summary is of the last interval', () => {
  const store = createStatsStore();
  store.histogram('server.initialization_time_ms').record(4);
  const ended = lines(store, 'summary');
  assert.equal(ended.slice(0, 2), [
    '# TYPE envoy_server_initialization_time_ms summary',
    'envoy_server_initialization_time_ms{quantile="0"} 4.049999999999999822364316059975',
  ]);
  assert.is(ended.length, 13);
  store.mergeHistograms();
  store.mergeHistograms();
  const idle = lines(store, 'summary');
  assert.is(idle[1], 'envoy_server_initialization_time_ms{quantile="0"} nan');
  assert.is(idle.at(-1), 'envoy_server_initialization_time_ms_count{} 0');
});

test('names are sanitised and label values escaped', () => {
  const store = createStatsStore();
  store.counter('cluster.a"b\\c\nd.über-rq total').inc();
  assert.equal(lines(store), [
    '# TYPE envoy_cluster__ber_rq_total counter',
    'envoy_cluster__ber_rq_total{envoy_cluster_name="a\\"b\\\\c\\nd"} 1',
  ]);
});

test('nothing is nothing', () => {
  assert.is(prometheusText(selectStats(createStatsStore(), all), 'histogram'), '');
});

test.run();
