/** The connection manager from socket to socket: what goes on, what is answered, what closes, what is counted. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { settle } from './http1/fake-socket.js';
import { ManagerRig, oneRoute, withoutDate } from './manager-rig.js';

const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

test('a request goes to the upstream and its answer back', async () => {
  const rig = new ManagerRig();
  const client = await rig.request('GET /x?y=1 HTTP/1.1\r\nHost: a.example\r\nX-A: 1\r\n\r\n');
  assert.is(
    rig.upstream().written,
    'GET /x?y=1 HTTP/1.1\r\nhost: a.example\r\nx-a: 1\r\nx-forwarded-proto: http\r\n' +
      'x-envoy-expected-rq-timeout-ms: 15000\r\n\r\n',
  );
  rig.clock.advance(7);
  await rig.answer(ok);
  assert.is(
    client.written,
    'HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx-envoy-upstream-service-time: 7\r\n' +
      'date: Sat, 31 Jan 2026 12:00:00 GMT\r\nserver: envoy\r\n\r\nok',
  );
  assert.equal(rig.logLines, ['200 - via_upstream rx=0 tx=2']);
  assert.is(rig.counter('http.p.downstream_rq_2xx'), 1);
  assert.is(rig.counter('listener.l.http.p.downstream_rq_completed'), 1);
  assert.is(rig.gauge('http.p.downstream_rq_active'), 0);
  assert.is(rig.gauge('http.p.downstream_cx_active'), 1);
  assert.is(rig.counter('cluster.c.upstream_rq_200'), 1);
});

test('the connection serves the next request, on the same upstream connection', async () => {
  const rig = new ManagerRig();
  const client = await rig.request(get);
  await rig.answer(ok);
  client.receive(get);
  await settle();
  await rig.answer(ok);
  assert.is(rig.upstreams.length, 1);
  assert.is(client.written.split('HTTP/1.1 200').length, 3);
  assert.is(rig.counter('http.p.downstream_rq_total'), 2);
  assert.is(rig.counter('http.p.downstream_cx_total'), 1);
});

test('no route, no cluster, no host', async () => {
  const rig = new ManagerRig({ route_config: { virtual_hosts: [] } });
  const client = await rig.request(get);
  assert.is(
    withoutDate(client.written),
    'HTTP/1.1 404 Not Found\r\nserver: envoy\r\ncontent-length: 0\r\n\r\n',
  );
  assert.equal(rig.logLines, ['404 NR route_not_found rx=0 tx=0']);
  assert.is(rig.counter('http.p.no_route'), 1);

  const unknown = new ManagerRig({ route_config: oneRoute({ cluster: 'nope' }) });
  await unknown.request(get);
  assert.equal(unknown.logLines, ['503 NC cluster_not_found rx=0 tx=0']);

  const empty = new ManagerRig();
  empty.hasHosts = false;
  const answered = await empty.request(get);
  assert.match(answered.written, /503 Service Unavailable\r\ncontent-length: 19.*no healthy upstream$/s);
  assert.equal(empty.logLines, ['503 UH no_healthy_upstream rx=0 tx=19']);
  assert.is(empty.counter('cluster.c.upstream_cx_none_healthy'), 1);
});

test('each failure of the pool has its words', async () => {
  for (const [mode, flag, extra] of [
    ['remote connection failure', 'UF', '|reason'],
    ['connection timeout', 'UF', '|reason'],
    ['overflow', 'UO', ''],
  ] as const) {
    const rig = new ManagerRig();
    rig.poolMode = mode;
    const client = await rig.request(get);
    assert.match(client.written, `disconnect/reset before headers. reset reason: ${mode}`);
    assert.is(client.written.includes('x-envoy-overloaded: true'), mode === 'overflow');
    const words = mode.replaceAll(' ', '_');
    assert.match(
      rig.logLines[0] as string,
      `503 ${flag} upstream_reset_before_response_started{${words}${extra}}`,
    );
    assert.is(rig.counter('cluster.c.upstream_rq_503'), 1);
  }
});

test('gRPC clients are told by a status in the headers', async () => {
  const rig = new ManagerRig();
  rig.hasHosts = false;
  const client = await rig.request(
    'POST / HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n',
  );
  assert.is(
    withoutDate(client.written),
    'HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: 14\r\n' +
      'grpc-message: no healthy upstream\r\nserver: envoy\r\ncontent-length: 0\r\n\r\n',
  );
});

test('a stream that is idle is given up: 504 when the request is whole, 408 when it is not', async () => {
  const rig = new ManagerRig({ stream_idle_timeout: '2s' });
  const whole = await rig.request(get);
  await rig.pass(1999);
  assert.is(whole.written, '');
  await rig.pass(1);
  assert.match(whole.written, /^HTTP\/1.1 504 .*stream timeout$/s);
  assert.ok(rig.upstream().destroyed);

  const half = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  await rig.pass(1500);
  half.receive('c');
  await settle();
  await rig.pass(1500);
  assert.is(half.written, '', 'each octet starts the time anew');
  await rig.pass(500);
  assert.match(half.written, /^HTTP\/1.1 408 .*connection: close\r\n\r\nstream timeout$/s);
  assert.equal(rig.logLines, [
    '504 SI stream_idle_timeout rx=0 tx=14',
    '408 SI stream_idle_timeout rx=3 tx=14',
  ]);
  assert.is(rig.counter('http.p.downstream_rq_idle_timeout'), 2);
});

test('an idle stream whose response has begun is cut', async () => {
  const rig = new ManagerRig({ stream_idle_timeout: '2s' });
  const client = await rig.request(get);
  await rig.answer('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc');
  await rig.pass(2000);
  assert.match(client.written, /\r\n\r\nabc$/);
  assert.ok(client.writableEnded);
  assert.equal(rig.logLines, ['200 SI stream_idle_timeout rx=0 tx=3']);
  assert.is(rig.counter('http.p.downstream_rq_tx_reset'), 1);
});

test('the head and the whole request have their time', async () => {
  const rig = new ManagerRig({ request_headers_timeout: '1s', request_timeout: '3s' });
  const slowHead = await rig.request('GET / HTTP/1.1\r\nHost:');
  await rig.pass(1000);
  assert.match(slowHead.written, /^HTTP\/1.1 408 .*request header timeout$/s);
  const slowBody = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab');
  await rig.pass(3000);
  assert.match(slowBody.written, /^HTTP\/1.1 408 .*request timeout$/s);
  const slowAnswer = await rig.request(get);
  await rig.pass(3000);
  assert.is(slowAnswer.written, '', 'the time ends with the request');
  assert.is(rig.counter('http.p.downstream_rq_header_timeout'), 1);
  assert.is(rig.counter('http.p.downstream_rq_timeout'), 1);
});

test('an idle connection drains, then closes', async () => {
  const rig = new ManagerRig({
    common_http_protocol_options: { idle_timeout: '10s' },
    drain_timeout: '4s',
    delayed_close_timeout: '1s',
  });
  const client = await rig.request(get);
  await rig.answer(ok);
  await rig.pass(9999);
  assert.is(rig.counter('http.p.downstream_cx_idle_timeout'), 0);
  await rig.pass(1);
  assert.is(rig.counter('http.p.downstream_cx_idle_timeout'), 1);
  await rig.pass(3999);
  assert.not.ok(client.destroyed);
  await rig.pass(1);
  assert.not.ok(client.destroyed, 'the client may close first');
  await rig.pass(1000);
  assert.ok(client.destroyed);
  assert.is(rig.counter('http.p.downstream_cx_destroy_local'), 1);
  assert.is(rig.filter.activeConnections, 0);
});

test('a request is no idleness', async () => {
  const rig = new ManagerRig({ common_http_protocol_options: { idle_timeout: '10s' } });
  const client = await rig.request(get);
  await rig.pass(14_000);
  await rig.answer(ok);
  assert.match(client.written, /^HTTP\/1.1 200/);
  assert.is(rig.counter('http.p.downstream_cx_idle_timeout'), 0);
});

test('the last request that a connection may have is told so', async () => {
  const rig = new ManagerRig({ common_http_protocol_options: { max_requests_per_connection: 2 } });
  const client = await rig.request(get);
  await rig.answer(ok);
  assert.not.match(client.written, 'connection: close');
  client.receive(get);
  await settle();
  await rig.answer(ok);
  assert.match(client.written, 'connection: close');
  assert.ok(client.writableEnded);
  assert.is(rig.counter('http.p.downstream_cx_max_requests_reached'), 1);
});

test('draining: idle connections end at once, others with their response', async () => {
  const rig = new ManagerRig();
  const idle = await rig.request(get);
  await rig.answer(ok);
  const busy = await rig.request(get);
  rig.filter.drain();
  await settle();
  assert.ok(idle.writableEnded);
  assert.not.ok(busy.writableEnded);
  await rig.answer(ok);
  assert.match(busy.written, 'connection: close');
  await rig.pass(1000);
  assert.ok(busy.destroyed);
  assert.is(rig.filter.activeConnections, 0);
});

test('a server that drains says so with each response', async () => {
  const rig = new ManagerRig();
  rig.draining = true;
  const client = await rig.request(get);
  await rig.answer(ok);
  assert.match(client.written, 'connection: close');
  assert.is(rig.counter('http.p.downstream_cx_drain_close'), 1);
});

test('closing cuts everything', async () => {
  const rig = new ManagerRig();
  const client = await rig.request(get);
  rig.filter.close();
  await settle();
  assert.ok(client.destroyed);
  assert.ok(rig.upstream().destroyed);
  assert.is(rig.filter.activeConnections, 0);
  assert.is(rig.counter('http.p.downstream_cx_destroy_local_active_rq'), 1);
});

test('a client that leaves takes its request along', async () => {
  const rig = new ManagerRig();
  const client = await rig.request(get);
  client.destroy();
  await settle();
  assert.ok(rig.upstream().destroyed);
  assert.equal(rig.logLines, ['0 DC downstream_remote_disconnect rx=0 tx=0']);
  assert.is(rig.counter('http.p.downstream_rq_rx_reset'), 1);
  assert.is(rig.counter('http.p.downstream_cx_destroy_remote_active_rq'), 1);
  assert.is(rig.gauge('http.p.downstream_rq_active'), 0);
});

test('an answer before the end of the request costs the connection', async () => {
  const rig = new ManagerRig({ route_config: { virtual_hosts: [] } });
  const client = await rig.request('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc');
  assert.match(client.written, /^HTTP\/1.1 404 .*connection: close/s);
  assert.is(rig.counter('http.p.downstream_rq_response_before_rq_complete'), 1);
  assert.is(rig.counter('http.p.downstream_rq_rx_reset'), 1);
});

test('routes change between two requests of one connection', async () => {
  const rig = new ManagerRig();
  const client = await rig.request(get);
  const commit = rig.filter.prepareUpdate(
    ManagerRig.config({ route_config: { virtual_hosts: [] } }),
    rig.context,
  );
  assert.ok(commit, 'routes alone do not touch connections');
  commit();
  await rig.answer(ok);
  assert.match(client.written, /^HTTP\/1.1 200/, 'the request under way keeps its table');
  client.receive(get);
  await settle();
  assert.match(client.written, 'HTTP/1.1 404');
  assert.not.ok(client.writableEnded);
});

test('what a connection depends on cannot be changed under it', () => {
  const rig = new ManagerRig();
  for (const change of [
    { stat_prefix: 'q' },
    { max_request_headers_kb: 10 },
    { common_http_protocol_options: { max_headers_count: 5 } },
    { http_protocol_options: { enable_trailers: true } },
    { delayed_close_timeout: '3s' },
  ]) {
    assert.is(
      rig.filter.prepareUpdate(ManagerRig.config(change), rig.context),
      undefined,
      JSON.stringify(change),
    );
  }
});

test('a bad update is refused and changes nothing', async () => {
  const rig = new ManagerRig();
  const bad = ManagerRig.config({ http_filters: [{ name: 'x', typed_config: { '@type': 'a/b.C' } }] });
  assert.throws(() => rig.filter.prepareUpdate(bad, rig.context), /b\.C needs real Envoy/);
  const client = await rig.request(get);
  await rig.answer(ok);
  assert.match(client.written, /^HTTP\/1.1 200/);
});

test('without any filter nothing answers, until the stream has been idle for too long', async () => {
  const rig = new ManagerRig({ http_filters: [] });
  const client = await rig.request(get);
  await rig.pass(299_999);
  assert.is(client.written, '');
  await rig.pass(1);
  assert.match(client.written, /^HTTP\/1.1 504/);
});

test('a codec that is not served is refused', () => {
  assert.throws(() => new ManagerRig({ codec_type: 'HTTP3' }), /HTTP3 needs real Envoy/);
  assert.throws(() => new ManagerRig({ route_config: undefined }), /need real Envoy/);
});

test('an upgrade becomes a tunnel both ways, without time-outs but the idle one', async () => {
  const rig = new ManagerRig({
    upgrade_configs: [{ upgrade_type: 'websocket' }],
    route_config: oneRoute({ timeout: '1s' }),
  });
  const client = await rig.request(
    'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  );
  await rig.answer('HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  assert.match(client.written, /^HTTP\/1.1 101 .*upgrade: websocket/s);
  assert.is(rig.gauge('http.p.downstream_cx_upgrades_active'), 1);
  client.receive('ping');
  await settle();
  await rig.answer('pong');
  assert.match(rig.upstream().written, /\r\n\r\nping$/);
  assert.match(client.written, /\r\n\r\npong$/);
  await rig.pass(200_000);
  client.receive('more');
  await settle();
  await rig.pass(200_000);
  assert.not.ok(client.destroyed, 'octets keep it alive');
  rig.upstream().receiveEnd();
  await settle();
  assert.ok(client.writableEnded);
  assert.is(rig.gauge('http.p.downstream_cx_upgrades_active'), 0);
  assert.equal(rig.logLines, [
    '101 UC upstream_reset_after_response_started{connection_termination} rx=8 tx=4',
  ]);
});

test.run();
