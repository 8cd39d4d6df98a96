/** Requests of health checkers. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { filterRig, get, httpFilter, ok } from './filter-rig.js';

const check = (config: object): object[] => [
  httpFilter('health_check.v3.HealthCheck', {
    headers: [{ name: ':path', string_match: { exact: '/healthz' } }],
    ...config,
  }),
];
const probe = get([], '/healthz');

test('a probe is answered here, and is not counted with the requests', async () => {
  const rig = filterRig(check({ pass_through_mode: false }));
  const client = await rig.request(probe);
  assert.match(client.written, /^HTTP\/1.1 200 OK\r\nx-envoy-upstream-healthchecked-cluster: cluster\r\n/);
  assert.is(rig.upstreams.length, 0);
  assert.is(rig.counter('http.p.downstream_rq_2xx'), 0);
  await rig.request(get());
  assert.is(rig.upstreams.length, 1);
});

test('a server that drains fails its probes, and says so on all responses', async () => {
  const rig = filterRig(check({ pass_through_mode: true }));
  rig.draining = true;
  const client = await rig.request(probe);
  assert.match(client.written, /^HTTP\/1.1 503 .*x-envoy-immediate-health-check-fail: true/s);
  assert.match(rig.logLines.join(), /^503 LH health_check_failed /);
  const other = await rig.request(get());
  await rig.answer(ok);
  assert.match(other.written, 'x-envoy-immediate-health-check-fail: true');
});

test('the answer of the upstream is remembered for a while', async () => {
  const rig = filterRig(check({ pass_through_mode: true, cache_time: '2s' }));
  await rig.request(probe);
  await rig.answer('HTTP/1.1 500 No\r\ncontent-length: 0\r\n\r\n');
  const client = await rig.request(probe);
  assert.match(client.written, /^HTTP\/1.1 500 /);
  assert.match(rig.logLines[1] ?? '', /^500 LH health_check_cached/);
  await rig.pass(2000);
  await rig.request(probe);
  assert.is(rig.logLines.length, 2, 'the third one is on its way to the upstream');
});

test('clusters must have enough healthy hosts', async () => {
  const status = async (clusters: object): Promise<string> => {
    const rig = filterRig(check({ pass_through_mode: false, cluster_min_healthy_percentages: clusters }));
    const set = { hosts: [1, 2, 3, 4], healthyHosts: [1, 2] };
    Object.assign(rig.cluster, { hostSet: set });
    await rig.request(probe);
    return rig.logLines.join();
  };
  assert.match(await status({ c: { value: 50 } }), /^200 - health_check_ok_cluster_healthy/);
  assert.match(await status({ c: { value: 51 } }), /^503 LH health_check_failed_cluster_unhealthy/);
  assert.match(await status({ d: { value: 0 } }), /^503 LH health_check_failed_no_cluster_found/);
});

test('answers are remembered only of requests that are let through', () => {
  assert.throws(() => filterRig(check({ pass_through_mode: false, cache_time: '1s' })), /cache_time_ms/);
});

test.run();
