/** Plain connections over a change of the configuration. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { bootstrap, listener, staticCluster } from '../support/bootstrap.js';
import { startProxy } from '../support/serve.js';

const type = 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy';
const tcpProxy = (cluster: string, more: object = {}) => ({
  name: 'tcp',
  typed_config: { '@type': type, stat_prefix: 't', cluster, ...more },
});

/** A host that says its name to everybody and what it is told to itself. */
async function host(name: string): Promise<{ port: number; server: Server; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => socket.write(`${name} heard ${chunk.toString()}`));
    socket.write(name);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, server, sockets };
}

async function next(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

test('open connections stay where they are, new ones go where the new configuration says', async () => {
  const [one, other] = await Promise.all([host('one'), host('other')]);
  const clusters = [staticCluster('one', one.port), staticCluster('other', other.port)];
  const proxy = await startProxy({ configYaml: bootstrap([listener(tcpProxy('one'))], clusters) });
  const open: Socket[] = [];
  const client = async (): Promise<Socket> => {
    const socket = connect(proxy.port(), '127.0.0.1');
    open.push(socket);
    return socket;
  };
  try {
    const first = await client();
    assert.is(await next(first), 'one');
    assert.is(await proxy.server.reload(bootstrap([listener(tcpProxy('other'))], clusters)), true);
    first.write('a');
    assert.is(await next(first), 'one heard a');
    assert.is(await next(await client()), 'other');
    // Without its cluster, and by a chain of another name for its statistics, it still goes on: it drains.
    const gone = bootstrap([listener(tcpProxy('other', { stat_prefix: 'u' }))], clusters.slice(1));
    assert.is(await proxy.server.reload(gone), true);
    first.write('b');
    assert.is(await next(first), 'one heard b');
    assert.is(await next(await client()), 'other');
  } finally {
    for (const socket of [...open, ...one.sockets, ...other.sockets]) socket.destroy();
    await proxy.server.shutdown();
    one.server.close();
    other.server.close();
  }
});

test('the end of the proxy is the end of its connections, on both sides', async () => {
  const one = await host('one');
  const proxy = await startProxy({
    configYaml: bootstrap([listener(tcpProxy('one'))], [staticCluster('one', one.port)]),
  });
  const socket = connect(proxy.port(), '127.0.0.1');
  assert.is(await next(socket), 'one');
  const ended = [once(socket, 'close'), once(one.sockets[0] as Socket, 'close')];
  await proxy.server.shutdown();
  await Promise.all(ended);
  one.server.close();
});

test.run();
