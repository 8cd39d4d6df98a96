import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createServer } from '../../runtime/index.js';
import type { Message } from '../support/bootstrap.js';
import { bootstrap, connectionManager, listenerAddress, say, tlsContext } from '../support/bootstrap.js';
import { get, openConnection, openTlsConnection } from '../support/http-connection.js';
import { inTemporaryFolder, startProxy, writeFileIn } from '../support/serve.js';

interface Pair {
  readonly cert: string;
  readonly key: string;
}

async function certificate(name: string, options: Message = {}): Promise<Pair> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: name }] }],
    ...options,
  });
  return { cert: made.cert, key: made.private };
}

const one = await certificate('one.example');
const two = await certificate('two.example');
const wild = await certificate('*.wild.example');

function secure(text: string, context: Message, more: Message = {}): Message {
  const filters = [connectionManager([say(text)])];
  return { filters, transport_socket: context, ...more };
}

const tlsInspector: Message = {
  name: 'envoy.filters.listener.tls_inspector',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
  },
};

const tlsListener = (chains: readonly Message[], more: Message = {}): Message => ({
  name: 'tls',
  address: listenerAddress(),
  filter_chains: chains,
  ...(chains.some(({ filter_chain_match }) => filter_chain_match !== undefined)
    ? { listener_filters: [tlsInspector] }
    : {}),
  ...more,
});

/** What a client meets: the body of `/`, and the name on the certificate; or what went wrong. */
async function meet(port: number, options: ConnectionOptions = {}): Promise<string> {
  try {
    const { http, socket } = await openTlsConnection(port, options);
    const name = String(socket.getPeerCertificate().subject.CN);
    try {
      const { body } = await http.get('/');
      return `${body} as ${name}`;
    } catch {
      return 'closed without an answer';
    } finally {
      http.close();
    }
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? (error as Error).message;
  }
}

async function counters(adminAddress: string | undefined, filter: string): Promise<string> {
  const connection = await openConnection(Number(adminAddress?.split(':')[1]));
  connection.send(`/stats?filter=${filter}&usedonly`, 'connection: close\r\n');
  return connection.closed;
}

const withAdmin: Message = { admin: { address: listenerAddress() } };

test('one PEM file may hold the chain and the key', async () => {
  await inTemporaryFolder(async (folder) => {
    const filename = writeFileIn(folder, 'both.pem', `${one.cert}\n${one.key}\n`);
    const context = tlsContext(
      [],
      {},
      {
        tls_certificates: [{ certificate_chain: { filename }, private_key: { filename } }],
      },
    );
    const { port, server } = await startProxy({
      configYaml: bootstrap([tlsListener([secure('hi', context)])]),
    });
    assert.is(await meet(port()), 'hi as one.example');
    await server.shutdown();
  });
});

test('a protocol is negotiated where it is offered by both, and else there is no negotiation', async () => {
  const context = tlsContext([one], {}, { alpn_protocols: ['h2', 'http/1.1'] });
  const { port, server } = await startProxy({
    configYaml: bootstrap([tlsListener([secure('hi', context)])]),
  });
  const negotiated = async (ALPNProtocols: string[]): Promise<unknown> => {
    const { http, socket } = await openTlsConnection(port(), { ALPNProtocols });
    assert.is((await http.get('/')).body, 'hi');
    http.close();
    return socket.alpnProtocol;
  };
  assert.is(await negotiated(['http/1.1']), 'http/1.1');
  assert.is(await negotiated(['spdy/3']), false);
  assert.is(await negotiated([]), false);
  await server.shutdown();
});

test('the server name chooses the filter chain: exact, wildcard, default', async () => {
  const { port, server } = await startProxy({
    configYaml: bootstrap(
      [
        tlsListener(
          [
            secure('first', tlsContext([one]), { filter_chain_match: { server_names: ['One.Example'] } }),
            secure('any', tlsContext([wild]), { filter_chain_match: { server_names: ['*.wild.example'] } }),
          ],
          { default_filter_chain: secure('rest', tlsContext([two])) },
        ),
      ],
      [],
      withAdmin,
    ),
  });
  assert.is(await meet(port(), { servername: 'ONE.example' }), 'first as one.example');
  assert.is(await meet(port(), { servername: 'a.b.wild.example' }), 'any as *.wild.example');
  assert.is(await meet(port(), { servername: 'wild.example' }), 'rest as two.example');
  assert.is(await meet(port()), 'rest as two.example');
  const text = await counters(server.adminAddress, 'tls_inspector');
  for (const line of ['tls_found: 4', 'sni_found: 3', 'sni_not_found: 1'])
    assert.ok(text.includes(line), line);
  await server.shutdown();
});

test('plain text and TLS share a port', async () => {
  const { port, server } = await startProxy({
    configYaml: bootstrap([
      tlsListener([
        secure('secret', tlsContext([one]), { filter_chain_match: { transport_protocol: 'tls' } }),
        {
          filters: [connectionManager([say('plain')])],
          filter_chain_match: { transport_protocol: 'raw_buffer' },
        },
      ]),
    ]),
  });
  assert.is(await meet(port()), 'secret as one.example');
  assert.is((await get(port(), '/')).body, 'plain');
  await server.shutdown();
});

test('no chain: the connection is closed and counted', async () => {
  const { port, server } = await startProxy({
    configYaml: bootstrap(
      [
        tlsListener([
          secure('first', tlsContext([one]), { filter_chain_match: { server_names: ['one.example'] } }),
        ]),
      ],
      [],
      withAdmin,
    ),
  });
  assert.is(await meet(port(), { servername: 'other.example' }), 'ECONNRESET');
  assert.match(await counters(server.adminAddress, 'no_filter_chain_match'), /no_filter_chain_match: 1/);
  await server.shutdown();
});

test('of several certificates that of the server name is shown', async () => {
  const { port, server } = await startProxy({
    configYaml: bootstrap([tlsListener([secure('hi', tlsContext([one, two, wild]))])]),
  });
  assert.is(await meet(port(), { servername: 'two.example' }), 'hi as two.example');
  assert.is(await meet(port(), { servername: 'x.wild.example' }), 'hi as *.wild.example');
  assert.is(await meet(port(), { servername: 'other.example' }), 'hi as one.example');
  assert.is(await meet(port()), 'hi as one.example');
  await server.shutdown();
});

test('old versions of TLS are refused, and the limits of the configuration hold', async () => {
  const limited = tlsContext(
    [one],
    {},
    {
      tls_params: {
        tls_maximum_protocol_version: 'TLSv1_2',
        cipher_suites: ['[ECDHE-ECDSA-AES128-GCM-SHA256|ECDHE-ECDSA-CHACHA20-POLY1305]'],
      },
    },
  );
  const { port, server } = await startProxy({
    configYaml: bootstrap([
      tlsListener([secure('new', tlsContext([one]))]),
      tlsListener([secure('limited', limited)], { name: 'limited' }),
    ]),
  });
  const old: ConnectionOptions = { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' };
  assert.match(await meet(port(0), old), /ERR_SSL/);
  const { http, socket } = await openTlsConnection(port(0));
  assert.is(socket.getProtocol(), 'TLSv1.3');
  http.close();
  const second = await openTlsConnection(port(1));
  assert.is(second.socket.getProtocol(), 'TLSv1.2');
  second.http.close();
  assert.match(
    await meet(port(1), { ciphers: 'ECDHE-ECDSA-AES256-GCM-SHA384', maxVersion: 'TLSv1.2' }),
    /ERR_SSL/,
  );
  await server.shutdown();
});

test('clients are asked for certificates as the context says', async () => {
  const authority = await certificate('authority', {
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  });
  const client = await certificate('client', { ca: { cert: authority.cert, key: authority.key } });
  const trusting: Message = { validation_context: { trusted_ca: { inline_string: authority.cert } } };
  const { port, server } = await startProxy({
    configYaml: bootstrap(
      [
        tlsListener([secure('required', tlsContext([one], { require_client_certificate: true }, trusting))]),
        tlsListener([secure('optional', tlsContext([one], {}, trusting))], { name: 'optional' }),
        tlsListener([secure('any', tlsContext([one], { require_client_certificate: true }))], {
          name: 'any',
        }),
      ],
      [],
      withAdmin,
    ),
  });
  const results = async (index: number): Promise<string[]> => [
    await meet(port(index)),
    await meet(port(index), two),
    await meet(port(index), client),
  ];
  const refused = 'closed without an answer';
  assert.equal(await results(0), [refused, refused, 'required as one.example']);
  assert.equal(await results(1), ['optional as one.example', refused, 'optional as one.example']);
  // Without anything to verify by, Envoy asks for no certificate.
  assert.equal(await results(2), ['any as one.example', 'any as one.example', 'any as one.example']);
  const text = await counters(server.adminAddress, 'ssl.fail_verify');
  assert.match(text, /ssl\.fail_verify_error: 2/);
  assert.match(text, /ssl\.fail_verify_no_cert: 1/);
  await server.shutdown();
});

test('a client that stops in the middle of its handshake is closed', async () => {
  const { port, server } = await startProxy({
    configYaml: bootstrap(
      [
        tlsListener([secure('hi', tlsContext([one]), { transport_socket_connect_timeout: '0.020s' })]),
        tlsListener([secure('hi', tlsContext([one]))], {
          name: 'inspected',
          listener_filters: [tlsInspector],
          listener_filters_timeout: '0.020s',
        }),
      ],
      [],
      withAdmin,
    ),
  });
  for (const index of [0, 1]) {
    const socket = connect({ port: port(index), host: '127.0.0.1' });
    socket.on('error', () => undefined);
    socket.write(Buffer.from([22, 3, 1]));
    await new Promise<void>((done) => socket.on('close', () => done()));
  }
  const text = await counters(server.adminAddress, 'timeout');
  assert.match(text, /downstream_cx_transport_socket_connect_timeout: 1/);
  assert.match(text, /downstream_pre_cx_timeout: 1/);
  await server.shutdown();
});

test('plain text on a TLS port is counted and harms nobody', async () => {
  const { port, server } = await startProxy({
    configYaml: bootstrap([tlsListener([secure('hi', tlsContext([one]))])], [], withAdmin),
  });
  const connection = await openConnection(port());
  connection.send('/');
  await connection.closed;
  assert.is(await meet(port()), 'hi as one.example');
  const text = await counters(server.adminAddress, 'listener');
  for (const pattern of [
    /ssl\.connection_error: 1/,
    /ssl\.handshake: 1/,
    /ssl\.versions\.TLSv1\.3: 1/,
    /downstream_cx_total: 2/,
  ]) {
    assert.match(text, pattern);
  }
  await server.shutdown();
});

test('a certificate that is replaced is shown to new connections; those of before drain', async () => {
  const serving = (pair: Pair) => bootstrap([tlsListener([secure('hi', tlsContext([pair]))])]);
  const { port, server } = await startProxy({ configYaml: serving(one) });
  const { http, socket } = await openTlsConnection(port());
  assert.is((await http.get('/')).body, 'hi');
  const before = createHash('sha256').update(socket.getPeerCertificate().raw).digest('hex');
  assert.ok(before.length > 0);
  assert.ok(await server.reload(serving(two)));
  assert.is(await meet(port()), 'hi as two.example');
  assert.is((await http.get('/')).headers.get('connection'), 'close');
  http.close();
  await server.shutdown();
});

test('a connection over TLS stays when only routes change', async () => {
  const serving = (text: string) => bootstrap([tlsListener([secure(text, tlsContext([one]))])]);
  const { port, server } = await startProxy({ configYaml: serving('old') });
  const { http } = await openTlsConnection(port());
  assert.is((await http.get('/')).body, 'old');
  assert.ok(await server.reload(serving('new')));
  assert.is((await http.get('/')).body, 'new');
  http.close();
  await server.shutdown();
});

const badContexts: readonly [name: string, context: Message, message: RegExp][] = [
  ['no certificate', tlsContext([]), /common_tls_context: No TLS certificates found for server context/],
  [
    'a key of another certificate',
    tlsContext([{ cert: one.cert, key: two.key }]),
    /private_key: Failed to load private key from <inline>, Cause: /,
  ],
  [
    'a certificate that is none',
    tlsContext([{ cert: 'x', key: one.key }]),
    /certificate_chain: Failed to load certificate chain from <inline>/,
  ],
  [
    'a file that is not there',
    tlsContext(
      [],
      {},
      {
        tls_certificates: [
          { certificate_chain: { filename: '/nope.pem' }, private_key: { filename: '/nope.pem' } },
        ],
      },
    ),
    /filename: .*\/nope\.pem/,
  ],
  [
    'authorities that are none',
    tlsContext([one], {}, { validation_context: { trusted_ca: { inline_string: 'x' } } }),
    /trusted_ca: Failed to load trusted CA certificates from <inline>/,
  ],
  [
    'a cipher that does not exist',
    tlsContext([one], {}, { tls_params: { cipher_suites: ['NOT-A-CIPHER'] } }),
    /cipher_suites: Failed to initialize cipher suites NOT-A-CIPHER\. .*: NOT-A-CIPHER/,
  ],
];

for (const [name, context, message] of badContexts) {
  test(`refused: ${name}`, async () => {
    const configYaml = bootstrap([tlsListener([secure('hi', context)])]);
    const text = await createServer({ configYaml, mode: 'validate', writeLog: () => undefined }).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    assert.match(text, message);
    assert.match(
      text,
      /^<yaml>:\d+:\d+: static_resources\.listeners\[0\]\.filter_chains\[0\]\.transport_socket/,
    );
  });
}

test.run();
