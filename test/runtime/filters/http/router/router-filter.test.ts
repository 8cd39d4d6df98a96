/** The router from socket to socket: retries, time-outs, bodies that wait, flow control, failures of the upstream. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from '../../../http/http1/fake-socket.js';
import { ManagerRig, oneRoute } from '../../../http/manager-rig.js';
const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const unavailable = 'HTTP/1.1 503 X\r\ncontent-length: 2\r\n\r\nno';
function retrying(retry_on: string, more: object = {}, action: object = {}) {
  return { route_config: oneRoute({ retry_policy: { retry_on, ...more }, ...action }) };
}
test('a failed try is followed by another after the back-off', async () => {
  const rig = new ManagerRig(retrying('5xx', { num_retries: 2 }), { random: () => 0.5 });
  const client = await rig.request('POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi');
  await rig.answer(unavailable);
  assert.is(rig.cluster.usage.retries, 1);
  await rig.pass(11);
  assert.is(rig.upstreams.length, 1, 'uniform in [0, 25): 12 ms');
  assert.ok(rig.upstream().destroyed, 'nobody reads the rest of an answer that is thrown away');
  await rig.pass(1);
  const second = rig.upstream(1).written.split('\r\n\r\n');
  assert.match(second[0] as string, 'x-envoy-expected-rq-timeout-ms: 14988');
  assert.is(second[1], 'hi', 'the body is sent again');
  await rig.answer(unavailable, 1);
  await rig.pass(25);
  await rig.answer(ok, 2);
  assert.match(client.written, /^HTTP\/1.1 200/);
  assert.equal(rig.logLines, ['200 - via_upstream rx=2 tx=2']);
  assert.is(rig.cluster.usage.retries, 0);
  assert.is(rig.counter('cluster.c.upstream_rq_retry'), 2);
  assert.is(rig.counter('cluster.c.upstream_rq_retry_success'), 1);
  assert.is(rig.counter('cluster.c.retry.upstream_rq_503'), 2);
  assert.is(rig.counter('cluster.c.upstream_rq_200'), 1);
  assert.ok(rig.clock.timers <= 4, 'nothing is left but the queues of the time-outs');
});
test('the last failure is the answer, with the flag URX', async () => {
  const rig = new ManagerRig(retrying('5xx'));
  const client = await rig.request(get);
  await rig.answer(unavailable);
  await rig.pass(25);
  await rig.answer(unavailable, 1);
  assert.match(client.written, /^HTTP\/1.1 503/);
  assert.equal(rig.logLines, ['503 URX via_upstream rx=0 tx=2']);
  assert.is(rig.counter('cluster.c.upstream_rq_retry_limit_exceeded'), 1);
});
test('no more retries than the breaker allows', async () => {
  const rig = new ManagerRig(retrying('5xx'));
  rig.cluster.usage.retries = 3;
  await rig.request(get);
  await rig.answer(unavailable);
  assert.equal(rig.logLines, ['503 UO via_upstream rx=0 tx=2']);
  assert.is(rig.counter('cluster.c.upstream_rq_retry_overflow'), 1);
  assert.is(rig.cluster.usage.retries, 3);
});
test('nothing is tried again once the response has begun', async () => {
  const rig = new ManagerRig(retrying('5xx,reset'));
  const client = await rig.request(get);
  await rig.answer('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc');
  rig.upstream().receiveEnd();
  await settle();
  assert.is(rig.upstreams.length, 1);
  assert.ok(client.writableEnded);
  assert.equal(rig.logLines, ['200 UPE upstream_reset_after_response_started{protocol_error} rx=0 tx=3']);
  assert.is(rig.counter('http.p.rq_reset_after_downstream_response_started'), 1);
});
test('a client that leaves during the back-off ends it', async () => {
  const rig = new ManagerRig(retrying('5xx'));
  const client = await rig.request(get);
  await rig.answer(unavailable);
  client.destroy();
  await settle();
  assert.is(rig.cluster.usage.retries, 0);
  await rig.pass(100);
  assert.is(rig.upstreams.length, 1);
  assert.is(rig.upstream().written.split('GET').length, 2);
});
test('a connection that dies before a byte of the answer: 503 UC, unless it is retried', async () => {
  const plain = new ManagerRig();
  const client = await plain.request(get);
  plain.upstream().receiveEnd();
  await settle();
  assert.match(client.written, /reset reason: connection termination$/);
  assert.equal(plain.logLines, [
    '503 UC upstream_reset_before_response_started{connection_termination} rx=0 tx=95',
  ]);
  const retried = new ManagerRig(retrying('reset'));
  const lucky = await retried.request(get);
  retried.upstream().receiveEnd();
  await settle();
  await retried.pass(25);
  await retried.answer(ok, 1);
  assert.match(lucky.written, /^HTTP\/1.1 200/);
});
test('a retry may find no host left', async () => {
  const rig = new ManagerRig(retrying('5xx'));
  const client = await rig.request(get);
  await rig.answer(unavailable);
  rig.hasHosts = false;
  await rig.pass(25);
  assert.match(client.written, /no healthy upstream$/);
});
test('the time of the whole and the time of each try', async () => {
  const rig = new ManagerRig(retrying('5xx', { per_try_timeout: '1s', num_retries: 5 }, { timeout: '2.5s' }));
  const client = await rig.request(get);
  await rig.pass(1000);
  assert.is(rig.counter('cluster.c.upstream_rq_per_try_timeout'), 1);
  assert.ok(rig.upstream(0).destroyed);
  await rig.pass(1100);
  await rig.pass(400);
  assert.match(client.written, /^HTTP\/1.1 504 .*upstream request timeout$/s);
  assert.equal(rig.logLines, ['504 UT response_timeout rx=0 tx=24']);
  assert.is(rig.counter('cluster.c.upstream_rq_timeout'), 1);
  const hostStats = rig.cluster.loadBalancer.chooseHost(undefined)?.stats;
  assert.ok((hostStats?.rqTimeout ?? 0) >= 2);
  const tries = rig.upstreams.length;
  await rig.pass(60_000);
  assert.is(rig.upstreams.length, tries, 'nothing goes on afterwards');
});
test('the time of the route starts with the end of the request', async () => {
  const rig = new ManagerRig({ route_config: oneRoute({ timeout: '1s' }) });
  const client = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  await rig.pass(5000);
  assert.is(client.written, '');
  client.receive('cd');
  await settle();
  await rig.pass(999);
  assert.is(client.written, '');
  await rig.pass(1);
  assert.match(client.written, /^HTTP\/1.1 504/);
});
test('a response that has begun is cut when the time is over', async () => {
  const rig = new ManagerRig({ route_config: oneRoute({ timeout: '1s' }) });
  const client = await rig.request(get);
  await rig.answer('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc');
  await rig.pass(1000);
  assert.match(client.written, /abc$/);
  assert.ok(client.writableEnded);
  assert.ok(rig.upstream().destroyed);
  assert.equal(rig.logLines, ['200 UT response_timeout rx=0 tx=3']);
});
test('a body waits for its connection, and the client for room', async () => {
  const rig = new ManagerRig({}, { bufferLimitBytes: 8 });
  rig.poolMode = 'wait';
  const client = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20\r\n\r\n0123456789');
  assert.ok(client.isPaused());
  assert.is(rig.counter('http.p.downstream_flow_control_paused_reading_total'), 1);
  rig.connectWaiting();
  await settle();
  assert.not.ok(client.isPaused());
  assert.match(rig.upstream().written, /\r\n\r\n0123456789$/);
  client.receive('abcdefghij');
  await settle();
  await rig.answer(ok);
  assert.match(rig.upstream().written, /0123456789abcdefghij$/);
  assert.match(client.written, /^HTTP\/1.1 200/);
});
test('a client that leaves while its stream waits cancels it', async () => {
  const rig = new ManagerRig();
  rig.poolMode = 'wait';
  const client = await rig.request(get);
  client.destroy();
  await settle();
  assert.is(rig.cancelled, 1);
});
test('a request longer than the buffer is tried once', async () => {
  const rig = new ManagerRig(retrying('5xx'), { bufferLimitBytes: 8 });
  const client = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n0123456789');
  await rig.answer(unavailable);
  await rig.pass(100);
  assert.match(client.written, /^HTTP\/1.1 503/);
  assert.is(rig.upstream().written.split('POST').length, 2);
});
test('a request that grows too long between two tries cannot go on', async () => {
  const rig = new ManagerRig(retrying('5xx'), { bufferLimitBytes: 8 });
  const client = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n01234');
  await rig.answer(unavailable);
  client.receive('56789');
  await settle();
  assert.match(client.written, /^HTTP\/1.1 507 .*exceeded request buffer limit while retrying upstream$/s);
  assert.match(rig.logLines[0] as string, 'request_payload_exceeded_retry_buffer_limit');
});
test('a slow client slows the upstream down', async () => {
  const rig = new ManagerRig({}, { bufferLimitBytes: 64 });
  const client = await rig.request(get);
  client.blocked = true;
  await rig.answer(`HTTP/1.1 200 OK\r\ncontent-length: 400\r\n\r\n${'x'.repeat(200)}`);
  await rig.answer('y'.repeat(100));
  assert.ok(rig.upstream().isPaused());
  client.unblock();
  await settle();
  assert.not.ok(rig.upstream().isPaused());
  await rig.answer('z'.repeat(100));
  assert.match(client.written, /z{100}$/);
});
test('a slow upstream slows the client down', async () => {
  const rig = new ManagerRig();
  const client = await rig.request(
    `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${4 * 1024 * 1024}\r\n\r\n`,
  );
  rig.upstream().blocked = true;
  for (let part = 0; part < 3; part++) {
    client.receive(Buffer.alloc(1024 * 1024, 97));
    await settle();
  }
  assert.ok(client.isPaused());
  rig.upstream().unblock();
  await settle();
  assert.not.ok(client.isPaused());
});
test('an answer before the end of the request ends the upstream connection, too', async () => {
  const rig = new ManagerRig();
  const client = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc');
  await rig.answer('HTTP/1.1 413 X\r\ncontent-length: 0\r\n\r\n');
  assert.match(client.written, /^HTTP\/1.1 413 .*connection: close/s);
  assert.ok(rig.upstream().destroyed);
});
test('direct responses and redirects need no upstream', async () => {
  const of = (action: object) => ({
    route_config: {
      virtual_hosts: [
        {
          name: 'v',
          domains: ['*'],
          routes: [
            {
              match: { prefix: '/' },
              response_headers_to_add: [{ header: { key: 'x-a', value: 'b' } }],
              ...action,
            },
          ],
        },
      ],
    },
  });
  const direct = new ManagerRig(of({ direct_response: { status: 201, body: { inline_string: 'hi' } } }));
  const created = await direct.request(get);
  assert.match(
    created.written,
    /^HTTP\/1.1 201 Created\r\nlocation: http:\/\/a\/x\r\nx-a: b\r\ncontent-length: 2\r\ncontent-type: text\/plain\r\n/,
  );
  assert.is(direct.counter('http.p.rq_direct_response'), 1);
  const redirect = new ManagerRig(of({ redirect: { host_redirect: 'n' } }));
  const moved = await redirect.request(get);
  assert.match(moved.written, /^HTTP\/1.1 301 Moved Permanently\r\nlocation: http:\/\/n\/x\r\nx-a: b\r\n/);
  assert.is(redirect.counter('http.p.rq_redirect'), 1);
  assert.is(redirect.upstreams.length, 0);
});
test('auto_host_rewrite names the host that was chosen', async () => {
  const rig = new ManagerRig({ route_config: oneRoute({ auto_host_rewrite: true }) });
  await rig.request(get);
  assert.match(rig.upstream().written, /\r\nhost: h\.example\r\n.*x-envoy-original-host: a\r\n/s);
});
test('callers from inside may set time-outs and retries; the headers stay here', async () => {
  const inside = {
    use_remote_address: true,
    internal_address_config: { cidr_ranges: [{ address_prefix: '10.0.0.0', prefix_len: 8 }] },
  };
  const rig = new ManagerRig(inside);
  const client = await rig.request(
    'GET / HTTP/1.1\r\nHost: a\r\nX-Envoy-Retry-On: 5xx\r\nX-Envoy-Max-Retries: 2\r\n' +
      'X-Envoy-Upstream-Rq-Timeout-Ms: 2000\r\n\r\n',
  );
  assert.not.match(rig.upstream().written, 'x-envoy-retry-on');
  assert.match(rig.upstream().written, 'x-envoy-expected-rq-timeout-ms: 2000');
  await rig.answer(unavailable);
  await rig.pass(25);
  await rig.answer(ok, 1);
  assert.match(client.written, /^HTTP\/1.1 200/);
  assert.is(rig.counter('cluster.c.internal.upstream_rq_200'), 1);
});
test.run();
