/** As measured on Envoy 1.40 (suite tls-parity). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseCertificate } from '../../../runtime/listener/certificate-choice.js';
import type { ClientHello } from '../../../runtime/listener/client-hello.js';
import { emptyClientHello } from '../../../runtime/listener/client-hello.js';
import type { KeyPair } from '../../../runtime/network/tls/key-pair.js';

const pair = (path: string, keyType: string, ...names: string[]): KeyPair =>
  ({ path, keyType, curve: keyType === 'ec' ? 'prime256v1' : undefined, names }) as unknown as KeyPair;

const pairs = [
  pair('rsa', 'rsa', 'one.example', '*.wild.example'),
  pair('two', 'rsa', 'two.example'),
  pair('ec', 'ec', 'one.example', '*.wild.example'),
];

const modern: ClientHello = {
  ...emptyClientHello,
  offersTls13: true,
  signatureSchemes: [0x0403, 0x0804],
  groups: [29, 23],
};
const rsaOnly: ClientHello = { ...modern, signatureSchemes: [0x0804] };

function chosen(serverName: string, hello = modern, scansAll = false, among = pairs): string {
  return chooseCertificate(among, { ...hello, serverName }, scansAll).path;
}

test('by its very name, else by a wildcard of one label; ECDSA where the client can', () => {
  assert.is(chosen('two.example'), 'two');
  assert.is(chosen('one.example'), 'ec');
  assert.is(chosen('one.example', rsaOnly), 'rsa');
  assert.is(chosen('a.wild.example'), 'ec');
});

test('an unknown name gets the first, or what fits the client when all are looked at', () => {
  for (const name of ['a.b.wild.example', 'wild.example', 'unknown.example', 'localhost']) {
    assert.is(chosen(name), 'rsa', name);
    assert.is(chosen(name, modern, true), 'ec', name);
    assert.is(chosen(name, rsaOnly, true), 'rsa', name);
  }
});

test('without a name what fits the client', () => {
  assert.is(chosen(''), 'ec');
  assert.is(chosen('', rsaOnly), 'rsa');
});

test('what a client can verify: scheme, group, and a suite before TLS 1.3', () => {
  assert.is(chosen('', { ...modern, groups: [29] }), 'rsa');
  assert.is(chosen('', { ...modern, groups: [] }), 'ec', 'nothing is said of groups');
  const tls12 = { ...modern, offersTls13: false };
  assert.is(chosen('', tls12), 'rsa');
  assert.is(chosen('', { ...tls12, cipherSuites: [0xc02b] }), 'ec');
});

test('there is always one', () => {
  const only = [pair('ec', 'ec', 'one.example')];
  assert.is(chosen('one.example', rsaOnly, false, only), 'ec');
  assert.is(chosen('', emptyClientHello, false, only), 'ec');
  const two = [pair('a', 'ec', 'a.example'), pair('b', 'ec', 'b.example')];
  assert.is(chosen('b.example', rsaOnly, false, two), 'a');
});

test.run();
