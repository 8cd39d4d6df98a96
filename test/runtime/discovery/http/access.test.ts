import type { IncomingHttpHeaders } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createAccess } from '../../../../runtime/discovery/http/access.js';
import { createApiServer } from '../../../../runtime/discovery/http/api-server.js';
import { createDiscovery } from '../../../../runtime/discovery/index.js';

const none = new URLSearchParams();

test('tokens: in the query, the header or as a bearer; reading and writing apart', () => {
  const access = createAccess({
    tokens: [
      { secret: 'r', scope: 'read' },
      { secret: 'w', scope: 'write' },
    ],
  });
  assert.is(access.defaultPolicy, 'deny');
  const refusal = (writes: boolean, headers: IncomingHttpHeaders, query = none) =>
    access.refusal({ writes, headers, query, source: '127.0.0.1' });
  assert.match(refusal(false, {}) ?? '', /^Permission denied/);
  assert.match(refusal(false, { 'x-consul-token': 'x' }) ?? '', /^Permission denied/);
  assert.is(refusal(false, { 'x-consul-token': 'r' }), undefined);
  assert.match(refusal(true, { 'x-consul-token': 'r' }) ?? '', /may only read/);
  assert.is(refusal(true, { authorization: 'Bearer w' }), undefined);
  assert.is(refusal(true, { 'x-consul-token': 'r' }, new URLSearchParams('token=w')), undefined);
});

test('networks that may write', () => {
  const access = createAccess({ writeFrom: ['10.0.0.0/8', '::1'] });
  const refusal = (source: string, writes = true) =>
    access.refusal({ writes, headers: {}, query: none, source });
  assert.is(refusal('10.1.2.3'), undefined);
  assert.is(refusal('::ffff:10.1.2.3'), undefined);
  assert.is(refusal('::1'), undefined);
  assert.is(refusal('192.0.2.1'), 'Access is restricted');
  assert.is(refusal('192.0.2.1', false), undefined);
  assert.throws(() => createAccess({ writeFrom: ['10.0.0.0/33'] }), /is no network/);
  assert.throws(() => createAccess({ tokens: [{ secret: '', scope: 'read' }] }), /empty/);
});

test('HTTPS, with certificates of clients when that is asked for', async () => {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
  const tls = { cert: pems.cert, key: pems.private, clientCa: pems.cert };
  const agent = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'n1', tls });
  const ask = (client: object): Promise<number | string> =>
    new Promise((done) => {
      const options = { host: '127.0.0.1', port: agent.httpPort, path: '/v1/status/leader', agent: false };
      httpsRequest(
        {
          ...options,
          ca: pems.cert,
          servername: 'localhost',
          checkServerIdentity: () => undefined,
          ...client,
        },
        (response) => {
          response.resume();
          done(response.statusCode ?? 0);
        },
      )
        .on('error', ({ message }) => done(message))
        .end();
    });
  try {
    assert.is(await ask({ cert: pems.cert, key: pems.private }), 200);
    assert.type(await ask({}), 'string');
  } finally {
    await agent.close();
  }
});

test('the page shows what is there, escaped, without script', async () => {
  const agent = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'n1' });
  const url = `http://127.0.0.1:${agent.httpPort}`;
  try {
    await fetch(`${url}/v1/agent/service/register`, {
      method: 'PUT',
      body: JSON.stringify({ Name: '<b>x', Tags: ['"t"'], Port: 80, Check: { TTL: '1m' } }),
    });
    const page = await (await fetch(`${url}/`)).text();
    assert.match(page, /&#60;b&#62;x/);
    assert.not.match(page, /<b>x/);
    assert.match(page, /<td class="critical">critical<\/td><td>&#34;t&#34;<\/td>/);
    const head = await fetch(`${url}/ui/`);
    assert.match(head.headers.get('content-security-policy') ?? '', /default-src 'none'/);
    assert.is((await fetch(`${url}/ui/more`)).status, 404);
  } finally {
    await agent.close();
  }
});

test('connections of one address are limited', async () => {
  const server = await createApiServer({
    endpoints: [],
    bind: '127.0.0.1',
    port: 0,
    maxConnectionsPerClient: 2,
  });
  const open = (): Promise<Socket> =>
    new Promise((done) => {
      const socket = connect(server.port, '127.0.0.1', () => done(socket));
    });
  const sockets = [await open(), await open()];
  try {
    const third = await open();
    const text = await new Promise<string>((done) =>
      third.setEncoding('latin1').once('data', (chunk) => done(String(chunk))),
    );
    assert.match(text, /^HTTP\/1\.1 429 /);
    third.destroy();
    const gone = new Promise((done) => sockets[0]?.once('close', done));
    sockets[0]?.destroy();
    await gone;
    // The server hears of it a moment later.
    for (let turn = 0; ; turn++) {
      const again = await open();
      again.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
      const status = await new Promise<string>((done) =>
        again.setEncoding('latin1').once('data', (chunk) => done(String(chunk).slice(9, 12))),
      );
      again.destroy();
      if (status !== '429') break;
      assert.ok(turn < 100, 'the place is free again');
    }
  } finally {
    for (const socket of sockets) socket.destroy();
    await server.close();
  }
});

test.run();
