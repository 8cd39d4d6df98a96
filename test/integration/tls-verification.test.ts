/** Who is let in and what is told of it, with real handshakes on the loopback interface. */
import { createServer as createHttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  caCrl,
  caPem,
  clientKey,
  clientPem,
  revokedKey,
  revokedPem,
  serverKey,
  serverOcsp,
  serverP12,
  serverPem,
} from '../support/certificates.js';
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
import { clientFacts } from '../support/connection-tls.js';
import { openConnection, openTlsConnection } from '../support/http-connection.js';
import type { RunningProxy } from '../support/serve.js';
import { startProxy } from '../support/serve.js';

const server = { cert: serverPem, key: serverKey };
const client: ConnectionOptions = { cert: clientPem, key: clientKey };
const revoked: ConnectionOptions = { cert: revokedPem, key: revokedKey };
const root: Message = { trusted_ca: { inline_string: caPem } };

function listening(context: Message, index = 0): Message {
  return {
    name: `l${index}`,
    stat_prefix: `l${index}`,
    address: listenerAddress(),
    filter_chains: [{ filters: [connectionManager([say('hi')])], transport_socket: context }],
  };
}

const withAdmin: Message = { admin: { address: listenerAddress() } };

/** One proxy with a listener for each context. */
const proxyOf = (...contexts: readonly Message[]): Promise<RunningProxy> =>
  startProxy({ configYaml: bootstrap(contexts.map(listening), [], withAdmin) });

async function answer(port: number, options: ConnectionOptions): Promise<string> {
  try {
    const { http } = await openTlsConnection(port, options);
    return await http.get('/').then(
      ({ body }) => body,
      () => 'closed',
    );
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
}

async function stats({ server: { adminAddress } }: RunningProxy, filter: string): Promise<string> {
  const connection = await openConnection(Number(adminAddress?.split(':')[1]));
  connection.send(`/stats?filter=${filter}&usedonly`, 'connection: close\r\n');
  return connection.closed;
}

const validating = (validation: Message, more: Message = {}): Message =>
  tlsContext([server], more, { validation_context: validation });

test('a revoked certificate, another name, another hash: refused and counted by what is wrong', async () => {
  const proxy = await proxyOf(
    validating({ ...root, crl: { inline_string: caCrl } }),
    validating({
      ...root,
      match_typed_subject_alt_names: [{ san_type: 'URI', matcher: { prefix: 'spiffe://td/' } }],
    }),
    validating({ verify_certificate_hash: [clientFacts.sha256] }),
  );
  const results = async (index: number): Promise<string[]> => [
    await answer(proxy.port(index), client),
    await answer(proxy.port(index), revoked),
    await answer(proxy.port(index), {}),
  ];
  assert.equal(await results(0), ['hi', 'closed', 'hi']);
  // Both have the names of the client; who has none is refused, without being required to show a certificate.
  assert.equal(await results(1), ['hi', 'hi', 'closed']);
  assert.equal(await results(2), ['hi', 'closed', 'closed']);
  const text = await stats(proxy, 'ssl.fail_verify|no_certificate');
  for (const line of [
    'listener.l0.ssl.fail_verify_error: 1',
    'listener.l0.ssl.no_certificate: 1',
    'listener.l1.ssl.fail_verify_no_cert: 1',
    'listener.l2.ssl.fail_verify_cert_hash: 1',
    'listener.l2.ssl.fail_verify_no_cert: 1',
  ]) {
    assert.ok(text.includes(`${line}\n`), `${line} in ${text}`);
  }
  await proxy.server.shutdown();
});

test('an authority that is no root is the end of the chain', async () => {
  // The client's own certificate, as if it were an authority: nothing above it is known.
  const proxy = await proxyOf(validating({ trusted_ca: { inline_string: clientPem } }));
  assert.is(await answer(proxy.port(), client), 'hi');
  assert.is(await answer(proxy.port(), revoked), 'closed');
  await proxy.server.shutdown();
});

test('PKCS #12, and a staple for who asks', async () => {
  const bytes = (octets: Buffer) => ({ inline_bytes: octets.toString('base64') });
  const certificate = {
    pkcs12: bytes(serverP12),
    password: { inline_string: 'secret' },
    ocsp_staple: bytes(serverOcsp),
  };
  const context = tlsContext([], { ocsp_staple_policy: 'MUST_STAPLE' }, { tls_certificates: [certificate] });
  const proxy = await proxyOf(context);
  const staple = await new Promise<Buffer | null>((done) => {
    const options = { port: proxy.port(), host: '127.0.0.1', requestOCSP: true, rejectUnauthorized: false };
    const socket: TLSSocket = connect(options as ConnectionOptions);
    socket.on('OCSPResponse', (response: Buffer | null) => {
      done(response);
      socket.destroy();
    });
    socket.on('error', () => done(null));
  });
  assert.equal(staple, serverOcsp);
  assert.is(
    await answer(proxy.port(), { ca: caPem, servername: 'one.example', rejectUnauthorized: true }),
    'hi',
  );
  assert.match(await stats(proxy, 'ocsp'), /ocsp_staple_requests: 1[\s\S]*ocsp_staple_responses: 1/);
  await proxy.server.shutdown();
});

test('without tickets sessions are kept here, for TLS 1.2', async () => {
  const proxy = await proxyOf(
    tlsContext([server], { disable_stateless_session_resumption: true }),
    tlsContext([server], {
      disable_stateless_session_resumption: true,
      disable_stateful_session_resumption: true,
    }),
  );
  const resumes = async (index: number): Promise<boolean> => {
    const options: ConnectionOptions = { maxVersion: 'TLSv1.2' };
    const first = await openTlsConnection(proxy.port(index), options);
    await first.http.get('/');
    const session = first.socket.getSession();
    assert.ok(session !== undefined);
    first.http.close();
    const second = await openTlsConnection(proxy.port(index), { ...options, session });
    const isReused = second.socket.isSessionReused();
    await second.http.get('/');
    second.http.close();
    return isReused;
  };
  assert.is(await resumes(0), true);
  assert.is(await resumes(1), false);
  await proxy.server.shutdown();
});

test('the upstream is told of the client, and the log of both', async () => {
  const upstream = createHttpServer((request, response) => {
    response.end(String(request.headers['x-forwarded-client-cert']));
  });
  await new Promise<void>((done) => upstream.listen(0, '127.0.0.1', done));
  const manager = connectionManager([toCluster('up')], {
    forward_client_cert_details: 'SANITIZE_SET',
    set_current_client_cert_details: { uri: true },
  });
  const { port, server: proxy } = await startProxy({
    configYaml: bootstrap(
      [
        {
          name: 'l',
          address: listenerAddress(),
          filter_chains: [{ filters: [manager], transport_socket: validating(root) }],
        },
      ],
      [staticCluster('up', (upstream.address() as AddressInfo).port)],
    ),
  });
  const { http } = await openTlsConnection(port(), client);
  const told = await http.get('/', 'x-forwarded-client-cert: By=me\r\n');
  http.close();
  assert.is(told.body, `Hash=${clientFacts.sha256};URI=spiffe://td/ab;URI=https://x/y;z=q`);
  const plain = await openTlsConnection(port());
  assert.is((await plain.http.get('/', 'x-forwarded-client-cert: By=me\r\n')).body, 'undefined');
  plain.http.close();
  await proxy.shutdown();
  upstream.close();
});

test('an expired certificate is served, with a warning', async () => {
  const { generate } = await import('selfsigned');
  const old = await generate([{ name: 'commonName', value: 'old.example' }], {
    keyType: 'ec',
    notBeforeDate: new Date('2020-01-01T00:00:00Z'),
    notAfterDate: new Date('2021-01-01T00:00:00Z'),
  });
  const proxy = await proxyOf(tlsContext([{ cert: old.cert, key: old.private }]));
  assert.is(await answer(proxy.port(), {}), 'hi');
  assert.match(
    await proxy.logged(/EXPIRED/),
    /warning.*'CN=old\.example' in <inline> HAS EXPIRED on 2021-01-01T00:00:00Z/,
  );
  await proxy.server.shutdown();
});

test('chains by what nobody inspects are told', async () => {
  const chain = listening(tlsContext([server])) as { filter_chains: Message[] };
  const [first] = chain.filter_chains;
  const configYaml = bootstrap([
    { ...chain, filter_chains: [{ ...first, filter_chain_match: { server_names: ['a.example'] } }] },
  ]);
  const proxy = await startProxy({ configYaml });
  assert.match(
    await proxy.logged(/tls_inspector/),
    /listener 'l0' chooses filter chains by what only a TLS inspector/,
  );
  assert.is(await answer(proxy.port(), { servername: 'a.example' }), 'ECONNRESET');
  await proxy.server.shutdown();
});

test.run();
