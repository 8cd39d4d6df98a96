/** A proxy whose upstreams fail: what its clients get, what `/clusters`, `/stats` and the event logs say. */
import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bootstrap,
  connectionManager,
  listener,
  listenerAddress,
  staticCluster,
  toCluster,
} from '../support/bootstrap.js';
import type { RunningProxy } from '../support/serve.js';
import { inTemporaryFolder, startProxy } from '../support/serve.js';

/** Answers checks and requests as it is told. */
class Upstream {
  check = 200;
  answer = 200;
  checks = 0;
  readonly server: Server = createServer(({ url }, response) => {
    const isCheck = url === '/hz';
    if (isCheck) this.checks++;
    response.writeHead(isCheck ? this.check : this.answer, { 'content-length': 2 });
    response.end('ok');
  });

  async listen(): Promise<number> {
    await new Promise<void>((done) => this.server.listen(0, '127.0.0.1', done));
    return (this.server.address() as AddressInfo).port;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
  }
}

async function statusOf(proxy: RunningProxy): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${proxy.port()}/`);
  await response.text();
  return response.status;
}

async function admin({ server }: RunningProxy, path: string): Promise<string> {
  return (await fetch(`http://${server.adminAddress}${path}`)).text();
}

/** Asks again until it is so: checks come by themselves. */
async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((done) => setImmediate(done));
}

const more = { admin: { address: listenerAddress() } };
const noPanic = { common_lb_config: { healthy_panic_threshold: { value: 0 } } };

/** @param cluster its fields */
async function withProxy(
  cluster: object,
  use: (proxy: RunningProxy, upstream: Upstream) => Promise<void>,
  settings: object = {},
  prepare: (upstream: Upstream) => void = () => undefined,
): Promise<void> {
  const upstream = new Upstream();
  prepare(upstream);
  const port = await upstream.listen();
  const configYaml = bootstrap(
    [listener(connectionManager([toCluster('c')]))],
    [staticCluster('c', port, { ...noPanic, ...cluster })],
    { ...more, ...settings },
  );
  try {
    const proxy = await startProxy({ configYaml, fileFlushIntervalMs: 1 });
    try {
      await use(proxy, upstream);
    } finally {
      await proxy.server.shutdown();
    }
  } finally {
    upstream.close();
  }
}

const timing = {
  timeout: '5s',
  interval: '0.02s',
  no_traffic_interval: '0.02s',
  unhealthy_threshold: 1,
  healthy_threshold: 1,
};

test('U12 a host that fails its checks gets no requests, until it passes again', () =>
  inTemporaryFolder((folder) => {
    const log = join(folder, 'events.log');
    const check = { ...timing, event_log_path: log, http_health_check: { path: '/hz' } };
    return withProxy({ health_checks: [check] }, async (proxy, upstream) => {
      assert.is(await statusOf(proxy), 200, 'it was checked before anything was served');
      upstream.check = 503;
      await until(async () => (await statusOf(proxy)) === 503);
      assert.match(await admin(proxy, '/clusters'), /::health_flags::\/failed_active_hc\n/);
      assert.match(await admin(proxy, '/stats'), 'cluster.c.membership_healthy: 0\n');
      upstream.check = 200;
      await until(async () => (await statusOf(proxy)) === 200);
      assert.match(await admin(proxy, '/clusters'), /::health_flags::healthy\n/);
      await until(async () => readFileSync(log, 'utf8').split('\n').length >= 4);
      const kinds = readFileSync(log, 'utf8').match(/add_healthy_event|eject_unhealthy_event/g);
      assert.equal(kinds?.slice(0, 3), ['add_healthy_event', 'eject_unhealthy_event', 'add_healthy_event']);
    });
  }));

test('a host that fails its first check is served by nobody', () =>
  withProxy(
    { health_checks: [{ ...timing, http_health_check: { path: '/hz' } }] },
    async (proxy) => assert.is(await statusOf(proxy), 503),
    {},
    (upstream) => {
      upstream.check = 503;
    },
  ));

test('U12 a host that answers with failures is ejected, and written into the log', () =>
  inTemporaryFolder((folder) => {
    const log = join(folder, 'outliers.log');
    const outlier_detection = { consecutive_5xx: 2, max_ejection_percent: 100 };
    return withProxy(
      { outlier_detection },
      async (proxy, upstream) => {
        upstream.answer = 500;
        assert.is(await statusOf(proxy), 500);
        assert.is(await statusOf(proxy), 500);
        assert.is(await statusOf(proxy), 503, 'no healthy upstream');
        assert.match(await admin(proxy, '/clusters'), /::health_flags::\/failed_outlier_check\n/);
        assert.match(await admin(proxy, '/stats'), 'cluster.c.outlier_detection.ejections_active: 1\n');
        await until(async () => readFileSync(log, 'utf8').endsWith('\n'));
        assert.match(readFileSync(log, 'utf8'), '"type":"CONSECUTIVE_5XX"');
      },
      { cluster_manager: { outlier_detection: { event_log_path: log } } },
    );
  }));

test('validating a configuration asks nobody', async () => {
  const upstream = new Upstream();
  const port = await upstream.listen();
  const configYaml = bootstrap(
    [],
    [staticCluster('c', port, { health_checks: [{ ...timing, http_health_check: { path: '/hz' } }] })],
  );
  const proxy = await startProxy({ configYaml, mode: 'validate' });
  await proxy.server.shutdown();
  await new Promise((done) => setImmediate(done));
  assert.is(upstream.checks, 0);
  upstream.close();
});

test('a log of events that cannot be opened refuses the configuration', async () => {
  const check = { ...timing, event_log_path: '/nowhere/events.log', tcp_health_check: {} };
  const configYaml = bootstrap([], [staticCluster('c', 1, { health_checks: [check] })]);
  try {
    await startProxy({ configYaml });
    assert.unreachable();
  } catch (error) {
    assert.match(
      (error as Error).message,
      "health_checks[0].event_log_path: unable to open file '/nowhere/events.log': No such file or directory",
    );
  }
});

test.run();
