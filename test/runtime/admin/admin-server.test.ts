import { connect, createServer } from 'node:net';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAdminServer } from '../../../runtime/admin/admin-server.js';
import { fakeHost, startAdmin } from './fake-host.js';

/** Sends bytes and gives everything that comes back until the end. */
function raw(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
    });
    socket.on('end', () => resolve(text));
    socket.on('error', reject);
  });
}

test('an answer has the headers of Envoy and its chunks', async () => {
  const { server } = await startAdmin();
  const answer = await raw(
    server.port,
    'GET /ready HTTP/1.1\r\nhost: a\r\n\r\nGET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n',
  );
  const head =
    'HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=UTF-8\r\ncache-control: no-cache, max-age=0\r\n' +
    'x-content-type-options: nosniff\r\ndate: Sat, 31 Jan 2026 12:00:00 GMT\r\nserver: envoy\r\n';
  const rest = 'transfer-encoding: chunked\r\n\r\n5\r\nLIVE\n\r\n0\r\n\r\n';
  assert.is(answer, `${head}${rest}${head}connection: close\r\n${rest}`);
  await server.close();
});

test('a refused request leaves its connection open', async () => {
  const { server } = await startAdmin();
  const lines = (first: string): string => `${first} HTTP/1.1\r\nhost: a\r\n`;
  const answer = await raw(
    server.port,
    `${lines('GET /nope')}\r\n${lines('GET /quitquitquit')}\r\n${lines('HEAD /ready')}connection: close\r\n\r\n`,
  );
  assert.equal(
    [...answer.matchAll(/HTTP\/1.1 (\d+)|(connection: \w+)/g)].map(([, status, header]) => status ?? header),
    ['404', '405', '200', 'connection: close'],
  );
  await server.close();
});

test('HTTP/1.0 and a request without a host are refused', async () => {
  const { server } = await startAdmin();
  assert.match(
    await raw(server.port, 'GET /ready HTTP/1.0\r\n\r\n'),
    /^HTTP\/1.1 426 .*\r\n\r\nUpgrade Required$/s,
  );
  assert.match(await raw(server.port, 'GET /ready HTTP/1.1\r\n\r\n'), /^HTTP\/1.1 400 Bad Request\r\n/);
  await server.close();
});

test('only the allowed paths are answered, with their query', async () => {
  const { server, get, post, calls } = await startAdmin({}, [{ exact: '/ready' }, { prefix: '/stats' }]);
  assert.is((await get('/ready')).body, 'LIVE\n');
  assert.is((await get('//ready')).status, 200);
  const refused = await get('/ready?x');
  assert.is(refused.status, 403);
  assert.is(refused.body, 'request to path /ready?x not allowed');
  assert.is((await get('/stats?filter=nothing')).status, 200);
  assert.is((await get('/statsx')).status, 404);
  assert.is((await post('/quitquitquit')).body, 'request to path /quitquitquit not allowed');
  assert.not.ok(calls.includes('quit'));
  await server.close();
});

test('an unknown path lists what there is', async () => {
  const { server, get } = await startAdmin();
  for (const path of ['/nope', '/stats/', '/constructor']) {
    const { status, body } = await get(path);
    assert.is(status, 404);
    assert.ok(
      body.startsWith('invalid path. admin commands are:\n  /: Admin home page\n  /allocprofiler (POST): '),
    );
  }
  assert.is((await get('//ready?x')).body, 'LIVE\n');
  const help = (await get('/help')).body;
  assert.ok(help.startsWith('admin commands are:\n  /: Admin home page\n'));
  assert.ok(help.includes('\n  /quitquitquit (POST): exit the server\n'));
  const home = await get('/');
  assert.is(home.headers['content-type'], 'text/html; charset=UTF-8');
  assert.ok(home.body.includes('<form action="quitquitquit" method="post">'));
  await server.close();
});

test('what changes something needs POST', async () => {
  const { server, get, calls, log } = await startAdmin();
  for (const path of [
    '/logging',
    '/quitquitquit',
    '/healthcheck/fail',
    '/reset_counters',
    '/drain_listeners',
  ]) {
    const { status, body } = await get(path);
    assert.is(status, 405);
    assert.is(body, 'Method GET not allowed, POST required.');
  }
  assert.equal(calls, []);
  assert.match(log[0] ?? '', 'admin path "/logging" mutates state, method=GET rather than POST');
  await server.close();
});

test('a page of another site changes nothing', async () => {
  const { server, post, calls } = await startAdmin();
  const host = `127.0.0.1:${server.port}`;
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
    { origin: 'http://evil.example' },
    { origin: 'http://127.0.0.1:1' },
    { origin: 'null' },
  ]) {
    assert.is((await post('/reopen_logs', { headers })).status, 403, JSON.stringify(headers));
  }
  assert.equal(calls, []);
  const own = { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' };
  assert.is((await post('/reopen_logs', { headers: own })).status, 200);
  assert.equal(calls, ['reopen']);
  await server.close();
});

test('a body has a limit', async () => {
  const { server, post, calls } = await startAdmin();
  assert.is((await post('/reopen_logs', { body: 'x'.repeat(64 * 1024) })).status, 200);
  const tooLong = await post('/reopen_logs', { body: 'x'.repeat(64 * 1024 + 1) });
  assert.is(tooLong.status, 413);
  assert.is(tooLong.headers.connection, 'close');
  assert.equal(calls, ['reopen']);
  await server.close();
});

test('a handler that fails is a 500', async () => {
  const { server, get, log } = await startAdmin({
    clustersText: () => {
      throw new Error('boom');
    },
  });
  assert.is((await get('/clusters')).status, 500);
  assert.match(log[0] ?? '', '/clusters: boom');
  await server.close();
});

test('a taken port is named', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  const { port } = taken.address() as { port: number };
  const { host, clock } = fakeHost();
  try {
    await createAdminServer(host, { address: { ip: '127.0.0.1', port }, clock });
    assert.unreachable();
  } catch (error) {
    assert.is((error as Error).message, `cannot bind '127.0.0.1:${port}': Address already in use`);
  }
  taken.close();
});

test('a pipe takes the place of a dead one, but not of a file or a living one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'admin-'));
  const path = join(folder, 'admin.sock');
  const { host, clock } = fakeHost();
  const server = await createAdminServer(host, { address: { path }, clock });
  assert.is(server.addressText, path);
  assert.is(server.port, 0);
  const rejects = async (): Promise<void> => {
    try {
      await createAdminServer(host, { address: { path }, clock });
      assert.unreachable();
    } catch (error) {
      assert.is((error as Error).message, `cannot bind '${path}': Address already in use`);
    }
  };
  await rejects();
  await server.close();
  writeFileSync(path, 'precious');
  await rejects();
  assert.ok(existsSync(path));
  rmSync(folder, { recursive: true });
});

test.run();
