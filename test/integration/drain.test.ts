import { connect } from 'node:net';
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
import { startUpstream } from '../support/held-upstream.js';
import { get, openConnection } from '../support/http-connection.js';
import type { RunningProxy } from '../support/serve.js';
import { startProxy } from '../support/serve.js';

async function withRequestUnderWay(
  use: (
    proxy: RunningProxy,
    connection: Awaited<ReturnType<typeof openConnection>>,
    answer: () => void,
  ) => Promise<void>,
  drainTimeS = 600,
): Promise<void> {
  const upstream = await startUpstream();
  const proxy = await startProxy({
    drainTimeS,
    configYaml: bootstrap(
      [listener(connectionManager([say('hi', '/hi'), toCluster('up')], { delayed_close_timeout: '0.010s' }))],
      [staticCluster('up', upstream.port)],
      { admin: { address: listenerAddress() } },
    ),
  });
  const connection = await openConnection(proxy.port());
  connection.send('/slow');
  const { response } = await upstream.next();
  response.setHeader('content-length', 4);
  await use(proxy, connection, () => void response.end('done'));
  await proxy.server.closed;
  upstream.close();
}

const refusedAt = (port: number): Promise<string | undefined> =>
  new Promise((done) => {
    const socket = connect({ port, host: '127.0.0.1' });
    socket.on('error', (error: NodeJS.ErrnoException) => done(error.code));
    socket.on('connect', () => {
      socket.destroy();
      done('connected');
    });
  });

test('a drain accepts nothing, waits for requests under way, and ends with 0', async () => {
  await withRequestUnderWay(async ({ port, server }, connection, answer) => {
    const listenPort = port();
    const ended = server.drainAndShutdown();
    assert.is(await refusedAt(listenPort), 'ECONNREFUSED');
    const ready = await get(Number(server.adminAddress?.split(':')[1]), '/server_info');
    assert.is(ready.status, 200);
    answer();
    const response = await connection.response();
    assert.is(response.body, 'done');
    assert.is(response.headers.get('connection'), 'close');
    await connection.closed;
    await ended;
    assert.is(await server.closed, 0);
  });
});

test('a second call ends at once', async () => {
  await withRequestUnderWay(async ({ server }, connection) => {
    const first = server.drainAndShutdown();
    await server.drainAndShutdown();
    await connection.closed;
    assert.is(await server.closed, 0);
    await first;
  });
});

test('the drain time ends what does not end by itself', async () => {
  await withRequestUnderWay(async ({ server }, connection) => {
    await server.drainAndShutdown();
    await connection.closed;
    assert.is(await server.closed, 0);
  }, 0);
});

test('a shutdown does not wait', async () => {
  await withRequestUnderWay(async ({ server }, connection) => {
    await server.shutdown();
    await connection.closed;
    assert.is(await server.closed, 0);
  });
});

test('a fault of the program is told and ends with 1', async () => {
  await withRequestUnderWay(async ({ log, server }) => {
    await server.crash(new Error('a bug'));
    assert.is(await server.closed, 1);
    assert.ok(log.some((line) => line.includes('[critical]') && line.includes('a bug')));
  });
});

test('nothing comes into force during a drain', async () => {
  await withRequestUnderWay(async ({ server }, connection, answer) => {
    const ended = server.drainAndShutdown();
    assert.not(await server.reload(bootstrap([])));
    answer();
    await connection.response();
    await ended;
  });
});

test('/drain_listeners closes the listening sockets and lets requests end', async () => {
  await withRequestUnderWay(async ({ port, server }, connection, answer) => {
    const listenPort = port();
    const admin = await openConnection(Number(server.adminAddress?.split(':')[1]));
    admin.socket.write(
      'POST /drain_listeners HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    );
    assert.match(await admin.closed, /^HTTP\/1\.1 200 OK/);
    assert.is(await refusedAt(listenPort), 'ECONNREFUSED');
    answer();
    assert.is((await connection.response()).headers.get('connection'), 'close');
    await server.shutdown();
  });
});

test('/drain_listeners?graceful goes on to serve, and asks clients to come back', async () => {
  await withRequestUnderWay(async ({ port, server }, connection, answer) => {
    const admin = await openConnection(Number(server.adminAddress?.split(':')[1]));
    admin.socket.write(
      'POST /drain_listeners?graceful HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n',
    );
    assert.match(await admin.closed, /^HTTP\/1\.1 200 OK/);
    const response = await get(port(), '/hi');
    assert.is(response.body, 'hi');
    assert.is(response.headers.get('connection'), 'close');
    answer();
    await connection.response();
    await server.shutdown();
  });
});

test.run();
