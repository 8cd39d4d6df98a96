/** Values as measured on Envoy 1.40 (suite tls-parity). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { clientCertificateHeader } from '../../../runtime/http/client-certificate-header.js';
import type { CertificateFacts } from '../../../runtime/network/tls/certificate-facts.js';
import { caPem, clientPem } from '../../support/certificates.js';
import { clientFacts, connectionTlsOf, serverFacts } from '../../support/connection-tls.js';

const name = 'x-forwarded-client-cert';
const mutual = connectionTlsOf();
const oneSided = connectionTlsOf({ peerChain: [] });

/** The headers behind it. @param before what the client sent, if it may stay */
function written(mode: string, details: object, tls = mutual, before?: string): string {
  const header = clientCertificateHeader({
    forward_client_cert_details: mode,
    set_current_client_cert_details: details,
  });
  const headers = [
    'host',
    'a',
    ...(before !== undefined && header.isForwarded(tls) ? [name, before] : []),
    'z',
    '',
  ];
  header.write(headers, tls);
  return headers.join('|');
}

/** The same certificate with other names. */
const withNames = (
  facts: CertificateFacts,
  alternateNames: CertificateFacts['alternateNames'],
): CertificateFacts =>
  Object.create(facts, { alternateNames: { value: alternateNames } }) as CertificateFacts;

const hash = `Hash=${clientFacts.sha256}`;

test('whatever is asked for, in the order of Envoy', () => {
  const everything = { dns: true, uri: true, subject: true, chain: true, cert: true };
  const pem = encodeURIComponent(clientPem);
  assert.is(
    written('SANITIZE_SET', everything),
    `host|a|z||${name}|${[
      hash,
      `Cert="${pem}"`,
      `Chain="${pem}${encodeURIComponent(caPem)}"`,
      'Subject="UID=7+CN=me,OU=\\#1\\ ,O=\\C3\\9Cn\\C3\\AF\\;c=o,ST=B\\, \\"x\\",C=DE"',
      'URI=spiffe://td/ab',
      'URI=https://x/y;z=q',
      'DNS=client.example',
    ].join(';')}`,
  );
});

test('without a name of the kind: URI is empty, DNS is not there', () => {
  const tls = connectionTlsOf({ peerChain: [withNames(clientFacts, [])] });
  assert.is(written('SANITIZE_SET', { uri: true, dns: true }, tls), `host|a|z||${name}|${hash};URI=`);
});

test('By tells all our URIs', () => {
  const local = withNames(serverFacts, clientFacts.alternateNames);
  assert.is(
    written('SANITIZE_SET', {}, connectionTlsOf({ local })),
    `host|a|z||${name}|By=spiffe://td/ab;By=https://x/y;z=q;${hash}`,
  );
});

test('the modes', () => {
  const before = 'By=x;Hash=1';
  assert.is(written('SANITIZE', {}, mutual, before), 'host|a|z|');
  assert.is(written('SANITIZE_SET', {}, mutual, before), `host|a|${name}|${hash}|z|`);
  assert.is(written('APPEND_FORWARD', {}, mutual, before), `host|a|${name}|${before},${hash}|z|`);
  assert.is(written('APPEND_FORWARD', {}, mutual), `host|a|z||${name}|${hash}`);
  assert.is(written('FORWARD_ONLY', {}, mutual, before), `host|a|${name}|${before}|z|`);
  assert.is(written('ALWAYS_FORWARD_ONLY', {}, mutual, before), `host|a|${name}|${before}|z|`);
});

test('without a certificate of the client nothing is written, and only one mode forwards', () => {
  for (const mode of ['SANITIZE', 'SANITIZE_SET', 'APPEND_FORWARD', 'FORWARD_ONLY']) {
    assert.is(written(mode, { uri: true }, oneSided, 'By=x'), 'host|a|z|', mode);
  }
  assert.is(written('ALWAYS_FORWARD_ONLY', {}, oneSided, 'By=x'), `host|a|${name}|By=x|z|`);
});

test.run();
