/**
 * What the log tells of handshakes that fail, in the words of Envoy 1.40, once `connection` and `conn_handler` are at debug.
 */
import { once } from 'node:events';
import type { ConnectionOptions } from 'node:tls';
import { connect, createServer } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Message } from '../support/bootstrap.js';
import {
  bootstrap,
  connectionManager,
  listenerAddress,
  say,
  staticCluster,
  tlsContext,
  toCluster,
} from '../support/bootstrap.js';
import { caPem, clientPem, serverKey, serverPem } from '../support/certificates.js';
import { openConnection, openTlsConnection } from '../support/http-connection.js';
import type { RunningProxy } from '../support/serve.js';
import { startProxy } from '../support/serve.js';

const pair = { cert: serverPem, key: serverKey };

const inspector: Message = {
  name: 'envoy.filters.listener.tls_inspector',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  },
};

function edge(context: Message, routes = [say('hello')], more: Message = {}): Message {
  return {
    name: 'edge',
    address: listenerAddress(),
    listener_filters: [inspector],
    filter_chains: [{ filters: [connectionManager(routes)], transport_socket: context, ...more }],
  };
}

async function using(
  listener: Message,
  clusters: readonly Message[],
  use: (proxy: RunningProxy) => Promise<void>,
): Promise<void> {
  const configYaml = bootstrap([listener], clusters, { admin: { address: listenerAddress() } });
  const proxy = await startProxy({ configYaml });
  try {
    await use(proxy);
  } finally {
    await proxy.server.shutdown();
  }
}

/** `POST /logging?name=debug` */
async function debug(proxy: RunningProxy, name: string): Promise<void> {
  const connection = await openConnection(Number(proxy.server.adminAddress?.split(':')[1]));
  connection.socket.write(
    `POST /logging?${name}=debug HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`,
  );
  assert.match(await connection.closed, new RegExp(`  ${name}: debug\n`));
}

/** @returns the code of the error that the client meets, `''` when the connection just ends, and its own port */
async function refused(port: number, options: ConnectionOptions): Promise<[code: string, port: number]> {
  const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options });
  let own = 0;
  socket.on('connect', () => {
    own = socket.localPort ?? 0;
  });
  let code = '';
  socket.on('error', (error: NodeJS.ErrnoException) => {
    code = error.code ?? error.message;
  });
  socket.resume();
  await new Promise((done) => socket.once('close', done));
  return [code, own];
}

test('a client whose protocols no filter chain takes is reset, and told of once the level says so', async () => {
  const listener = edge(tlsContext([pair], {}, { alpn_protocols: ['h2'] }), [say('hello')], {
    filter_chain_match: { application_protocols: ['h2'] },
  });
  await using(listener, [], async (proxy) => {
    const options = { ALPNProtocols: ['http/1.1'] };
    assert.is((await refused(proxy.port(), options))[0], 'ECONNRESET');
    assert.not.ok(proxy.log.some((line) => line.includes('no matching filter chain')));
    await debug(proxy, 'conn_handler');
    const [, own] = await refused(proxy.port(), options);
    await proxy.logged(
      new RegExp(
        String.raw`\[debug\]\[conn_handler\] closing connection from 127\.0\.0\.1:${own}: no matching filter chain found$`,
      ),
    );
  });
});

test('a client that shows no certificate where one is required', async () => {
  const context = tlsContext(
    [pair],
    { require_client_certificate: true },
    {
      validation_context: { trusted_ca: { inline_string: caPem } },
    },
  );
  await using(edge(context), [], async (proxy) => {
    await debug(proxy, 'connection');
    const [, own] = await refused(proxy.port(), {});
    await proxy.logged(
      new RegExp(
        String.raw`\[debug\]\[connection\] remote address:127\.0\.0\.1:${own},TLS_error:\|268435648:SSL routines:OPENSSL_internal:PEER_DID_NOT_RETURN_A_CERTIFICATE:peer did not provide required client certificate:TLS_error_end$`,
      ),
    );
  });
});

test('a client of an authority that is not trusted', async () => {
  const context = tlsContext(
    [pair],
    { require_client_certificate: true },
    {
      validation_context: { trusted_ca: { inline_string: clientPem } },
    },
  );
  await using(edge(context), [], async (proxy) => {
    await debug(proxy, 'connection');
    await refused(proxy.port(), { cert: serverPem, key: serverKey });
    await proxy.logged(
      /\[debug\]\[connection\] remote address:[0-9.:]+,TLS_error:\|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify cert failed: .+:TLS_error_end$/,
    );
  });
});

test('a host that agrees upon none of the protocols that are offered', async () => {
  const host = createServer({ ...pair, ALPNProtocols: ['http/1.1'] }).on('tlsClientError', () => undefined);
  await new Promise<void>((done) => host.listen(0, '127.0.0.1', done));
  const { port } = host.address() as { port: number };
  const cluster = staticCluster('api', port, {
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        common_tls_context: { alpn_protocols: ['h2'] },
      },
    },
  });
  try {
    await using(edge(tlsContext([pair]), [toCluster('api')]), [cluster], async (proxy) => {
      await debug(proxy, 'connection');
      const { http } = await openTlsConnection(proxy.port(), {});
      const { status } = await http.get('/');
      http.close();
      assert.is(status, 503);
      await proxy.logged(
        new RegExp(
          String.raw`\[debug\]\[connection\] remote address:127\.0\.0\.1:${port},TLS_error:\|268436576:SSL routines:OPENSSL_internal:TLSV1_ALERT_NO_APPLICATION_PROTOCOL:TLS_error_end$`,
        ),
      );
    });
  } finally {
    host.close();
  }
});

test('what was agreed upon holds: the preface of HTTP/2 after http/1.1 is a bad request', async () => {
  const context = tlsContext([pair], {}, { alpn_protocols: ['h2', 'http/1.1'] });
  await using(edge(context), [], async (proxy) => {
    const socket = connect({
      port: proxy.port(),
      host: '127.0.0.1',
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
    });
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    assert.match(answer.toString('latin1'), /^HTTP\/1\.1 400 Bad Request\r\n/);
  });
});

test.run();
