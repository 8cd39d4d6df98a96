/** The PROXY protocol through a whole server: to the connection manager, behind TLS, and on to a host. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bootstrap,
  connectionManager,
  listener,
  say,
  staticCluster,
  tlsContext,
} from '../support/bootstrap.js';
import { inTemporaryFolder, startProxy } from '../support/serve.js';

const types = 'type.googleapis.com/envoy.extensions.';
const proxyProtocol = {
  name: 'pp',
  typed_config: { '@type': `${types}filters.listener.proxy_protocol.v3.ProxyProtocol` },
};
const made = await generate([{ name: 'commonName', value: 'a.example' }], { keySize: 2048 });
const selfSigned = { cert: made.cert, key: made.private };
const line = 'PROXY TCP4 192.0.2.1 192.0.2.2 4096 8443\r\n';

const logTo = (path: string) => ({
  access_log: [
    {
      name: 'log',
      typed_config: {
        '@type': `${types}access_loggers.file.v3.FileAccessLog`,
        path,
        log_format: {
          text_format_source: {
            inline_string:
              '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT%\n',
          },
        },
      },
    },
  ],
});

for (const isTls of [false, true]) {
  test(`the connection manager sees the told addresses${isTls ? ' behind TLS' : ''}`, async () => {
    await inTemporaryFolder(async (folder) => {
      const path = join(folder, 'access.log');
      const manager = connectionManager([say('hello')], logTo(path));
      const chain = { filters: [manager], ...(isTls ? { transport_socket: tlsContext([selfSigned]) } : {}) };
      const more = { listener_filters: [proxyProtocol], filter_chains: [chain] };
      const proxy = await startProxy({ configYaml: bootstrap([listener(manager, more)]) });
      try {
        const plain = connect(proxy.port(), '127.0.0.1');
        plain.write(line);
        const socket = isTls ? connectTls({ socket: plain, rejectUnauthorized: false }) : plain;
        socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
        socket.resume();
        await once(socket, 'close');
      } finally {
        await proxy.server.shutdown();
      }
      assert.is(readFileSync(path, 'utf8'), '192.0.2.1:4096 192.0.2.2:8443 127.0.0.1\n');
    });
  });
}

test('a host is told what the listener was told', async () => {
  let received = '';
  const host = createServer((socket) => {
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1');
      if (received.endsWith('hello')) socket.end();
    });
  });
  await new Promise<void>((done) => host.listen(0, '127.0.0.1', done));
  const cluster = staticCluster('c', (host.address() as AddressInfo).port, {
    transport_socket: {
      name: 'pp',
      typed_config: {
        '@type': `${types}transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport`,
        config: { version: 'V1' },
        transport_socket: {
          name: 'raw',
          typed_config: { '@type': `${types}transport_sockets.raw_buffer.v3.RawBuffer` },
        },
      },
    },
  });
  const tcpProxy = {
    name: 'tcp',
    typed_config: {
      '@type': `${types}filters.network.tcp_proxy.v3.TcpProxy`,
      stat_prefix: 't',
      cluster: 'c',
    },
  };
  const proxy = await startProxy({
    configYaml: bootstrap([listener(tcpProxy, { listener_filters: [proxyProtocol] })], [cluster]),
  });
  try {
    const socket = connect(proxy.port(), '127.0.0.1');
    socket.write(`${line}hello`);
    socket.resume();
    await once(socket, 'close');
    assert.is(received, `${line}hello`);
  } finally {
    await proxy.server.shutdown();
    host.close();
  }
  // Requests of several clients share connections: refused in words, not told wrongly.
  const manager = connectionManager([{ match: { prefix: '/' }, route: { cluster: 'c' } }]);
  try {
    await startProxy({ configYaml: bootstrap([listener(manager)], [cluster]) });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /routes\[0\].*PROXY protocol, need real Envoy/);
  }
});

test('the PROXY protocol before TLS on a Unix socket is refused', async () => {
  const manager = connectionManager([say('hello')]);
  const chain = { filters: [manager], transport_socket: tlsContext([selfSigned]) };
  const address = { pipe: { path: '/nowhere/socket' } };
  const more = { address, listener_filters: [proxyProtocol], filter_chains: [chain] };
  try {
    await startProxy({ configYaml: bootstrap([listener(manager, more)]) });
    assert.unreachable();
  } catch (error) {
    assert.match((error as Error).message, /listener_filters\[0\].*needs real Envoy/);
  }
});

test.run();
