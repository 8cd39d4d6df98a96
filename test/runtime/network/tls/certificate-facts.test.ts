import { X509Certificate } from 'node:crypto';
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  namesOfKind,
  pemCertificates,
  readCertificateFacts,
} from '../../../../runtime/network/tls/certificate-facts.js';
import { caPem, clientPem, serverPem } from '../../../support/certificates.js';

const factsOf = (pem: string) => readCertificateFacts(new X509Certificate(pem).raw);

test('what OpenSSL says of a certificate is found', () => {
  const facts = factsOf(clientPem);
  // `openssl x509 -subject -nameopt RFC2253 -serial -fingerprint`
  assert.is(facts.subject, 'UID=7+CN=me,OU=\\#1\\ ,O=\\C3\\9Cn\\C3\\AF\\;c=o,ST=B\\, \\"x\\",C=DE');
  assert.is(facts.issuer, 'CN=Root');
  assert.is(facts.commonName, 'me');
  assert.is(facts.serial, '61cee8ae6e52b34799d9c4d8307c0ddfc9ef889b');
  assert.is(facts.sha256, 'd946e2b65c1e6db1cc594cd94ad66e6bf06aee6c724486deefa5bc6d7b092584');
  assert.is(facts.spkiSha256, 'XnmwMCWKZ/SFiyJpLz0xJ0ceW9gahM7Fei1z4jEcnug=');
  assert.is(facts.pem, clientPem);
  const { validFrom, validTo } = new X509Certificate(clientPem);
  assert.is(facts.notBefore, Date.parse(validFrom));
  assert.is(facts.notAfter, Date.parse(validTo));
});

test('names of all kinds are found', () => {
  const facts = factsOf(clientPem);
  assert.equal(namesOfKind(facts, 'URI'), ['spiffe://td/ab', 'https://x/y;z=q']);
  assert.equal(namesOfKind(facts, 'DNS'), ['client.example']);
  assert.equal(namesOfKind(facts, 'EMAIL'), ['me@client.example']);
  assert.equal(namesOfKind(facts, 'IP_ADDRESS'), ['10.1.2.3', 'fe80::1:0:0:2']);
  assert.equal(
    facts.alternateNames.filter(({ kind }) => kind === 'OTHER_NAME'),
    [{ kind: 'OTHER_NAME', value: 'oname', oid: '1.2.3.4' }],
  );
});

test('what a key may do is found', () => {
  assert.ok(factsOf(serverPem).maySign);
  assert.not.ok(factsOf(caPem).maySign, 'it signs certificates and nothing else');
  assert.ok(factsOf(clientPem).maySign, 'nothing is said');
  assert.not.ok(factsOf(clientPem).isRsa);
});

test('all certificates of a PEM are found, with whatever is between them', () => {
  const both = Buffer.from(`first\n${serverPem}\nsecond\n${caPem}`);
  assert.equal(
    pemCertificates(both).map((der) => readCertificateFacts(der).commonName),
    ['one.example', 'Root'],
  );
  assert.equal(pemCertificates(Buffer.from('none')), []);
});

test('octets that are no certificate are an error, never anything else', () => {
  const { raw } = new X509Certificate(clientPem);
  fc.assert(
    fc.property(fc.nat(raw.length - 1), fc.integer({ min: 0, max: 255 }), fc.boolean(), (at, octet, cuts) => {
      const changed = Buffer.from(raw);
      changed[at] = octet;
      try {
        readCertificateFacts(cuts ? changed.subarray(0, at) : changed);
      } catch (error) {
        assert.instance(error, Error);
      }
    }),
    { numRuns: 500 },
  );
});

test.run();
