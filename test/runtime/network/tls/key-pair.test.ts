import { createPrivateKey } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ConfigError } from '../../../../runtime/network/filter.js';
import { readKeyPair } from '../../../../runtime/network/tls/key-pair.js';
import {
  clientKey,
  clientPem,
  serverKey,
  serverOcsp,
  serverP12,
  serverPem,
} from '../../../support/certificates.js';

const inline = (text: string) => ({ inline_string: text });
const bytes = (octets: Buffer) => ({ inline_bytes: octets.toString('base64') });
const server = { certificate_chain: inline(serverPem), private_key: inline(serverKey) };

test('PEM: the names that it is shown for', () => {
  const pair = readKeyPair(server, []);
  assert.equal(pair.names, ['one.example', '*.wild.example']);
  assert.is(pair.keyType, 'ec');
  assert.is(pair.curve, 'prime256v1');
  createSecureContext(pair.options);
});

test('without DNS names the common name counts', async () => {
  const made = await generate([{ name: 'commonName', value: 'Only.Example' }], {
    keyType: 'ec',
    extensions: [{ name: 'basicConstraints', cA: false }],
  });
  const pair = readKeyPair({ certificate_chain: inline(made.cert), private_key: inline(made.private) }, []);
  assert.equal(pair.names, ['only.example']);
});

test('a key behind a password', () => {
  const locked = createPrivateKey(serverKey).export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-128-cbc',
    passphrase: 'secret',
  });
  const config = { ...server, private_key: inline(String(locked)) };
  createSecureContext(readKeyPair({ ...config, password: inline('secret') }, []).options);
  assert.throws(
    () => readKeyPair({ ...config, password: inline('wrong') }, []),
    /Failed to load private key from <inline>, Cause: /,
  );
  assert.throws(() => readKeyPair(config, []), /Failed to load private key from <inline>, Cause: /);
});

test('PKCS #12', () => {
  const pair = readKeyPair({ pkcs12: bytes(serverP12), password: inline('secret') }, []);
  assert.equal(pair.names, ['one.example', '*.wild.example']);
  assert.is(pair.facts.sha256, readKeyPair(server, []).facts.sha256);
  createSecureContext(pair.options);
});

test('a staple, until when it holds, and whose it is', () => {
  const pair = readKeyPair({ ...server, ocsp_staple: bytes(serverOcsp) }, []);
  assert.equal(pair.staple?.response, serverOcsp);
  assert.ok((pair.staple?.expiresAt ?? 0) > (pair.staple?.validFrom ?? 0));
  assert.ok((pair.staple?.validFrom ?? 0) > Date.UTC(2026, 0));
});

function refusal(config: object): string {
  try {
    readKeyPair(config as never, ['here']);
  } catch (error) {
    assert.instance(error, ConfigError);
    return `${(error as ConfigError).path.join('.')}: ${(error as Error).message}`;
  }
  return 'accepted';
}

const small = await generate([{ name: 'commonName', value: 'small' }], { keySize: 1024 });
const bad: readonly [string, object, RegExp][] = [
  ['no chain', { private_key: inline('x') }, /^here: .*certificate chain not set/],
  ['no key', { certificate_chain: inline('x') }, /^here: Failed to load incomplete private key/],
  [
    'the key of another',
    { ...server, private_key: inline(clientKey) },
    /^here\.private_key: Failed to load private key from <inline>, Cause: .*KEY_VALUES_MISMATCH/,
  ],
  [
    'no certificate',
    { ...server, certificate_chain: inline('x') },
    /^here\.certificate_chain: Failed to load certificate chain/,
  ],
  [
    'a short key',
    { certificate_chain: inline(small.cert), private_key: inline(small.private) },
    /only RSA certificates with 2048-bit or larger keys/,
  ],
  [
    'a wrong password',
    { pkcs12: bytes(serverP12), password: inline('x') },
    /^here\.pkcs12: Failed to load pkcs12/,
  ],
  [
    'both forms',
    { ...server, pkcs12: bytes(serverP12) },
    /^here: .*can't have both pkcs12 and certificate_chain/,
  ],
  [
    "another one's staple",
    { certificate_chain: inline(clientPem), private_key: inline(clientKey), ocsp_staple: bytes(serverOcsp) },
    /^here\.ocsp_staple: OCSP response does not match its TLS certificate/,
  ],
  ['no staple', { ...server, ocsp_staple: inline('x') }, /^here\.ocsp_staple: it is no OCSP response/],
  [
    'no file',
    { ...server, private_key: { filename: '/nowhere/a.key' } },
    /^here\.private_key\.filename: .*\/nowhere\/a\.key/,
  ],
];

for (const [name, config, message] of bad) {
  test(`refused: ${name}`, () => assert.match(refusal(config), message));
}

test.run();
