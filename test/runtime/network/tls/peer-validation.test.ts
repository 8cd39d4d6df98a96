import { X509Certificate } from 'node:crypto';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../../runtime/network/filter.js';
import { readCertificateFacts } from '../../../../runtime/network/tls/certificate-facts.js';
import type { PeerEvidence } from '../../../../runtime/network/tls/peer-validation.js';
import { compilePeerValidation, dnsNameFits } from '../../../../runtime/network/tls/peer-validation.js';
import { caCrl, caPem, clientPem, serverPem } from '../../../support/certificates.js';

const factsOf = (pem: string) => readCertificateFacts(new X509Certificate(pem).raw);
const client = factsOf(clientPem);
const server = factsOf(serverPem);
const root = { trusted_ca: { inline_string: caPem } };

/** What is said of a peer: `good`, `taken` in spite of an error, or the error. */
function verdict(context: object, evidence: Partial<PeerEvidence> = {}): string {
  const validation = compilePeerValidation(context as never, []);
  const { error, isAccepted } = validation.verify({ chainError: undefined, chain: [client], ...evidence });
  if (error === undefined) return isAccepted ? 'good' : 'refused without a reason';
  return `${isAccepted ? 'taken' : error.counter}: ${error.detail}`;
}

const named = (san_type: string, matcher: object, oid = '') => ({
  ...root,
  match_typed_subject_alt_names: [{ san_type, matcher, oid }],
});

const names: readonly [object, boolean][] = [
  [named('DNS', { exact: 'client.example' }), true],
  [named('DNS', { exact: 'CLIENT.example' }), true],
  [named('DNS', { exact: 'other.example' }), false],
  [named('URI', { exact: 'client.example' }), false],
  [named('URI', { prefix: 'spiffe://td/' }), true],
  [named('URI', { suffix: 'z=q' }), true],
  [named('EMAIL', { contains: '@client' }), true],
  [named('EMAIL', { exact: 'ME@client.example', ignore_case: true }), true],
  [named('IP_ADDRESS', { exact: 'fe80::1:0:0:2' }), true],
  [named('IP_ADDRESS', { safe_regex: { regex: '10\\..*' } }), true],
  [named('IP_ADDRESS', { safe_regex: { regex: '10' } }), false],
  [named('OTHER_NAME', { exact: 'oname' }, '1.2.3.4'), true],
  [named('OTHER_NAME', { exact: 'oname' }, '1.2.3.5'), false],
  [{ ...root, match_subject_alt_names: [{ exact: 'me@client.example' }] }, true],
  [{ ...root, match_subject_alt_names: [{ exact: 'oname' }] }, false],
];

for (const [context, fits] of names) {
  test(`${fits ? 'fits' : 'does not fit'}: ${JSON.stringify({ ...context, trusted_ca: 0 })}`, () => {
    const found = verdict(context);
    if (fits) assert.is(found, 'good');
    else {
      assert.is(
        found,
        'failVerifySan: SAN matcher, certificate SANs are [spiffe://td/ab, https://x/y;z=q, client.example, me@client.example, 10.1.2.3, fe80::1:0:0:2, oname]',
      );
    }
  });
}

test('a wildcard of a certificate stands for one label', () => {
  assert.ok(dnsNameFits('*.a.example', 'B.A.example'));
  for (const name of ['a.example', 'c.b.a.example', '.a.example', 'b.a.example.']) {
    assert.not.ok(dnsNameFits('*.a.example', name), name);
  }
  assert.is(verdict(named('DNS', { exact: 'x.wild.example' }), { chain: [server] }), 'good');
  // Only one whole name may be meant by a wildcard; parts are compared as they stand.
  assert.match(verdict(named('DNS', { prefix: 'x.wild' }), { chain: [server] }), /^failVerifySan/);
});

test('hashes of the certificate and of its key', () => {
  const other = '0'.repeat(64);
  const colons = (client.sha256.toUpperCase().match(/../g) ?? []).join(':');
  assert.is(verdict({ verify_certificate_hash: [other, client.sha256] }), 'good');
  assert.is(verdict({ verify_certificate_hash: [colons] }), 'good');
  assert.is(
    verdict({ verify_certificate_spki: [client.spkiSha256], verify_certificate_hash: [other] }),
    'good',
  );
  assert.is(
    verdict({ verify_certificate_spki: [server.spkiSha256] }),
    'failVerifyCertHash: cert hash and spki',
  );
  // Without an authority nobody asks who has signed it.
  assert.is(verdict({ verify_certificate_hash: [client.sha256] }, { chainError: 'CERT_UNTRUSTED' }), 'good');
});

test('the chain comes first, and tells where it broke', () => {
  const context = { ...root, verify_certificate_hash: ['0'.repeat(64)] };
  assert.is(
    verdict(context, { chainError: 'CERT_REVOKED' }),
    'failVerifyError: X509_verify_cert: certificate verification error at depth 0: certificate revoked',
  );
  const chain = [client, { ...server, subject: client.issuer }];
  assert.is(
    verdict(context, { chain, chainError: 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY' }),
    'failVerifyError: X509_verify_cert: certificate verification error at depth 1: unable to get local issuer certificate',
  );
});

test('ACCEPT_UNTRUSTED takes all, and counts', () => {
  const context = { ...named('DNS', { exact: 'x' }), trust_chain_verification: 'ACCEPT_UNTRUSTED' };
  assert.match(verdict(context), /^taken: SAN matcher/);
  assert.match(verdict(context, { chainError: 'CERT_HAS_EXPIRED' }), /^taken: .*certificate has expired/);
  assert.not.ok(compilePeerValidation(context, []).needsCertificate);
});

test('the name that was asked for goes instead of the configured ones; expected names come first', () => {
  const context = named('DNS', { exact: 'client.example' });
  assert.is(verdict(context, { chain: [server], serverName: 'one.example' }), 'good');
  assert.match(verdict(context, { serverName: 'one.example' }), /^failVerifySan: SAN matcher/);
  assert.is(verdict(root, { expectedNames: ['10.1.2.3'] }), 'good');
  assert.match(
    verdict(root, { expectedNames: ['a', 'b'] }),
    /^failVerifySan: verify SAN list, expected SANs: \[a, b\], certificate SANs: \[/,
  );
});

test('what is asked of clients follows from what is verified', () => {
  const of = (context: object) => {
    const { chainDecides, isActive, needsCertificate } = compilePeerValidation(context as never, []);
    return [isActive, needsCertificate, chainDecides];
  };
  assert.equal(of({}), [false, false, false]);
  assert.equal(of(root), [true, false, true]);
  assert.equal(of(named('DNS', { exact: 'x' })), [true, true, true]);
  assert.equal(of({ verify_certificate_hash: ['0'.repeat(64)] }), [true, true, false]);
  assert.equal(of({ ...root, trust_chain_verification: 'ACCEPT_UNTRUSTED' }), [true, false, false]);
});

test('revocation lists are taken from either file', () => {
  const lists = (context: object) => compilePeerValidation(context as never, []).options.crl;
  assert.is((lists({ ...root, crl: { inline_string: caCrl } }) as string[]).length, 1);
  const joined = { trusted_ca: { inline_string: caPem + caCrl }, crl: { inline_string: caCrl } };
  assert.is((lists(joined) as string[]).length, 2);
  assert.is(lists(root), undefined);
});

const bad: readonly [object, string, RegExp][] = [
  [
    { match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'a' } }] },
    '',
    /without trusted CA is insecure/,
  ],
  [
    { trusted_ca: { inline_string: serverPem.slice(0, 200) } },
    'trusted_ca',
    /Failed to load trusted CA certificates/,
  ],
  [{ crl: { inline_string: caCrl } }, 'crl', /Failed to load CRL from <inline> without trusted CA/],
  [{ ...root, crl: { inline_string: 'x' } }, 'crl', /Failed to load CRL from <inline>/],
  [{ verify_certificate_hash: ['g'.repeat(64)] }, 'verify_certificate_hash.0', /Invalid hex-encoded SHA-256/],
  [{ verify_certificate_spki: ['AAAA'] }, 'verify_certificate_spki.0', /Invalid base64-encoded SHA-256/],
  [named('OTHER_NAME', { exact: 'a' }), 'match_typed_subject_alt_names.0.oid', /OTHER_NAME with OID/],
  [{ trusted_ca: { filename: '/nowhere/ca.pem' } }, 'trusted_ca.filename', /\/nowhere\/ca\.pem/],
];

for (const [context, path, message] of bad) {
  test(`refused: ${message}`, () => {
    try {
      compilePeerValidation(context as never, []);
    } catch (error) {
      assert.instance(error, ConfigError);
      assert.match((error as ConfigError).message, message);
      assert.is((error as ConfigError).path.join('.'), path);
      return;
    }
    assert.unreachable('it was accepted');
  });
}

test.run();
