/** Statistics that are sent: what, when, and in which words. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileStatsConfig } from '../../../runtime/server/compile-stats-config.js';
import { startFlushing } from '../../../runtime/stats/stats-sink.js';
import { StatsdSink } from '../../../runtime/stats/statsd-sink.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { extractTags } from '../../../runtime/stats/tag-extractor.js';
import { FakeClock } from '../../support/fake-clock.js';

function rig(options: { tags?: boolean; max?: number } = {}) {
  const sent: string[] = [];
  const store = createStatsStore();
  const clock = new FakeClock();
  let closed = false;
  const sink = new StatsdSink(
    {
      send: (octets) => void sent.push(octets.toString()),
      close: () => {
        closed = true;
      },
    },
    {
      prefix: 'envoy',
      extractTags: options.tags === true ? extractTags : undefined,
      maxDatagramBytes: options.max ?? 0,
    },
  );
  const flusher = startFlushing(store, [sink], clock, 5000, () => undefined);
  return { sent, store, clock, flusher, isClosed: () => closed };
}

test('counters by their difference, gauges as they are, what was never used not at all', () => {
  const { clock, sent, store } = rig();
  const counter = store.counter('a.c');
  store.counter('a.unused');
  counter.add(3);
  store.gauge('a.g').set(7);
  clock.advance(4999);
  assert.equal(sent, []);
  clock.advance(1);
  assert.equal(sent.splice(0), ['envoy.a.c:3|c', 'envoy.a.g:7|g']);
  counter.add(2);
  clock.advance(5000);
  assert.equal(sent.splice(0), ['envoy.a.c:2|c', 'envoy.a.g:7|g']);
  clock.advance(5000);
  assert.equal(sent.splice(0), ['envoy.a.c:0|c', 'envoy.a.g:7|g']);
});

test('a counter that was set back starts anew', () => {
  const { clock, sent, store } = rig();
  const counter = store.counter('c');
  counter.add(5);
  clock.advance(5000);
  store.resetCounters();
  counter.inc();
  clock.advance(5000);
  assert.equal(sent, ['envoy.c:5|c', 'envoy.c:1|c']);
});

test('each value of a histogram at once', () => {
  const { sent, store } = rig();
  store.histogram('h').record(12.7);
  assert.equal(sent, ['envoy.h:12|ms']);
});

test('DogStatsD has the tags behind the value', () => {
  const { clock, sent, store } = rig({ tags: true });
  store.counter('cluster.web.upstream_rq_503').inc();
  clock.advance(5000);
  assert.equal(sent, ['envoy.cluster.upstream_rq:1|c|#envoy.response_code:503,envoy.cluster_name:web']);
});

test('as many lines as fit go together', () => {
  const { clock, sent, store } = rig({ max: 25 });
  for (const name of ['a', 'b', 'c']) store.counter(name).inc();
  clock.advance(5000);
  assert.equal(sent, ['envoy.a:1|c\nenvoy.b:1|c', 'envoy.c:1|c']);
});

test('the end sends what is left', () => {
  const { flusher, isClosed, sent, store } = rig();
  store.counter('c').inc();
  flusher.close();
  assert.equal(sent, ['envoy.c:1|c']);
  assert.ok(isClosed());
  store.histogram('h').record(1);
  assert.is(sent.length, 1);
});

test('statistics that are not wanted are not there', () => {
  const { clock, sent, store } = rig();
  const early = store.histogram('drop.early');
  const { isRejected } = compileStatsConfig({
    stats_matcher: { exclusion_list: { patterns: [{ prefix: 'drop.' }] } },
  });
  store.reject(isRejected ?? (() => false));
  early.record(1);
  store.histogram('drop.late').record(1);
  store.counter('drop.c').inc();
  store.counter('keep').inc();
  clock.advance(5000);
  assert.equal(sent, ['envoy.keep:1|c']);
  assert.equal(
    store.counters().map(({ name }) => name),
    ['keep'],
  );
});

test('only what is on the list, or nothing at all', () => {
  const rejects = (stats_matcher: object): boolean[] => {
    const { isRejected } = compileStatsConfig({ stats_matcher });
    return ['a.b', 'c'].map((name) => isRejected?.(name) === true);
  };
  assert.equal(rejects({ inclusion_list: { patterns: [{ exact: 'c' }] } }), [true, false]);
  assert.equal(rejects({ reject_all: true }), [true, true]);
  assert.equal(rejects({ reject_all: false }), [false, false]);
});

test('tags of the configuration', () => {
  const { extractTags: extract } = compileStatsConfig({
    stats_tags: [
      { tag_name: 'zone', fixed_value: 'z1' },
      { tag_name: 'part', regex: '_rq(_(active))' },
      { tag_name: 'pool', regex: '^http\\.([a-z]+)_pool\\.' },
    ],
  });
  assert.equal(extract('http.web_pool.downstream_rq_active'), {
    name: 'http.downstream_rq',
    tags: [
      { name: 'zone', value: 'z1' },
      { name: 'part', value: 'active' },
      { name: 'envoy.http_conn_manager_prefix', value: 'web_pool' },
      { name: 'pool', value: 'web' },
    ],
  });
});

test('only the tags that are named', () => {
  const { extractTags: extract } = compileStatsConfig({
    use_all_default_tags: false,
    stats_tags: [{ tag_name: 'envoy.cluster_name' }],
  });
  assert.equal(extract('cluster.web.upstream_rq_503'), {
    name: 'cluster.upstream_rq_503',
    tags: [{ name: 'envoy.cluster_name', value: 'web' }],
  });
});

test('mistakes are told with their places', () => {
  const path = (stats_tags: object[]): string => {
    try {
      compileStatsConfig({ stats_tags });
    } catch (error) {
      return (error as { path: unknown[] }).path.join('.');
    }
    return 'accepted';
  };
  assert.is(
    path([
      { tag_name: 'a', fixed_value: 'x' },
      { tag_name: 'a', fixed_value: 'y' },
    ]),
    'stats_tags.1.tag_name',
  );
  assert.is(path([{ tag_name: 'envoy.cluster_name', regex: '(a)' }]), 'stats_tags.0.tag_name');
  assert.is(path([{ tag_name: 'a' }]), 'stats_tags.0');
  assert.is(path([{ tag_name: 'a', regex: '(' }]), 'stats_tags.0.regex');
  assert.is(path([{ tag_name: 'a', regex: 'b' }]), 'stats_tags.0.regex');
});

test.run();
