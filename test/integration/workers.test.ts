/** A proxy of several processes: to clients and operators it is one. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bootstrap,
  connectionManager,
  listener,
  listenerAddress,
  say,
  staticCluster,
  toCluster,
} from '../support/bootstrap.js';
import { openConnection } from '../support/http-connection.js';
import type { RunningProxy } from '../support/serve.js';
import { startProxy } from '../support/serve.js';

const admin = { admin: { address: listenerAddress() } };
const hello = (text: string): string => bootstrap([listener(connectionManager([say(text)]))], [], admin);

async function ask({ port }: RunningProxy, path = '/'): Promise<{ status: number; body: string }> {
  const response = await fetch(`http://127.0.0.1:${port()}${path}`, { headers: { connection: 'close' } });
  return { status: response.status, body: await response.text() };
}

async function askAdmin({ server }: RunningProxy, path: string, method = 'GET'): Promise<string> {
  return (await fetch(`http://${server.adminAddress}${path}`, { method })).text();
}

async function withWorkers(configYaml: string, use: (proxy: RunningProxy, pids: number[]) => Promise<void>) {
  const proxy = await startProxy({ concurrency: 2, configYaml });
  try {
    const line = await proxy.logged(/2 workers serve: processes/);
    await use(
      proxy,
      line
        .slice(line.indexOf('processes') + 10)
        .split(', ')
        .map(Number),
    );
  } finally {
    await proxy.server.shutdown();
  }
}

test('all statistics are in one place, also of a worker that is gone', async () => {
  await withWorkers(hello('hi'), async (proxy, pids) => {
    for (let at = 0; at < 20; at++) assert.equal(await ask(proxy), { status: 200, body: 'hi' });
    assert.match(await askAdmin(proxy, '/stats'), /^http\.test\.downstream_rq_2xx: 20$/m);
    assert.match(await askAdmin(proxy, '/stats'), /^server\.concurrency: 2$/m);
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await proxy.logged(/worker 0 serves again/);
    await proxy.logged(/worker 1 serves again/);
    assert.is((await ask(proxy)).status, 200);
    const stats = await askAdmin(proxy, '/stats');
    assert.match(stats, /^http\.test\.downstream_rq_2xx: 21$/m);
    assert.match(stats, /^envoy3\.workers\.restarts: 2$/m);
    await askAdmin(proxy, '/reset_counters', 'POST');
    assert.match(await askAdmin(proxy, '/stats'), /^http\.test\.downstream_rq_2xx: 0$/m);
  });
});

test('P02 a killed worker takes its own connections with it, and no others', async () => {
  await withWorkers(hello('hi'), async (proxy, [pid = 0]) => {
    const connections = await Promise.all(Array.from({ length: 16 }, () => openConnection(proxy.port())));
    let closed = 0;
    for (const connection of connections) {
      connection.send('/');
      assert.is((await connection.response()).status, 200);
      void connection.closed.then(() => closed++);
    }
    const share = /worker_0\.downstream_cx_active: (\d+)/.exec(await askAdmin(proxy, '/stats'))?.[1];
    process.kill(pid, 'SIGKILL');
    await proxy.logged(/worker 0 \(process \d+\) ended by SIGKILL/);
    const stats = await askAdmin(proxy, '/stats');
    assert.match(stats, new RegExp(`^http\\.test\\.downstream_cx_active: ${16 - Number(share)}$`, 'm'));
    assert.is((await ask(proxy)).status, 200);
    await proxy.logged(/worker 0 serves again/);
    assert.is(closed, Number(share));
    for (const { socket } of connections) socket.destroy();
  });
});

test('a new configuration is in force in all workers, and a bad one in none', async () => {
  await withWorkers(hello('before'), async (proxy) => {
    assert.ok(await proxy.server.reload(hello('after')));
    for (let at = 0; at < 10; at++) assert.is((await ask(proxy)).body, 'after');
    assert.not(await proxy.server.reload(hello('never').replace('direct_response', 'directresponse')));
    for (let at = 0; at < 10; at++) assert.is((await ask(proxy)).body, 'after');
  });
});

test('an address that another process has refuses the change whole', async () => {
  const other = createServer();
  await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
  const taken = { name: 'second', address: listenerAddress((other.address() as AddressInfo).port) };
  await withWorkers(hello('hi'), async (proxy) => {
    const both = bootstrap(
      [listener(connectionManager([say('new')])), listener(connectionManager([say('new')]), taken)],
      [],
      admin,
    );
    assert.not(await proxy.server.reload(both));
    await proxy.logged(/cannot bind '127\.0\.0\.1:\d+': Address already in use/);
    assert.is((await ask(proxy)).body, 'hi');
    await new Promise((done) => other.close(done));
    assert.ok(await proxy.server.reload(both));
    assert.is((await ask(proxy)).body, 'new');
  });
});

test('U12 one process checks hosts, and all of them know', async () => {
  let checks = 0;
  let status = 200;
  const upstream = createServer(({ url }, response) => {
    if (url === '/hz') checks++;
    response.writeHead(url === '/hz' ? status : 200).end();
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const check = {
    timeout: '1s',
    interval: '0.020s',
    no_traffic_interval: '0.020s',
    healthy_threshold: 1,
    unhealthy_threshold: 1,
    http_health_check: { path: '/hz' },
  };
  const cluster = staticCluster('up', (upstream.address() as AddressInfo).port, {
    health_checks: [check],
    common_lb_config: { healthy_panic_threshold: { value: 0 } },
  });
  const config = bootstrap([listener(connectionManager([toCluster('up')]))], [cluster], admin);
  await withWorkers(config, async (proxy) => {
    assert.is((await ask(proxy)).status, 200);
    status = 500;
    // Every worker has heard of it when none of twenty new connections meets one that has not.
    for (let refused = 0; refused < 20; ) refused = (await ask(proxy)).status === 503 ? refused + 1 : 0;
    status = 200;
    for (let served = 0; served < 20; ) served = (await ask(proxy)).status === 200 ? served + 1 : 0;
    const attempts = /health_check\.attempt: (\d+)/.exec(await askAdmin(proxy, '/stats'))?.[1];
    assert.ok(Math.abs(checks - Number(attempts)) <= 1, `${checks} checks, ${attempts} counted`);
  });
  upstream.closeAllConnections();
  upstream.close();
});

test('a drain waits for requests of every worker', async () => {
  const waiting: (() => void)[] = [];
  let arrived: () => void = () => undefined;
  const upstream = createServer((_request, response) => {
    waiting.push(() => response.end('done'));
    arrived();
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const config = bootstrap(
    [listener(connectionManager([toCluster('up')], { delayed_close_timeout: '0.010s' }))],
    [staticCluster('up', (upstream.address() as AddressInfo).port)],
  );
  const proxy = await startProxy({ concurrency: 2, configYaml: config });
  const all = new Promise<void>((done) => {
    arrived = () => {
      if (waiting.length === 8) done();
    };
  });
  const answers = Array.from({ length: 8 }, () => ask(proxy));
  await all;
  const ended = proxy.server.drainAndShutdown();
  for (const answer of waiting) answer();
  for (const answer of answers) assert.equal(await answer, { status: 200, body: 'done' });
  await ended;
  assert.is(await proxy.server.closed, 0);
  upstream.close();
});

test.run();
