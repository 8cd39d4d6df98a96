/** Tries beside each other, times of tries, copies of requests, cookies of hash policies. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from '../../../http/http1/fake-socket.js';
import { ManagerRig, oneRoute } from '../../../http/manager-rig.js';

const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const answer = (status: number, body = 'ok'): string =>
  `HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\n\r\n${body}`;

function hedging(policy: object = {}, action: object = {}): object {
  return {
    route_config: oneRoute({
      retry_policy: {
        retry_on: '5xx',
        per_try_timeout: '1s',
        retry_back_off: { base_interval: '0.001s', max_interval: '0.001s' },
        ...policy,
      },
      hedge_policy: { hedge_on_per_try_timeout: true },
      ...action,
    }),
  };
}

/** One request whose first try has taken too long, so that a second one is under way beside it. */
async function hedged(policy: object = {}, action: object = {}) {
  const rig = new ManagerRig(hedging(policy, action));
  const client = await rig.request(get);
  await rig.pass(1000);
  await rig.pass(1);
  assert.is(rig.upstreams.length, 2);
  assert.not.ok(rig.upstream(0).destroyed, 'the first goes on');
  return { rig, client };
}

test('the second try answers first: the first one ends', async () => {
  const { client, rig } = await hedged();
  await rig.answer(answer(200, 'second'), 1);
  assert.match(client.written, /second$/);
  assert.ok(rig.upstream(0).destroyed);
  assert.equal(rig.logLines, ['200 - via_upstream rx=0 tx=6']);
  assert.is(rig.counter('cluster.c.upstream_rq_per_try_timeout'), 0, 'it has not failed');
});

test('the first try answers after all: the second one ends', async () => {
  const { client, rig } = await hedged();
  await rig.answer(answer(200, 'first'), 0);
  assert.match(client.written, /first$/);
  assert.ok(rig.upstream(1).destroyed);
  assert.is(rig.cluster.usage.retries, 0);
});

test('one fails: the other is waited for', async () => {
  const { client, rig } = await hedged({ num_retries: 1 });
  await rig.answer(answer(503), 1);
  assert.is(client.written, '');
  await rig.answer(answer(200, 'first'), 0);
  assert.match(client.written, /first$/);
  assert.equal(rig.logLines, ['200 URX via_upstream rx=0 tx=5']);
});

test('one is cut: the other is waited for; both are: that is the answer', async () => {
  const { client, rig } = await hedged({ num_retries: 1 });
  rig.upstream(1).receiveEnd();
  await settle();
  assert.is(client.written, '');
  rig.upstream(0).receiveEnd();
  await settle();
  assert.match(
    client.written,
    /^HTTP\/1.1 503 .*retried and the latest reset reason: connection termination$/s,
  );
  assert.is(rig.counter('cluster.c.upstream_rq_503'), 2, 'each counts');
});

test('the time of the whole ends all tries', async () => {
  const { client, rig } = await hedged({}, { timeout: '3s' });
  await rig.pass(2000);
  assert.match(client.written, /^HTTP\/1.1 504/);
  assert.ok(rig.upstream(0).destroyed && rig.upstream(1).destroyed);
  assert.is(rig.counter('cluster.c.upstream_rq_timeout'), 2);
});

test('a client that leaves ends all tries', async () => {
  const { client, rig } = await hedged();
  client.destroy();
  await settle();
  assert.ok(rig.upstream(0).destroyed && rig.upstream(1).destroyed);
  await rig.pass(60_000);
  assert.is(rig.upstreams.length, 2);
});

test('a try that falls silent is tried again; a response that does is cut', async () => {
  const policy = { retry_policy: { retry_on: '5xx', per_try_idle_timeout: '1s', num_retries: 1 } };
  const rig = new ManagerRig({ route_config: oneRoute(policy) }, { random: () => 0 });
  const client = await rig.request(get);
  await rig.pass(1000);
  assert.is(rig.counter('cluster.c.upstream_rq_per_try_idle_timeout'), 1);
  await rig.pass(0);
  await rig.answer('HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nabc', 1);
  await rig.pass(900);
  await rig.answer('d', 1);
  await rig.pass(900);
  assert.not.ok(rig.upstream(1).destroyed, 'each part begins the time anew');
  await rig.pass(100);
  assert.ok(rig.upstream(1).destroyed);
  assert.match(client.written, /abcd$/);
  assert.equal(rig.logLines, ['200 UT upstream_per_try_idle_timeout rx=0 tx=4']);
});

test('a body that is too long for another try is not kept', async () => {
  const route = { ...oneRoute({ retry_policy: { retry_on: '5xx' } }) } as {
    virtual_hosts: { per_request_buffer_limit_bytes?: number }[];
  };
  (route.virtual_hosts[0] as object as Record<string, unknown>).per_request_buffer_limit_bytes = 3;
  const rig = new ManagerRig({ route_config: route });
  const client = await rig.request('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbody');
  await rig.answer(answer(503));
  assert.match(client.written, /^HTTP\/1.1 503/);
  assert.is(rig.counter('cluster.c.retry_or_shadow_abandoned'), 1);
  assert.is(rig.upstreams.length, 1);
});

test('a copy is sent beside the request, and its answer is nobody’s', async () => {
  const rig = new ManagerRig({ route_config: oneRoute({ request_mirror_policies: [{ cluster: 'c' }] }) });
  const client = await rig.request('POST /x HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 4\r\n\r\nbody');
  assert.is(rig.upstreams.length, 2);
  const texts = rig.upstreams.map(({ written }) => written);
  const copy = texts.findIndex((text) => text.includes('host: a.example-shadow:80\r\n'));
  assert.match(texts[copy] ?? '', /x-envoy-internal: true\r\n.*\r\n\r\nbody$/s);
  assert.match(texts[1 - copy] ?? '', /host: a.example:80\r\n/);
  await rig.answer(answer(503, 'copy'), copy);
  assert.is(client.written, '');
  await rig.answer(answer(200, 'real'), 1 - copy);
  assert.match(client.written, /real$/);
  assert.is(rig.counter('cluster.c.internal.upstream_rq_503'), 1);
  assert.is(rig.counter('cluster.c.external.upstream_rq_200'), 1);
});

test('a copy outlives the request, and ends at its time; a cut request takes it along', async () => {
  const action = { request_mirror_policies: [{ cluster: 'c' }], timeout: '2s' };
  const rig = new ManagerRig({ route_config: oneRoute(action) });
  await rig.request(get);
  const copy = rig.upstreams.findIndex(({ written }) => written.includes('-shadow'));
  await rig.answer(answer(200), 1 - copy);
  await rig.pass(1999);
  assert.not.ok(rig.upstream(copy).destroyed);
  await rig.pass(1);
  assert.ok(rig.upstream(copy).destroyed);
  assert.is(rig.counter('cluster.c.internal.upstream_rq_504'), 1);

  const cut = new ManagerRig({ route_config: oneRoute(action) });
  const client = await cut.request('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nbo');
  client.destroy();
  await settle();
  assert.ok(cut.upstreams.every(({ destroyed }) => destroyed));
});

test('a hash policy makes a cookie, once, and only for who has none', async () => {
  const cookie = { name: 'sess', ttl: '60s', path: '/p' };
  const rig = new ManagerRig({ route_config: oneRoute({ hash_policy: [{ cookie }] }) });
  const first = await rig.request(get);
  await rig.answer(answer(200));
  assert.match(first.written, /\r\nset-cookie: sess="[0-9a-f]{16}"; Max-Age=60; Path=\/p; HttpOnly\r\n/);
  const second = await rig.request('GET /x HTTP/1.1\r\nHost: a\r\nCookie: sess="1"\r\n\r\n');
  await rig.answer(answer(200));
  assert.not.match(second.written, 'set-cookie');
});

test('a time-out with an alternative answer, for callers from inside', async () => {
  const rig = new ManagerRig({
    route_config: oneRoute({}),
    use_remote_address: true,
    internal_address_config: { cidr_ranges: [{ address_prefix: '10.0.0.0', prefix_len: 8 }] },
  });
  const client = await rig.request(
    'GET /x HTTP/1.1\r\nHost: a\r\nx-envoy-upstream-rq-timeout-ms: 50\r\nx-envoy-upstream-rq-timeout-alt-response: 1\r\n\r\n',
  );
  assert.not.match(rig.upstream().written, 'alt-response');
  await rig.pass(50);
  assert.match(client.written, /^HTTP\/1.1 204/);
});

test.run();
