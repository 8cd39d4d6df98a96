import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startAdmin } from './fake-host.js';

test('/ready follows the state', async () => {
  const { server, get, post } = await startAdmin();
  assert.is((await post('/healthcheck/fail')).body, 'OK\n');
  const draining = await get('/ready');
  assert.is(draining.status, 503);
  assert.is(draining.body, 'DRAINING\n');
  await post('/healthcheck/ok');
  assert.is((await get('/ready')).status, 200);
  await server.close();
});

test('/server_info fills in what was not given', async () => {
  const { server, get, clock } = await startAdmin({
    configuration: () => ({ bootstrap: { node: { id: 'n1', cluster: 'c1' } }, lastUpdatedMs: 0 }),
  });
  clock.advance(5_900);
  const { body, headers } = await get('/server_info');
  assert.is(headers['content-type'], 'application/json');
  assert.ok(body.startsWith('{\n "version": "0/0.1.0/Clean/RELEASE/envoy3",\n "state": "LIVE",\n'));
  assert.ok(body.endsWith('}\n'));
  const info = JSON.parse(body);
  assert.is(info.uptime_current_epoch, '5s');
  assert.is(info.uptime_all_epochs, '5s');
  assert.is(info.hot_restart_version, 'disabled');
  assert.is(info.command_line_options.concurrency, 2);
  assert.is(info.command_line_options.drain_time, '600s');
  assert.is(info.node.id, 'n1');
  assert.is((await get('/hot_restart_version')).body, 'disabled');
  assert.is((await get('/init_dump')).body, '{}\n');
  assert.match(JSON.parse((await get('/memory')).body).total_physical_bytes, /^\d+$/);
  await server.close();
});

test('/clusters filters by name', async () => {
  const { server, get } = await startAdmin();
  assert.is((await get('/clusters?filter=^w.+b')).body, 'web');
  assert.is(
    (await get('/clusters?format=json&filter=d')).body,
    '{\n "cluster_statuses": [\n  {\n   "name": "db"\n  }\n ]\n}\n',
  );
  const bad = await get('/clusters?filter=[');
  assert.is(bad.status, 400);
  assert.is(bad.body, 'Invalid re2 regex: missing ]: [');
  await server.close();
});

test('/listeners shows every address', async () => {
  const { server, get } = await startAdmin({
    listeners: () => [
      { name: 'http', addresses: ['127.0.0.1:80', '[::1]:81'] },
      { name: 'pipe', addresses: ['/run/a.sock'] },
    ],
  });
  assert.is((await get('/listeners')).body, 'http::127.0.0.1:80\nhttp::[::1]:81\npipe::/run/a.sock\n');
  assert.equal(JSON.parse((await get('/listeners?format=json')).body), {
    listener_statuses: [
      {
        name: 'http',
        local_address: { socket_address: { address: '127.0.0.1', port_value: 80 } },
        additional_local_addresses: [{ socket_address: { address: '::1', port_value: 81 } }],
      },
      { name: 'pipe', local_address: { pipe: { path: '/run/a.sock' } } },
    ],
  });
  await server.close();
});

test('/logging changes levels, all or none', async () => {
  const { server, post, host } = await startAdmin();
  const levels = () => host.loggers.all().map(({ name, level }) => `${name}:${level}`);
  assert.is((await post('/logging')).body, 'active loggers:\n  main: info\n  router: info\n');
  await post('/logging?level=warning');
  assert.equal(levels(), ['main:warning', 'router:warning']);
  await post('/logging?router=debug');
  await post('/logging?paths=main:error,router:trace');
  assert.equal(levels(), ['main:error', 'router:trace']);
  for (const [query, problem] of [
    ['level=bad', 'unknown logger level'],
    ['nope=info', 'unknown logger name'],
    ['paths=main:info,nope:info', 'unknown logger name'],
    ['level=info&router=debug', 'invalid number of parameters'],
  ]) {
    const { status, body } = await post(`/logging?${query}`);
    assert.is(status, 400);
    assert.ok(
      body.startsWith(`error: ${problem}\n\nusage: /logging?<name>=<level> (change single level)\n`),
      body,
    );
    assert.ok(body.endsWith('off \nactive loggers:\n  main: error\n  router: trace\n'));
  }
  await post('/logging', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'level=info',
  });
  assert.equal(levels(), ['main:info', 'router:info']);
  await server.close();
});

test('the server is told what to do', async () => {
  const { server, post, calls, host } = await startAdmin();
  host.stats.counter('a').inc();
  await post('/reset_counters');
  assert.is(host.stats.counter('a').value, 0);
  await post('/drain_listeners?graceful&inboundonly');
  await post('/drain_listeners');
  assert.is((await post('/drain_listeners?skip_exit')).status, 400);
  assert.is((await post('/reopen_logs')).body, 'OK\n');
  assert.equal(calls, [
    { graceful: true, skipExit: false, inboundOnly: true },
    { graceful: false, skipExit: false, inboundOnly: false },
    'reopen',
  ]);
  await server.close();
});

test('/quitquitquit answers before the end begins', async () => {
  let ended = (): void => {};
  const end = new Promise<void>((resolve) => {
    ended = resolve;
  });
  const { server, post } = await startAdmin({ quit: () => ended() });
  assert.is((await post('/quitquitquit')).body, 'OK\n');
  await end;
  await server.close();
});

test('/runtime shows static layers, the last one winning', async () => {
  const bootstrap = {
    layered_runtime: {
      layers: [
        { name: 'base', static_layer: { a: { b: 5, c: 'x' }, f: { numerator: 1, denominator: 'HUNDRED' } } },
        { name: 'over', static_layer: { 'a.b': 6 } },
        { name: 'admin', admin_layer: {} },
      ],
    },
  };
  const { server, get } = await startAdmin({ configuration: () => ({ bootstrap, lastUpdatedMs: 0 }) });
  assert.equal(JSON.parse((await get('/runtime')).body), {
    layers: ['base', 'over', 'admin'],
    entries: {
      'a.b': { layer_values: ['5', '6', ''], final_value: '6' },
      'a.c': { layer_values: ['x', '', ''], final_value: 'x' },
      f: {
        layer_values: ['{"numerator":1,"denominator":"HUNDRED"}', '', ''],
        final_value: '{"numerator":1,"denominator":"HUNDRED"}',
      },
    },
  });
  await server.close();
});

test('/stats in its formats', async () => {
  const { server, get, host, calls } = await startAdmin();
  host.stats.counter('cluster.web.upstream_rq_200').add(3);
  host.stats.gauge('server.live').set(1);
  host.stats.counter('http.a.no_route');
  host.stats.histogram('cluster.web.upstream_rq_time').record(0);
  assert.ok(
    (await get('/stats')).body.startsWith(
      'cluster.web.upstream_rq_200: 3\nhttp.a.no_route: 0\nserver.live: 1\ncluster.web.upstream_rq_time: P0(0,0) P25(0,0)',
    ),
  );
  assert.equal(calls, ['refreshStats']);
  assert.is((await get('/stats?usedonly&filter=a.no')).body, '');
  assert.is((await get('/stats?type=Gauges')).body, 'server.live: 1\n');
  const json = await get('/stats?format=json&filter=_200');
  assert.is(json.headers['content-type'], 'application/json');
  assert.is(json.body, '{"stats":[{"name":"cluster.web.upstream_rq_200","value":3}]}');
  const lines =
    '# TYPE envoy_cluster_upstream_rq counter\nenvoy_cluster_upstream_rq{envoy_response_code="200",envoy_cluster_name="web"} 3\n';
  assert.is((await get('/stats/prometheus?filter=_200')).body, lines);
  assert.is((await get('/stats?format=prometheus&filter=_200')).body, lines);
  for (const [query, body] of [
    ['format=bad', 'usage: /stats?format=(html|active-html|json|prometheus|text)\n\n'],
    ['type=bad', 'invalid &type= param'],
    [
      'histogram_buckets=bad',
      'usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n',
    ],
    ['filter=[', 'Invalid re2 regex: missing ]: ['],
  ]) {
    const answer = await get(`/stats?${query}`);
    assert.is(answer.status, 400);
    assert.is(answer.body, body);
  }
  await server.close();
});

test.run();
