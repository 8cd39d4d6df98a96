/** Delays, aborts and slow responses. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from '../../http/http1/fake-socket.js';
import { filterRig, get, httpFilter, ok, perRoute, post, routes } from './filter-rig.js';

const type = 'fault.v3.HTTPFault';
const always = { percentage: { numerator: 100 } };
const fault = (config: object): object[] => [httpFilter(type, config)];
const abort = { abort: { http_status: 503, ...always } };
const delay = { delay: { fixed_delay: '0.5s', ...always } };

test('an abort is a local reply with its flag and its counter', async () => {
  const rig = filterRig(fault(abort));
  const client = await rig.request(get());
  assert.match(client.written, /^HTTP\/1.1 503 .*fault filter abort$/s);
  assert.match(rig.logLines.join(), /^503 FI fault_filter_abort/);
  assert.is(rig.counter('http.p.fault.aborts_injected'), 1);
  assert.is(rig.gauge('http.p.fault.active_faults'), 0);
});

test('gRPC clients get the status that is asked for', async () => {
  const rig = filterRig(fault({ abort: { grpc_status: 5, ...always } }));
  const client = await rig.request(get(['content-type: application/grpc']));
  assert.match(client.written, /^HTTP\/1.1 200 .*grpc-status: 5\r\ngrpc-message: fault filter abort\r\n/s);
});

test('a delayed request waits with its body, then goes on or is aborted', async () => {
  const rig = filterRig(fault(delay));
  await rig.request(post('abc'));
  await rig.pass(499);
  assert.is(rig.upstreams.length, 0);
  assert.is(rig.gauge('http.p.fault.active_faults'), 1);
  await rig.pass(1);
  assert.match(rig.upstream().written, /\r\n\r\nabc$/);
  const both = filterRig(fault({ ...delay, ...abort }));
  const client = await both.request(get());
  await both.pass(500);
  assert.match(client.written, /^HTTP\/1.1 503 /);
  assert.match(both.logLines.join(), /^503 DI,FI /);
});

test('a client that leaves ends its delay', async () => {
  const rig = filterRig(fault(delay));
  const client = await rig.request(get());
  client.destroy();
  await settle();
  await rig.pass(600);
  assert.is(rig.upstreams.length, 0);
  assert.is(rig.gauge('http.p.fault.active_faults'), 0);
});

test('the percentage decides, and a header may lower it only', async () => {
  const aborts = async (numerator: number, random: number, headers: string[] = []): Promise<boolean> => {
    const config = { abort: { header_abort: {}, percentage: { numerator } } };
    const rig = filterRig(fault(config), routes(), { random: () => random });
    await rig.request(get(['x-envoy-fault-abort-request: 418', ...headers]));
    return rig.upstreams.length === 0;
  };
  assert.ok(await aborts(50, 0.49));
  assert.not(await aborts(50, 0.5));
  assert.not(await aborts(50, 0.3, ['x-envoy-fault-abort-request-percentage: 30']));
  assert.not(await aborts(50, 0.5, ['x-envoy-fault-abort-request-percentage: 100']));
});

test('only so many at once', async () => {
  const rig = filterRig(fault({ ...delay, max_active_faults: 1 }));
  await rig.request(get());
  await rig.request(get());
  assert.is(rig.upstreams.length, 1);
  assert.is(rig.counter('http.p.fault.faults_overflow'), 1);
});

test('headers, cluster and node choose the requests', async () => {
  const hit = async (config: object, headers: string[] = []): Promise<boolean> => {
    const rig = filterRig(fault({ ...abort, ...config }));
    await rig.request(get(headers));
    return rig.upstreams.length === 0;
  };
  const matcher = { headers: [{ name: 'x', string_match: { exact: '1' } }] };
  assert.ok(await hit(matcher, ['x: 1']));
  assert.not(await hit(matcher, ['x: 2']));
  assert.ok(await hit({ upstream_cluster: 'c' }));
  assert.not(await hit({ upstream_cluster: 'd' }));
  assert.not(await hit({ downstream_nodes: ['n'] }));
});

test('a response comes at its rate, sixteen slices each second', async () => {
  const rig = filterRig(fault({ response_rate_limit: { fixed_limit: { limit_kbps: 1 }, ...always } }));
  const client = await rig.request(get());
  await rig.answer(`HTTP/1.1 200 OK\r\ncontent-length: 150\r\n\r\n${'x'.repeat(150)}`);
  const body = (): number => client.written.length - client.written.indexOf('\r\n\r\n') - 4;
  assert.is(body(), 0);
  await rig.pass(0);
  assert.is(body(), 64);
  await rig.pass(62);
  assert.is(body(), 64);
  await rig.pass(1);
  assert.is(body(), 128);
  await rig.pass(63);
  assert.is(body(), 150);
  assert.is(rig.logLines.length, 1);
});

test('the fault of the route takes the place of that of the filter', async () => {
  const rig = filterRig(fault(abort), routes(perRoute(type, {})));
  await rig.request(get());
  await rig.answer(ok);
  assert.match(rig.logLines.join(), 'via_upstream');
});

test.run();
