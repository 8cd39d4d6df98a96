/** Values as measured on Envoy 1.40 (suite tls-parity). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFormat } from '../../../runtime/access-log/formatter.js';
import { caFacts, clientFacts, connectionTlsOf } from '../../support/connection-tls.js';
import { streamInfoOf } from '../../support/stream-info.js';

const both = streamInfoOf({
  downstreamTls: connectionTlsOf({ sessionId: 'ab' }),
  upstreamTls: connectionTlsOf({ version: 'TLSv1.2', local: undefined }),
});
const plain = streamInfoOf();

const values: readonly (readonly [string, string])[] = [
  ['DOWNSTREAM_TLS_VERSION', 'TLSv1.3'],
  ['DOWNSTREAM_TLS_CIPHER', 'TLS_AES_128_GCM_SHA256'],
  ['DOWNSTREAM_TLS_GROUP', 'X25519'],
  ['DOWNSTREAM_TLS_SESSION_ID', 'ab'],
  ['DOWNSTREAM_PEER_URI_SAN', 'spiffe://td/ab,https://x/y;z=q'],
  ['DOWNSTREAM_PEER_IP_SAN', '10.1.2.3,fe80::1:0:0:2'],
  ['DOWNSTREAM_PEER_EMAIL_SAN', 'me@client.example'],
  ['DOWNSTREAM_PEER_OTHERNAME_SAN', 'oname'],
  ['DOWNSTREAM_PEER_SERIAL', clientFacts.serial],
  ['DOWNSTREAM_PEER_CHAIN_SERIALS', `${clientFacts.serial},${caFacts.serial}`],
  ['DOWNSTREAM_PEER_FINGERPRINT_1', clientFacts.sha1],
  ['DOWNSTREAM_PEER_ISSUER', 'CN=Root'],
  ['DOWNSTREAM_PEER_ISSUER_FINGERPRINT_256', caFacts.sha256],
  ['DOWNSTREAM_PEER_CERT', encodeURIComponent(clientFacts.pem)],
  ['DOWNSTREAM_PEER_CERT_V_START', '2020-01-01T00:00:00.000Z'],
  ['DOWNSTREAM_PEER_CERT_V_END(%Y)', '2119'],
  ['DOWNSTREAM_LOCAL_SUBJECT', 'CN=one.example,O=Srv'],
  ['DOWNSTREAM_LOCAL_DNS_SAN', 'one.example,*.wild.example'],
  ['DOWNSTREAM_LOCAL_EMAIL_SAN', '-'],
  ['UPSTREAM_TLS_VERSION', 'TLSv1.2'],
  ['UPSTREAM_TLS_SESSION_ID', '-'],
  ['UPSTREAM_PEER_DNS_SAN', 'client.example'],
  ['UPSTREAM_LOCAL_DNS_SAN', '-'],
  ['UPSTREAM_SERVER_NAME', 'one.example'],
];

for (const [command, expected] of values) {
  test(`%${command}%`, () => {
    assert.is(compileFormat(`%${command}%`)(both), expected);
    assert.is(compileFormat(`%${command}%`)(plain), '-');
  });
}

test('what Envoy does not have is refused', () => {
  assert.throws(() => compileFormat('%UPSTREAM_LOCAL_SUBJECT%'), /Not supported field in StreamInfo/);
  assert.throws(() => compileFormat('%DOWNSTREAM_TLS_VERSION(x)%'), /does not take any parameters/);
});

test.run();
