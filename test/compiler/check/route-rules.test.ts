import { test } from 'uvu';
import type { Fields } from './bootstraps.js';
import { accepted, bootstrap, cluster, refused, routed } from './bootstraps.js';
const clusters = [cluster('a'), cluster('b')];

const to = (route: Fields) => bootstrap([routed({ route })], clusters);

test('weights can be drawn from', () => {
  const weighted = (...weights: number[]) => ({
    weighted_clusters: { clusters: weights.map((weight) => ({ name: 'a', weight })) },
  });
  accepted(to(weighted(0, 1)));
  refused(to(weighted(0, 0)), 'E3014', 'clusters');
  refused(to(weighted(4294967295, 1)), 'E3014', 'clusters');
});

test('a weighted cluster and a mirror name one cluster in one way', () => {
  const weighted = (one: Fields) => to({ weighted_clusters: { clusters: [{ weight: 1, ...one }] } });
  refused(weighted({}), 'E3014', 'clusters.0');
  refused(weighted({ name: 'a', cluster_header: 'x' }), 'E3014', 'cluster_header');
  accepted(weighted({ cluster_header: 'x' }));
  refused(to({ cluster: 'a', request_mirror_policies: [{}] }), 'E3014', 'request_mirror_policies.0');
});

test('one rewrite of a path', () => {
  const regex_rewrite = { pattern: { regex: 'a' }, substitution: 'b' };
  accepted(to({ cluster: 'a', regex_rewrite }));
  refused(to({ cluster: 'a', regex_rewrite, prefix_rewrite: '/x' }), 'E3014', 'regex_rewrite');
});

test('a direct response is not longer than allowed', () => {
  const answer = (length: number, config: Fields = {}) =>
    bootstrap([
      routed({ direct_response: { status: 200, body: { inline_string: 'é'.repeat(length) } } }, {}, config),
    ]);
  accepted(answer(2048));
  refused(answer(2049), 'E3014', 'body.inline_string');
  accepted(answer(2049, { max_direct_response_body_size_bytes: 5000 }));
});

test('back-offs grow', () => {
  const retry = (max_interval: string) =>
    to({ cluster: 'a', retry_policy: { retry_back_off: { base_interval: '0.1s', max_interval } } });
  accepted(retry('0.1s'));
  refused(retry('0.05s'), 'E3014', 'max_interval');
});

test('upgrades stand once; CONNECT alone has a configuration', () => {
  const upgrades = (...upgrade_configs: Fields[]) => to({ cluster: 'a', upgrade_configs });
  accepted(upgrades({ upgrade_type: 'websocket' }, { upgrade_type: 'CONNECT', connect_config: {} }));
  refused(upgrades({ upgrade_type: 'websocket' }, { upgrade_type: 'WebSocket' }), 'E3014', 'upgrade_type');
  refused(upgrades({ upgrade_type: 'websocket', connect_config: {} }), 'E3014', 'connect_config');
});

test('virtual hosts', () => {
  const host = (more: Fields) => bootstrap([routed({ route: { cluster: 'a' } }, more)], clusters);
  refused(host({ virtual_clusters: [{ name: 'x' }] }), 'E3014', 'virtual_clusters.0');
  accepted(host({ virtual_clusters: [{ name: 'x', headers: [{ name: ':path', present_match: true }] }] }));
});

test('plugins that are named exist', () => {
  refused(to({ cluster_specifier_plugin: 'x' }), 'E3014', 'cluster_specifier_plugin');
});

test.run();
