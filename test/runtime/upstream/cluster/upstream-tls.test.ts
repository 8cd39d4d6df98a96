/** TLS to upstreams, with real handshakes on the loopback interface. */
import { createHash, X509Certificate } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import type { PeerCertificate, TLSSocket } from 'node:tls';
import { createServer } from 'node:tls';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../../runtime/network/filter.js';
import type { StatsStore } from '../../../../runtime/stats/stats-store.js';
import { createStatsStore } from '../../../../runtime/stats/stats-store.js';
import { createCluster } from '../../../../runtime/upstream/cluster/create-cluster.js';
import { upstreamTls } from '../../../../runtime/upstream/cluster/upstream-tls.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { assignment, clusterConfig, statValue } from '../fixtures.js';
import { StreamProbe } from '../stream-probe.js';

const server = await generate([{ name: 'commonName', value: 'up.example' }], { keySize: 2048 });
const other = await generate([{ name: 'commonName', value: 'other.example' }], { keySize: 2048 });

const named = await generate([{ name: 'commonName', value: 'named' }], {
  keyType: 'ec',
  extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: '*.up.example' }] }],
});
const signer = await generate([{ name: 'commonName', value: 'signer' }], {
  keySize: 2048,
  extensions: [{ name: 'keyUsage', keyCertSign: true, digitalSignature: false, critical: true }],
});

const socketOf = (context: object) => ({
  name: 'tls',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
    ...context,
  },
});
const trusting = (certificate: string) => ({
  validation_context: { trusted_ca: { inline_string: certificate } },
});

interface Seen {
  serverName: string | false;
  protocol: string | null;
  alpn: string | false | null;
  peer: string | undefined;
}

/** One request through a cluster with that TLS context. @returns what became of it, and what the server saw */
async function exchange(
  context: object,
  options: object = {},
): Promise<{ readonly events: readonly string[]; readonly seen: Seen | undefined }> {
  let seen: Seen | undefined;
  const upstream = createServer(
    { key: server.private, cert: server.cert, ALPNProtocols: ['http/1.1', 'x'], ...options },
    (socket: TLSSocket) => {
      seen = {
        serverName: (socket as { servername?: string | false | null }).servername ?? false,
        protocol: socket.getProtocol(),
        alpn: socket.alpnProtocol,
        peer: socket.getPeerCertificate().subject?.CN?.toString(),
      };
      socket.on('error', () => {});
      socket.on('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'));
    },
  );
  upstream.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const config = clusterConfig({
    name: 'c',
    load_assignment: assignment(['127.0.0.1', port]),
    transport_socket: socketOf(context),
  });
  const dependencies = { clock: new FakeClock(), stats: createStatsStore(), random: () => 0 };
  const { cluster } = createCluster(config, dependencies, undefined);
  try {
    cluster.activate();
    const probe = new StreamProbe(cluster.pool(cluster.hostSet.hosts[0]!));
    await Promise.race([probe.saw('end'), probe.saw('remote'), probe.saw('reset')]);
    return { events: probe.events, seen };
  } finally {
    cluster.close();
    upstream.close();
  }
}

test('without a CA any certificate is good, TLS 1.2 is the highest, and http/1.1 is offered', async () => {
  const { events, seen } = await exchange({});
  assert.equal(events, ['ready', '200', 'end']);
  assert.equal(seen, { serverName: false, protocol: 'TLSv1.2', alpn: 'http/1.1', peer: undefined });
});

test('sni, alpn_protocols and tls_params are used', async () => {
  const { seen } = await exchange({
    sni: 'up.example',
    common_tls_context: {
      alpn_protocols: ['x'],
      tls_params: { tls_maximum_protocol_version: 'TLSv1_3' },
    },
  });
  assert.equal(seen, { serverName: 'up.example', protocol: 'TLSv1.3', alpn: 'x', peer: undefined });
});

test('with a CA its certificates are good, whatever their name', async () => {
  const { events } = await exchange({ sni: 'elsewhere', common_tls_context: trusting(server.cert) });
  assert.equal(events, ['ready', '200', 'end']);
});

test('with a CA the certificates of others are refused, in the words of Envoy', async () => {
  const { events } = await exchange({ common_tls_context: trusting(other.cert) });
  assert.is(events.length, 1);
  assert.match(
    events[0]!,
    /^remote connection failure\|TLS_error:\|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_X509_verify_cert:_certificate_verification_error_at_depth_0:_\w+:TLS_error_end$/,
  );
});

test('a client certificate is shown to a server that asks', async () => {
  const { seen } = await exchange(
    {
      common_tls_context: {
        tls_certificates: [
          { certificate_chain: { inline_string: other.cert }, private_key: { inline_string: other.private } },
        ],
      },
    },
    { requestCert: true, ca: other.cert },
  );
  assert.is(seen?.peer, 'other.example');
});

test('a server that cannot speak TLS 1.2 is a handshake failure', async () => {
  const { events } = await exchange({}, { minVersion: 'TLSv1.3' });
  assert.match(
    events[0] ?? '',
    /^remote connection failure\|TLS_error:\|268436526:.*TLSV1_ALERT_PROTOCOL_VERSION/,
  );
});

/** Several requests, each on a connection of its own, through one cluster. */
async function exchanges(
  count: number,
  context: object,
  options: object,
  fields: object = {},
): Promise<{
  readonly events: readonly string[];
  readonly resumed: readonly boolean[];
  readonly stats: StatsStore;
}> {
  const resumed: boolean[] = [];
  const upstream = createServer(
    { key: server.private, cert: server.cert, ...options },
    (socket: TLSSocket) => {
      resumed.push(socket.isSessionReused());
      socket.on('error', () => {});
      socket.on('data', () =>
        socket.end('HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'),
      );
    },
  );
  upstream.on('tlsClientError', () => {});
  await new Promise<void>((resolve) => upstream.listen(0, '127.0.0.1', resolve));
  const { port } = upstream.address() as AddressInfo;
  const stats = createStatsStore();
  const config = clusterConfig({
    name: 'c',
    load_assignment: assignment(['127.0.0.1', port]),
    transport_socket: socketOf(context),
    ...fields,
  });
  const { cluster } = createCluster(config, { clock: new FakeClock(), stats, random: () => 0 }, undefined);
  const events: string[] = [];
  try {
    cluster.activate();
    for (let at = 0; at < count; at++) {
      const probe = new StreamProbe(cluster.pool(cluster.hostSet.hosts[0]!));
      await Promise.race([probe.saw('end'), probe.saw('remote'), probe.saw('reset')]);
      events.push(probe.events.at(-1) ?? '');
    }
    return { events, resumed, stats };
  } finally {
    cluster.close();
    upstream.close();
  }
}

test('names of the certificate are verified, and what fails is told and counted', async () => {
  const context = (name: string) => ({
    common_tls_context: {
      validation_context: {
        trusted_ca: { inline_string: named.cert },
        match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: name } }],
      },
    },
  });
  const own = { key: named.private, cert: named.cert };
  assert.equal((await exchanges(1, context('a.up.example'), own)).events, ['end']);
  const { events, stats } = await exchanges(1, context('up.example'), own);
  assert.match(
    events[0] ?? '',
    /CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_SAN_matcher,_certificate_SANs_are_\[\*\.up\.example\]:TLS_error_end$/,
  );
  assert.is(statValue(stats, 'cluster.c.ssl.fail_verify_san'), 1);
  assert.is(statValue(stats, 'cluster.c.ssl.handshake'), 0);
});

test('a hash stands for the certificate, without any authority', async () => {
  const hash = createHash('sha256').update(new X509Certificate(server.cert).raw).digest('hex');
  const context = (one: string) => ({
    common_tls_context: { validation_context: { verify_certificate_hash: [one] } },
  });
  assert.equal((await exchanges(1, context(hash), {})).events, ['end']);
  const { events, stats } = await exchanges(1, context('0'.repeat(64)), {});
  assert.match(events[0] ?? '', /verify_cert_failed:_cert_hash_and_spki:TLS_error_end$/);
  assert.is(statValue(stats, 'cluster.c.ssl.fail_verify_cert_hash'), 1);
});

test('a certificate that is not for signatures', async () => {
  const { events, stats } = await exchanges(1, {}, { key: signer.private, cert: signer.cert });
  assert.match(events[0] ?? '', /KEY_USAGE_BIT_INCORRECT:TLS_error_end$/);
  assert.is(statValue(stats, 'cluster.c.ssl.connection_error'), 1);
  const lenient = await exchanges(
    1,
    { enforce_rsa_key_usage: false },
    { key: signer.private, cert: signer.cert },
  );
  assert.equal(lenient.events, ['end']);
});

// A ticket of TLS 1.3 is used once, and a resumed session brings no new one: measured on Envoy, too.
for (const [version, third] of [
  ['TLSv1.2', true],
  ['TLSv1.3', false],
] as const) {
  test(`sessions are gone on with: ${version}`, async () => {
    const context = {
      common_tls_context: { tls_params: { tls_maximum_protocol_version: version.replace('.', '_') } },
    };
    const { events, resumed, stats } = await exchanges(3, context, {});
    assert.equal(events, ['end', 'end', 'end']);
    assert.equal(resumed, [false, true, third]);
    assert.is(statValue(stats, 'cluster.c.ssl.session_reused'), third ? 2 : 1);
    const without = await exchanges(2, { ...context, max_session_keys: 0 }, {});
    assert.equal(without.resumed, [false, false]);
  });
}

test('a server that is not good gives no session to go on with', async () => {
  const { events, resumed } = await exchanges(2, { common_tls_context: trusting(other.cert) }, {});
  assert.equal(
    events.map((event) => event.includes('CERTIFICATE_VERIFY_FAILED')),
    [true, true],
  );
  assert.not.ok(resumed.includes(true));
});

test('the name that is asked for must be on the certificate', async () => {
  const context = {
    auto_sni_san_validation: true,
    common_tls_context: trusting(named.cert),
  };
  const own = { key: named.private, cert: named.cert };
  assert.equal((await exchanges(1, { ...context, sni: 'b.up.example' }, own)).events, ['end']);
  assert.match(
    (await exchanges(1, { ...context, sni: 'a.b.up.example' }, own)).events[0] ?? '',
    /SAN_matcher/,
  );
});

test('libraries that connect by themselves are given what verifies the same', () => {
  const verification = (validation_context: object) => {
    const config = clusterConfig({
      name: 'c',
      load_assignment: assignment(['127.0.0.1', 1]),
      transport_socket: socketOf({ common_tls_context: { validation_context } }),
    });
    const dependencies = { clock: new FakeClock(), stats: createStatsStore(), random: () => 0 };
    const { cluster } = createCluster(config, dependencies, undefined);
    const found = cluster.upstreamTls?.verification;
    cluster.close();
    assert.ok(found !== undefined);
    const shown = { raw: new X509Certificate(named.cert).raw } as PeerCertificate;
    return [found.rejectUnauthorized, found.checkServerIdentity('', shown)?.message.slice(0, 31)];
  };
  const trusted = { trusted_ca: { inline_string: named.cert } };
  const namedFor = (exact: string) => ({
    ...trusted,
    match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact } }],
  });
  assert.equal(verification({}), [false, undefined]);
  assert.equal(verification(trusted), [true, undefined]);
  assert.equal(verification(namedFor('a.up.example')), [true, undefined]);
  assert.equal(verification(namedFor('other')), [true, 'verify cert failed: SAN matcher']);
  const untrusted = { ...namedFor('other'), trust_chain_verification: 'ACCEPT_UNTRUSTED' };
  assert.equal(verification(untrusted), [false, undefined]);
});

test('no transport socket, or a raw one, is plain text', () => {
  assert.is(upstreamTls(undefined), undefined);
  const raw = 'type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';
  assert.is(upstreamTls({ name: 'raw', typed_config: { '@type': raw } }), undefined);
});

function refusal(socket: unknown): ConfigError {
  try {
    upstreamTls(socket);
  } catch (error) {
    if (error instanceof ConfigError) return error;
  }
  throw new Error('not refused');
}

test('bad material is found when the cluster is built, at its place', () => {
  const pair = (cert: string, key: string) => ({
    common_tls_context: {
      tls_certificates: [{ certificate_chain: { inline_string: cert }, private_key: { inline_string: key } }],
    },
  });
  const mismatch = refusal(socketOf(pair(server.cert, other.private)));
  assert.match(mismatch.message, /^Failed to load private key from <inline>, Cause: /);
  assert.is(
    mismatch.path.join('.'),
    'transport_socket.typed_config.common_tls_context.tls_certificates.0.private_key',
  );
  const noCa = refusal(socketOf({ common_tls_context: trusting('nonsense') }));
  assert.is(noCa.message, 'Failed to load trusted CA certificates from <inline>');
  const noFile = refusal(
    socketOf({ common_tls_context: { validation_context: { trusted_ca: { filename: '/nowhere/ca.pem' } } } }),
  );
  assert.match(noFile.message, /^Invalid path: \/nowhere\/ca\.pem/);
  assert.is(noFile.path.slice(-2).join('.'), 'trusted_ca.filename');
});

test('other transport sockets are refused by name', () => {
  const error = refusal({ name: 'x', typed_config: { '@type': 'type.googleapis.com/a.b.C' } });
  assert.ok(error.unsupported);
  assert.match(error.message, /a\.b\.C needs real Envoy/);
});

test.run();
