import { RuntimeSnapshot } from '../../../runtime/layered-runtime/layered-runtime.js';
import { entriesOfStruct } from '../../../runtime/layered-runtime/runtime-entry.js';
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
  assert.is(bad.body, 'Invalid re2 regex');
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
    ['paths=main:info,router', 'empty logger name or empty logger level'],
    ['paths=nope:bad', 'unknown logger level'],
    ['group=main:info', 'group parameter requires fine-grain logging to be enabled'],
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
  // Without a value nothing is asked for; empty pairs are nothing.
  for (const query of ['level=', 'paths=', 'nope=']) {
    assert.is((await post(`/logging?${query}`)).status, 200, query);
  }
  await post('/logging?paths=,main:trace,');
  assert.equal(levels(), ['main:trace', 'router:info']);
  // A logger of Envoy that nobody here has asked for yet.
  await post('/logging?upstream=debug');
  assert.equal(levels(), ['main:trace', 'router:info', 'upstream:debug']);
  await server.close();
});

test('the server is told what to do', async () => {
  const { server, post, calls, host } = await startAdmin();
  host.stats.counter('a').inc();
  await post('/reset_counters');
  assert.is(host.stats.counter('a').value, 0);
  await post('/drain_listeners?graceful&inboundonly');
  await post('/drain_listeners');
  await post('/drain_listeners?skip_exit');
  assert.is((await post('/reopen_logs')).body, 'OK\n');
  assert.equal(calls, [
    { graceful: true, skipExit: false, inboundOnly: true },
    { graceful: false, skipExit: false, inboundOnly: false },
    { graceful: false, skipExit: true, inboundOnly: false },
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

test('without layers and certificates there are empty lists', async () => {
  const { server, get } = await startAdmin();
  assert.is((await get('/runtime')).body, '{\n "entries": {},\n "layers": []\n}\n');
  assert.is((await get('/certs')).body, '{\n "certificates": []\n}\n');
  await server.close();
});

test('/runtime shows all layers, the last one winning', async () => {
  const fraction = { numerator: 1, denominator: 'HUNDRED' };
  const snapshot = new RuntimeSnapshot([
    { name: 'base', entries: new Map(entriesOfStruct({ a: { b: 5, c: 'x' }, f: fraction })) },
    { name: 'over', entries: new Map(entriesOfStruct({ 'a.b': 6 })) },
    { name: 'admin', entries: new Map() },
  ]);
  const { server, get } = await startAdmin({ runtime: () => snapshot });
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
    ['hidden=bad', 'usage: /stats?hidden=(include|only|exclude)\n\n'],
    ['histogram_buckets=prometheusnative', 'Invalid histogram_buckets type for non prometheus stats type'],
    ['format=prometheus&histogram_buckets=detailed', 'unsupported prometheus histogram bucket mode'],
    [
      'format=prometheus&histogram_buckets=prometheusnative',
      'unsupported prometheusnative histogram type when not using protobuf exposition format',
    ],
    // Of several mistakes the first in Envoy's order is named.
    ['format=bad&type=bad&filter=[&histogram_buckets=bad', 'Invalid re2 regex: missing ]: ['],
    ['format=bad&type=bad&histogram_buckets=bad', 'invalid &type= param'],
    ['format=bad&hidden=bad', 'usage: /stats?hidden=(include|only|exclude)\n\n'],
  ]) {
    const answer = await get(`/stats?${query}`);
    assert.is(answer.status, 400);
    assert.is(answer.body, body);
  }
  await server.close();
});

test('/stats chooses what histograms and filters are', async () => {
  const { server, get, host } = await startAdmin();
  host.stats.histogram('server.initialization_time_ms').record(4);
  host.stats.gauge('server.live').set(1);
  const first = async (path: string) => (await get(path)).body.split('\n')[0] ?? '';
  assert.is(
    await first('/stats?histogram_buckets=cumulative&filter=time'),
    await first('/stats?histogram_buckets=cumulative&type=Histograms'),
  );
  assert.match(await first('/stats?histogram_buckets=cumulative&filter=time'), 'B0.5(0,0) B1(0,0) B5(1,1)');
  assert.match(await first('/stats?histogram_buckets=none&filter=time'), 'P0(4.05,4.05)');
  assert.is(await first('/stats?histogram_buckets=detailed&filter=time'), 'server.initialization_time_ms:');
  assert.is((await get('/stats?filter=live&invert_filter&type=Gauges')).body, '');
  assert.is((await get('/stats?hidden=only')).body, '');
  assert.is((await get('/stats?format=&type=&histogram_buckets=&filter=live')).body, 'server.live: 1\n');
  const live = '# TYPE envoy_server_live gauge\nenvoy_server_live{} 1\n';
  // For Prometheus neither the type nor, on its own path, the format matters.
  assert.is((await get('/stats/prometheus?format=json&type=Counters&filter=live')).body, live);
  assert.is((await get('/stats/prometheus?type=bad')).status, 400);
  for (const buckets of ['summary', 'none']) {
    assert.is(
      await first(`/stats/prometheus?histogram_buckets=${buckets}&filter=time`),
      '# TYPE envoy_server_initialization_time_ms summary',
    );
  }
  assert.match((await get('/stats?format=html&filter=live')).body, '<pre>server.live: 1\n</pre>');
  await server.close();
});

test('what is not built says so', async () => {
  const { server, calls, get, post } = await startAdmin();
  const told = async (answer: Promise<{ status: number; body: string }>) => {
    const { status, body } = await answer;
    return `${status} ${body}`;
  };
  assert.is(
    await told(post('/heapprofiler?enable=y')),
    '501 The current build does not support heap profiler',
  );
  assert.is(await told(get('/heap_dump')), '501 The current build does not support heap dump');
  assert.is(await told(post('/runtime_modify?a=1&b=')), '200 OK\n');
  assert.equal(calls.at(-1), [
    ['a', '1'],
    ['b', ''],
  ]);
  assert.is(
    await told(post('/runtime_modify')),
    '400 usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n       or send the parameters as form values\nuse an empty value to remove a previously added override',
  );
  assert.is(
    await told(get('/stats/recentlookups')),
    '200 Lookup tracking is not enabled. Use /stats/recentlookups/enable to enable.\n\ntotal: 0\n',
  );
  assert.is((await post('/stats/recentlookups/enable')).status, 501);
  assert.is(await told(post('/stats/recentlookups/clear')), '200 OK\n');
  assert.match((await get('/contention')).body, /^Mutex contention tracing is not enabled\./);
  await server.close();
});

test('/help lists the commands of Envoy 1.40, and which of them change something', async () => {
  const { server, get } = await startAdmin();
  const commands = (await get('/help')).body
    .split('\n')
    .flatMap((line) => /^ {2}(\/\S*(?: \(POST\))?): \S/.exec(line)?.[1] ?? []);
  assert.equal(commands, [
    '/',
    '/allocprofiler (POST)',
    '/certs',
    '/clusters',
    '/config_dump',
    '/contention',
    '/cpuprofiler (POST)',
    '/drain_listeners (POST)',
    '/healthcheck/fail (POST)',
    '/healthcheck/ok (POST)',
    '/heap_dump',
    '/heapprofiler (POST)',
    '/help',
    '/hot_restart_version',
    '/init_dump',
    '/listeners',
    '/logging (POST)',
    '/memory',
    '/memory/tcmalloc',
    '/peak_heap_dump',
    '/quitquitquit (POST)',
    '/ready',
    '/reopen_logs (POST)',
    '/reset_counters (POST)',
    '/runtime',
    '/runtime_modify (POST)',
    '/server_info',
    '/stats',
    '/stats/prometheus',
    '/stats/recentlookups',
    '/stats/recentlookups/clear (POST)',
    '/stats/recentlookups/disable (POST)',
    '/stats/recentlookups/enable (POST)',
  ]);
  await server.close();
});

test.run();
