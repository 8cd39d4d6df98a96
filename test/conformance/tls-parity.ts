/**
 * TLS of both sides, on real Envoy and on the bundled runtime: certificates by name and kind of key, verification by
 * chain, name, hash and revocation list, tickets, staples, `x-forwarded-client-cert`, the commands of access logs, the
 * counters, the choice of filter chains, `/certs`.
 */
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TlsCertificates } from './tls-certificates.js';
import type { Json, KnownDifference, TlsCase, TlsClient } from './tls-rig.js';
import { downstreamSocket, runTlsParity } from './tls-rig.js';

const alert = /^client \d error$/;
const alerts = 'Node sends no alert of its own choice: the connection just ends';

const known: Readonly<Record<string, KnownDifference>> = {
  'pin: hash, certificate required': { what: alert, reason: alerts },
  'pin: hash in capitals with colons': { what: alert, reason: alerts },
  'pin: public key': { what: alert, reason: alerts },
  'pin: public key or hash, and a chain': { what: alert, reason: alerts },
  'revocation lists of all authorities': { what: alert, reason: alerts },
  'revocation list of the root only': { what: alert, reason: alerts },
  'an unknown authority': { what: alert, reason: alerts },
  'name: exact DNS': { what: alert, reason: alerts },
  'name: URI by prefix': { what: alert, reason: alerts },
  'name: IP': { what: alert, reason: alerts },
  'name: email by a part': { what: alert, reason: alerts },
  'name: DNS by an expression': { what: alert, reason: alerts },
  'name: otherName': { what: alert, reason: alerts },
  'secrets of files': { what: alert, reason: alerts },
  'static secrets': {
    what: /^log 1 DOWNSTREAM_PEER_CHAIN/,
    reason: 'a resumed session knows the certificate of the client, but not those above it',
  },
  'mTLS, resumed': {
    what: /^log 1 DOWNSTREAM_PEER_CHAIN/,
    reason: 'a resumed session knows the certificate of the client, but not those above it',
  },
  'curves of the server': {
    what: /group$|GROUP$|curves/,
    reason: 'OpenSSL takes a key that the client has sent before it asks for one of a curve that it prefers',
  },
  'upstream: no common cipher': {
    what: /FAILURE_REASON|CODE_DETAILS/,
    reason: 'the second reason, HANDSHAKE_FAILURE_ON_CLIENT_HELLO, is not known',
  },
  'upstream: no common curve': {
    what: /FAILURE_REASON|CODE_DETAILS/,
    reason: 'the second reason, HANDSHAKE_FAILURE_ON_CLIENT_HELLO, is not known',
  },
};

const options = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

function casesOf(made: TlsCertificates): TlsCase[] {
  const { file, pair, text } = {
    file: (name: string) => made.file(name),
    pair: (chain: string, key: string, more?: object) => made.pair(chain, key, more),
    text: (name: string) => made.text(name),
  };
  const root = { trusted_ca: file('root.pem') };
  const rsaOnly: TlsClient = { sigalgs: 'rsa_pss_rsae_sha256:RSA+SHA256' };
  const tls12: TlsClient = { maxVersion: 'TLSv1.2' };
  const client: TlsClient = { cert: text('client-chain.pem'), key: text('client.key') };
  const revoked: TlsClient = { cert: text('revoked.pem'), key: text('revoked.key') };
  const three = [client, revoked, {}];
  const server = pair('server-chain.pem', 'server.key');
  const serverEc = pair('server-ec-chain.pem', 'server-ec.key');
  const required = { require_client_certificate: true };
  const down = (validation?: Json, more: Json = {}, common: Json = {}): Json => ({
    common_tls_context: {
      tls_certificates: [server],
      ...(validation === undefined ? {} : { validation_context: validation }),
      ...common,
    },
    ...more,
  });
  const several = (more: Json = {}): Json => ({
    common_tls_context: { tls_certificates: [server, pair('two.pem', 'two.key'), serverEc] },
    ...more,
  });
  const leaf = new X509Certificate(text('client.pem'));
  const hash = createHash('sha256').update(leaf.raw).digest('hex');
  const publicKey = leaf.publicKey.export({ type: 'spki', format: 'der' });
  const spki = createHash('sha256').update(publicKey).digest('base64');
  const named = (san_type: string, matcher: Json, more: Json = {}): Json => ({
    ...root,
    match_typed_subject_alt_names: [{ san_type, matcher, ...more }],
  });
  const xfcc = (mode: string, details: Json = {}): Json => ({
    forward_client_cert_details: mode,
    set_current_client_cert_details: details,
  });
  const sent = 'x-forwarded-client-cert: By=x;Hash=1\r\n';
  const everything = { subject: true, cert: true, chain: true, dns: true, uri: true };
  const params = (tls_params: Json, more: Json = {}): Json => down(undefined, more, { tls_params });
  const visits: TlsClient[] = [{ save: 'a' }, { resume: 'a' }];
  const visits12: TlsClient[] = [
    { save: 'a', ...tls12 },
    { resume: 'a', ...tls12 },
  ];
  const older = {
    cipher_suites: ['ECDHE-RSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES128-GCM-SHA256'],
    tls_maximum_protocol_version: 'TLSv1_2',
  };
  const [aes256, aes128] = older.cipher_suites;
  const twoOrders = [{ ciphers: `${aes128}:${aes256}` }, { ciphers: `${aes256}:${aes128}` }];

  // ---- towards upstreams
  const served = {
    cert: text('server-chain.pem'),
    key: text('server.key'),
    ALPNProtocols: ['http/1.1', 'x'],
  };
  const asking = { ...served, requestCert: true, ca: text('root.pem') };
  const up = (validation?: Json, common: Json = {}, more: Json = {}): Json => ({
    common_tls_context: {
      ...(validation === undefined ? {} : { validation_context: validation }),
      ...common,
    },
    ...more,
  });
  const upTo13 = { tls_params: { tls_maximum_protocol_version: 'TLSv1_3' } };
  const protocolOptions = (upstream_http_protocol_options: Json): Json => ({
    typed_extension_protocol_options: {
      [options]: {
        '@type': `type.googleapis.com/${options}`,
        explicit_http_config: { http_protocol_options: {} },
        upstream_http_protocol_options,
      },
    },
  });
  const leafHash = createHash('sha256')
    .update(new X509Certificate(text('server.pem')).raw)
    .digest('hex');

  /** An `SdsSecretConfig` of a file of its own. */
  const ofFile = (name: string, secret: Json): Json => ({
    name,
    sds_config: {
      resource_api_version: 'V3',
      path_config_source: {
        path: made.write(
          `${name}.json`,
          JSON.stringify({
            resources: [
              {
                '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
                name,
                ...secret,
              },
            ],
          }),
        ),
      },
    },
  });

  // ---- filter chains
  const matched = (
    filters: (name: string) => readonly Json[],
    name: string,
    filter_chain_match: Json,
    more: Json = { transport_socket: downstreamSocket(down()) },
  ): Json => ({ name, filters: filters(name), filter_chain_match, ...more });
  const inspected: Json = {
    listener_filters: [
      {
        name: 'envoy.filters.listener.tls_inspector',
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector',
        },
      },
    ],
  };
  const other = '127.0.0.2';
  const alsoOther: Json = {
    ...inspected,
    additional_addresses: [{ address: { socket_address: { address: other, port_value: 'PORT' } } }],
  };

  return [
    // ---- x-forwarded-client-cert and access logs
    {
      id: 'xfcc: everything, in the place of what was sent',
      downstream: down(root, required, { tls_certificates: [server, serverEc] }),
      manager: xfcc('SANITIZE_SET', everything),
      clients: [client, {}, { ...revoked, ...tls12, head: sent }, { ...client, ...rsaOnly }],
    },
    {
      id: 'xfcc: APPEND_FORWARD',
      downstream: down(root),
      manager: xfcc('APPEND_FORWARD', { uri: true }),
      clients: [{ ...client, head: sent }, client, { head: sent }],
    },
    {
      id: 'xfcc: APPEND_FORWARD without names',
      downstream: down(root),
      manager: xfcc('APPEND_FORWARD', { dns: true, subject: false }),
      clients: [{ ...revoked, head: sent + sent }],
    },
    {
      id: 'xfcc: FORWARD_ONLY',
      downstream: down(root),
      manager: xfcc('FORWARD_ONLY', everything),
      clients: [{ ...client, head: sent }, { head: sent }],
    },
    {
      id: 'xfcc: ALWAYS_FORWARD_ONLY',
      downstream: down(root),
      manager: xfcc('ALWAYS_FORWARD_ONLY', everything),
      clients: [{ ...client, head: sent }, { head: sent }],
    },
    {
      id: 'xfcc: SANITIZE',
      downstream: down(root),
      manager: xfcc('SANITIZE', everything),
      clients: [{ ...client, head: sent }],
    },
    // ---- verification of clients
    {
      id: 'certificates are not asked for without anything to verify',
      downstream: down(undefined, required),
      clients: [client, {}],
    },
    { id: 'an empty validation context', downstream: down({}, required), clients: [client, {}] },
    { id: 'mTLS', downstream: down(root, required), clients: [client, {}] },
    {
      id: 'pin: hash, certificate required',
      downstream: down({ verify_certificate_hash: [hash] }, required),
      clients: three,
    },
    {
      id: 'pin: hash in capitals with colons',
      downstream: down({ verify_certificate_hash: [(hash.toUpperCase().match(/../g) ?? []).join(':')] }),
      clients: three,
    },
    { id: 'pin: public key', downstream: down({ verify_certificate_spki: [spki] }), clients: three },
    {
      id: 'pin: public key or hash, and a chain',
      downstream: down({
        ...root,
        verify_certificate_spki: [spki],
        verify_certificate_hash: ['0'.repeat(64)],
      }),
      clients: three,
    },
    {
      id: 'revocation lists of all authorities',
      downstream: down({ ...root, crl: file('all.crl') }),
      clients: three,
    },
    {
      id: 'revocation list of the root only',
      downstream: down({ ...root, crl: file('root.crl') }),
      clients: three,
    },
    {
      id: 'untrusted clients are accepted',
      downstream: down({ trusted_ca: file('two.pem'), trust_chain_verification: 'ACCEPT_UNTRUSTED' }),
      clients: three,
    },
    {
      id: 'untrusted clients are accepted, whatever their hash',
      downstream: down({
        trusted_ca: file('two.pem'),
        trust_chain_verification: 'ACCEPT_UNTRUSTED',
        verify_certificate_hash: [hash],
      }),
      clients: three,
    },
    { id: 'an unknown authority', downstream: down({ trusted_ca: file('two.pem') }), clients: [client] },
    {
      id: 'an authority that is not a root',
      downstream: down({ trusted_ca: file('inter.pem') }),
      clients: [client, { cert: text('client.pem'), key: text('client.key') }],
    },
    { id: 'name: exact DNS', downstream: down(named('DNS', { exact: 'client.example' })), clients: three },
    { id: 'name: DNS by suffix', downstream: down(named('DNS', { suffix: '.example' })), clients: three },
    { id: 'name: URI by prefix', downstream: down(named('URI', { prefix: 'spiffe://' })), clients: three },
    { id: 'name: IP', downstream: down(named('IP_ADDRESS', { exact: '10.1.2.3' })), clients: three },
    { id: 'name: email by a part', downstream: down(named('EMAIL', { contains: 'me@' })), clients: three },
    {
      id: 'name: DNS by an expression',
      downstream: down(named('DNS', { safe_regex: { regex: 'c[l0-9].*' } })),
      clients: three,
    },
    {
      id: 'name: otherName',
      downstream: down(named('OTHER_NAME', { exact: 'oname' }, { oid: '1.2.3.4' })),
      clients: three,
    },
    // ---- certificates of the server
    {
      id: 'the certificate by name and kind of key',
      downstream: several(),
      clients: [
        { servername: 'two.example' },
        { servername: 'one.example' },
        { servername: 'ONE.example', ...rsaOnly },
        { servername: 'a.wild.example' },
        { servername: 'a.b.wild.example' },
        { servername: 'wild.example' },
        { servername: 'unknown.example' },
        {},
        rsaOnly,
      ],
    },
    {
      id: 'full_scan_certs_on_sni_mismatch',
      downstream: several({ full_scan_certs_on_sni_mismatch: true }),
      clients: [
        { servername: 'unknown.example' },
        { servername: 'unknown.example', ...rsaOnly },
        {},
        { servername: 'two.example' },
      ],
    },
    {
      id: 'require_sni changes nothing',
      downstream: down(undefined, { require_sni: true }),
      clients: [{}, { servername: 'x.example' }],
    },
    {
      id: 'HTTP/2 is preferred where both have it',
      downstream: down(undefined, {}, { alpn_protocols: ['h2', 'http/1.1'] }),
      clients: [
        { ALPNProtocols: ['http/1.1'] },
        { ALPNProtocols: ['http/1.1', 'h2'] },
        { ALPNProtocols: ['unknown'] },
        {},
      ],
    },
    {
      id: 'the server chooses among protocols',
      downstream: down(undefined, {}, { alpn_protocols: ['x', 'http/1.1'] }),
      clients: [{ ALPNProtocols: ['http/1.1', 'x'] }, { ALPNProtocols: ['http/1.1'] }],
    },
    // ---- sessions
    { id: 'resumed with TLS 1.3', downstream: down(), clients: visits },
    { id: 'resumed with TLS 1.2', downstream: down(), clients: visits12 },
    {
      id: 'without tickets, TLS 1.2',
      downstream: down(undefined, { disable_stateless_session_resumption: true }),
      clients: visits12,
    },
    {
      id: 'without tickets, TLS 1.3',
      downstream: down(undefined, { disable_stateless_session_resumption: true }),
      clients: visits,
    },
    {
      id: 'without any sessions',
      downstream: down(undefined, {
        disable_stateless_session_resumption: true,
        disable_stateful_session_resumption: true,
      }),
      clients: visits12,
    },
    {
      id: 'ticket keys',
      downstream: down(undefined, {
        session_ticket_keys: { keys: [file('ticket-1.key'), file('ticket-2.key')] },
      }),
      clients: visits,
    },
    {
      id: 'mTLS, resumed',
      downstream: down(root, required),
      clients: [
        { ...client, save: 'a' },
        { ...client, resume: 'a' },
      ],
    },
    // ---- OCSP, PKCS #12
    {
      id: 'a staple',
      downstream: down(
        undefined,
        {},
        {
          tls_certificates: [pair('server-chain.pem', 'server.key', { ocsp_staple: file('server.ocsp') })],
        },
      ),
      clients: [{ requestOCSP: true }, {}],
    },
    { id: 'no staple', downstream: down(), clients: [{ requestOCSP: true }] },
    {
      id: 'no staple, strictly',
      downstream: down(undefined, { ocsp_staple_policy: 'STRICT_STAPLING' }),
      clients: [{ requestOCSP: true }],
    },
    {
      id: 'a staple that must be',
      downstream: down(
        undefined,
        { ocsp_staple_policy: 'MUST_STAPLE' },
        { tls_certificates: [pair('server-chain.pem', 'server.key', { ocsp_staple: file('server.ocsp') })] },
      ),
      clients: [{ requestOCSP: true }, tls12],
    },
    {
      id: 'PKCS #12',
      downstream: down(
        undefined,
        {},
        {
          tls_certificates: [{ pkcs12: file('server.p12'), password: { inline_string: 'secret' } }],
        },
      ),
    },
    // ---- secrets
    {
      id: 'static secrets',
      secrets: [
        { name: 'static-server', tls_certificate: server },
        { name: 'static-clients', validation_context: root },
        { name: 'static-tickets', session_ticket_keys: { keys: [file('ticket-1.key')] } },
      ],
      downstream: {
        common_tls_context: {
          tls_certificate_sds_secret_configs: [{ name: 'static-server' }],
          validation_context_sds_secret_config: { name: 'static-clients' },
        },
        session_ticket_keys_sds_secret_config: { name: 'static-tickets' },
      },
      clients: [{ ...client, save: 'a' }, { ...client, resume: 'a' }, {}],
    },
    {
      id: 'secrets of files',
      downstream: {
        common_tls_context: {
          tls_certificate_sds_secret_configs: [ofFile('file-server', { tls_certificate: server })],
          combined_validation_context: {
            default_validation_context: {
              match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'client.example' } }],
            },
            validation_context_sds_secret_config: ofFile('file-clients', { validation_context: root }),
          },
        },
      },
      clients: [client, revoked],
    },
    {
      id: 'upstream: secrets of files',
      upstream: {
        common_tls_context: {
          tls_certificate_sds_secret_configs: [
            ofFile('file-client', { tls_certificate: pair('client-chain.pem', 'client.key') }),
          ],
          validation_context_sds_secret_config: ofFile('file-upstream', { validation_context: root }),
        },
      },
      server: asking,
    },
    // ---- parameters
    { id: 'plain text on a TLS port', downstream: down(), clients: [{ plain: true }] },
    {
      id: 'an old version',
      downstream: down(),
      clients: [{ minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
    },
    {
      id: 'no common cipher',
      downstream: params({ ...older, cipher_suites: [aes256] }),
      clients: [{ ciphers: String(aes128) }, {}],
    },
    { id: 'the order of ciphers is ours', downstream: params(older), clients: twoOrders },
    {
      id: 'prefer_client_ciphers',
      downstream: params(older, { prefer_client_ciphers: true }),
      clients: twoOrders,
    },
    {
      id: "the order of ciphers of TLS 1.3 is the client's",
      downstream: down(),
      clients: [
        { ciphers: 'TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256' },
        { ciphers: 'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384' },
      ],
    },
    {
      id: 'curves of the server',
      downstream: params({ ecdh_curves: ['P-384', 'X25519'] }),
      clients: [{}, { ecdhCurve: 'P-256' }, { ecdhCurve: 'X25519' }],
    },
    {
      id: 'TLS 1.3 only',
      downstream: params({ tls_minimum_protocol_version: 'TLSv1_3' }),
      clients: [{}, tls12],
    },
    // ---- filter chains
    {
      id: 'chains by server name',
      listener: inspected,
      chains: (filters) => [
        matched(filters, 'exact', { server_names: ['www.example.com'] }),
        matched(filters, 'wild', { server_names: ['*.example.com'] }),
        matched(filters, 'deep', { server_names: ['*.deep.example.com'] }),
      ],
      clients: [
        'www.example.com',
        'WWW.EXAMPLE.COM',
        'a.example.com',
        'a.b.deep.example.com',
        'example.com',
      ].map((servername) => ({ servername })),
    },
    {
      id: 'a name that fits better hides a chain with the right protocol',
      listener: inspected,
      chains: (filters) => [
        matched(filters, 'name', { server_names: ['www.example.com'], application_protocols: ['x'] }),
        matched(filters, 'wild', { server_names: ['*.example.com'], application_protocols: ['http/1.1'] }),
        matched(filters, 'any', {}),
      ],
      clients: [
        { servername: 'www.example.com', ALPNProtocols: ['http/1.1'] },
        { servername: 'www.example.com', ALPNProtocols: ['x'] },
        { servername: 'a.example.com', ALPNProtocols: ['http/1.1'] },
        { servername: 'a.example.com' },
        {},
      ],
    },
    {
      id: 'chains by protocol: the first one of the client',
      listener: inspected,
      chains: (filters) => [
        matched(filters, 'x', { application_protocols: ['x'] }),
        matched(filters, 'y', { application_protocols: ['y', 'z'] }),
        matched(filters, 'none', {}),
      ],
      clients: [['x', 'y'], ['y', 'x'], ['q', 'z', 'x'], ['q']].map((ALPNProtocols) => ({ ALPNProtocols })),
    },
    {
      id: 'plain text and TLS on one port',
      listener: inspected,
      chains: (filters) => [
        matched(filters, 'tls', { transport_protocol: 'tls' }),
        matched(filters, 'raw', { transport_protocol: 'raw_buffer' }, {}),
      ],
      clients: [{}, { plain: true }],
    },
    {
      id: 'a name goes before the transport protocol',
      listener: inspected,
      chains: (filters) => [
        matched(
          filters,
          'raw with the name',
          { transport_protocol: 'raw_buffer', server_names: ['a.example'] },
          {},
        ),
        matched(filters, 'tls', { transport_protocol: 'tls' }),
      ],
      clients: [{ servername: 'a.example' }, { servername: 'b.example' }],
    },
    {
      id: 'chains by address, before the name',
      chains: (filters) => [
        matched(filters, 'other', { prefix_ranges: [{ address_prefix: other, prefix_len: 32 }] }),
        matched(filters, 'wide', { prefix_ranges: [{ address_prefix: '127.0.0.0', prefix_len: 8 }] }),
        matched(filters, 'named', { server_names: ['a.example'] }),
      ],
      listener: alsoOther,
      clients: [{ to: other }, {}, { servername: 'a.example' }],
    },
    {
      id: 'chains by the address of the client',
      listener: inspected,
      chains: (filters) => [
        matched(filters, 'one', { source_prefix_ranges: [{ address_prefix: '127.0.0.3', prefix_len: 32 }] }),
        matched(filters, 'direct', {
          direct_source_prefix_ranges: [{ address_prefix: '127.0.0.4', prefix_len: 31 }],
        }),
        matched(filters, 'rest', {}),
      ],
      clients: ['127.0.0.3', '127.0.0.4', '127.0.0.5', '127.0.0.6'].map((localAddress) => ({ localAddress })),
    },
    {
      id: 'chains by where the client is',
      listener: inspected,
      chains: (filters) => [
        matched(filters, 'local', { source_type: 'SAME_IP_OR_LOOPBACK' }),
        matched(filters, 'external', { source_type: 'EXTERNAL' }),
      ],
    },
    {
      id: 'the default chain',
      listener: inspected,
      chains: (filters) => [matched(filters, 'named', { server_names: ['a.example'] })],
      clients: [{ servername: 'a.example' }, { servername: 'b.example' }, {}],
    },
    {
      id: 'without an inspector nothing is known of the first message',
      chains: (filters) => [
        matched(filters, 'name', { server_names: ['www.example.com'] }),
        matched(filters, 'protocol', { application_protocols: ['x'] }),
        matched(filters, 'any', {}),
      ],
      clients: [{ servername: 'www.example.com', ALPNProtocols: ['x'] }, {}],
    },
    // ---- towards upstreams
    { id: 'upstream: resumed', upstream: up(), server: served, clients: [{}, {}] },
    { id: 'upstream: verified', upstream: up(root, {}, { sni: 'one.example' }), server: served },
    { id: 'upstream: an unknown authority', upstream: up({ trusted_ca: file('two.pem') }), server: served },
    {
      id: 'upstream: a key that may not sign',
      upstream: up(root),
      server: { ...served, cert: text('root.pem'), key: text('root.key') },
    },
    {
      id: 'upstream: the authority between is missing',
      upstream: up(root),
      server: { ...served, cert: text('server.pem') },
    },
    { id: 'upstream: another name', upstream: up(named('DNS', { exact: 'nope' })), server: served },
    { id: 'upstream: the right name', upstream: up(named('IP_ADDRESS', { exact: '::1' })), server: served },
    {
      id: 'upstream: a wildcard for the name',
      upstream: up(named('DNS', { exact: 'a.wild.example' })),
      server: served,
    },
    { id: 'upstream: the right hash', upstream: up({ verify_certificate_hash: [leafHash] }), server: served },
    {
      id: 'upstream: another hash',
      upstream: up({ verify_certificate_hash: ['00'.repeat(32)] }),
      server: served,
    },
    {
      id: 'upstream: untrusted is accepted',
      upstream: up({
        ...named('DNS', { exact: 'nope' }),
        trusted_ca: file('two.pem'),
        trust_chain_verification: 'ACCEPT_UNTRUSTED',
      }),
      server: served,
    },
    {
      id: 'upstream: with revocation lists',
      upstream: up({ ...root, crl: file('all.crl') }),
      server: served,
    },
    {
      id: 'upstream: auto_host_sni',
      upstream: up(root, {}, { auto_host_sni: true, sni: 'x.example', auto_sni_san_validation: true }),
      endpoint: { hostname: 'one.example' },
      server: served,
    },
    {
      id: 'upstream: auto_host_sni without a name',
      upstream: up(root, {}, { auto_host_sni: true, sni: 'x.example' }),
      server: served,
    },
    {
      id: 'upstream: auto_sni_san_validation fails',
      upstream: up(root, {}, { auto_host_sni: true, auto_sni_san_validation: true }),
      endpoint: { hostname: 'bad.example' },
      server: served,
    },
    {
      id: 'upstream: auto_sni_san_validation without a name',
      upstream: up(root, {}, { auto_sni_san_validation: true }),
      server: served,
    },
    {
      id: 'upstream: auto_sni_san_validation by a wildcard',
      upstream: up(root, {}, { sni: 'a.wild.example', auto_sni_san_validation: true }),
      server: served,
    },
    {
      id: 'upstream: a wildcard is for one label',
      upstream: up(root, {}, { sni: 'a.b.wild.example', auto_sni_san_validation: true }),
      server: served,
    },
    {
      id: 'upstream: auto_sni',
      upstream: up(root),
      cluster: protocolOptions({ auto_sni: true }),
      server: served,
    },
    {
      id: 'upstream: auto_san_validation',
      upstream: up(root),
      cluster: protocolOptions({
        auto_sni: true,
        auto_san_validation: true,
        override_auto_sni_header: 'x-name',
      }),
      server: served,
      clients: ['127.0.0.1:99', 'a.wild.example', 'spiffe://srv/one', 'A.b:99', ''].map((name) => ({
        head: `x-name: ${name}\r\n`,
      })),
    },
    {
      id: 'upstream: auto_sni goes before auto_host_sni',
      upstream: up(undefined, {}, { auto_host_sni: true }),
      endpoint: { hostname: 'ep.example' },
      cluster: protocolOptions({ auto_sni: true }),
      server: served,
    },
    { id: 'upstream: alpn_protocols', upstream: up(undefined, { alpn_protocols: ['x'] }), server: served },
    {
      id: 'upstream: our certificate',
      upstream: up(root, { tls_certificates: [pair('client-chain.pem', 'client.key')] }),
      server: asking,
    },
    {
      id: 'upstream: our certificate is missing',
      upstream: up(root),
      server: { ...asking, rejectUnauthorized: true, maxVersion: 'TLSv1.2' },
    },
    {
      id: 'upstream: our certificate is missing, TLS 1.3',
      upstream: up(root, upTo13),
      server: { ...asking, rejectUnauthorized: true },
    },
    {
      id: 'upstream: no common cipher',
      upstream: up(undefined, { tls_params: { cipher_suites: [aes256] } }),
      server: { ...served, ciphers: String(aes128) },
    },
    {
      id: 'upstream: no common curve',
      upstream: up(undefined, { tls_params: { ecdh_curves: ['P-256'] } }),
      server: { ...served, ecdhCurve: 'P-384' },
    },
    { id: 'upstream: no common version', upstream: up(), server: { ...served, minVersion: 'TLSv1.3' } },
    { id: 'upstream: TLS 1.3, resumed', upstream: up(root, upTo13), server: served, clients: [{}, {}] },
    {
      id: 'upstream: max_session_keys 0',
      upstream: up(root, {}, { max_session_keys: 0 }),
      server: served,
      clients: [{}, {}],
    },
    { id: 'upstream: plain text', upstream: up() },
  ];
}

export async function run(context: {
  readonly envoyBin: string;
  readonly root: string;
}): Promise<{ passed: number; failed: number; lines: string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-tls-certificates-'));
  try {
    return await runTlsParity(casesOf(new TlsCertificates(folder)), known, context);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
