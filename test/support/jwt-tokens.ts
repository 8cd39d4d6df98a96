/**
 * Keys made for this run, and tokens signed by them.
 */
import type { KeyObject } from 'node:crypto';
import { constants, createHmac, generateKeyPairSync, sign } from 'node:crypto';

type Json = Record<string, unknown>;

export const encode = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const otherRsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const curves = {
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
};
const ed25519 = generateKeyPairSync('ed25519');
const secret = Buffer.from('a secret of more than thirty-two octets');

const jwk = (key: KeyObject, kid: string): Json => ({ ...key.export({ format: 'jwk' }), kid });

/** Public keys by their ids: `rsa`, `ES256`, ..., `oct`, `ed`. */
export const publicKeys: readonly Json[] = [
  jwk(rsa.publicKey, 'rsa'),
  ...Object.entries(curves).map(([name, { publicKey }]) => jwk(publicKey, name)),
  { kty: 'oct', kid: 'oct', k: secret.toString('base64url') },
  jwk(ed25519.publicKey, 'ed'),
];

/** The set as JSON. */
export const keySet: string = JSON.stringify({ keys: publicKeys });
/** With the key `rsa` only. */
export const rsaKeySet: string = JSON.stringify({ keys: publicKeys.slice(0, 1) });
/** A key that no token is signed by. */
export const otherKeySet: string = JSON.stringify({ keys: [jwk(otherRsa.publicKey, 'rsa')] });

function signatureOf(algorithm: string, text: string): Buffer {
  const octets = Buffer.from(text);
  const hash = `sha${/\d+$/.exec(algorithm)?.[0] ?? '256'}`;
  if (algorithm.startsWith('HS')) return createHmac(hash, secret).update(octets).digest();
  if (algorithm === 'EdDSA') return sign(null, octets, ed25519.privateKey);
  if (algorithm.startsWith('ES')) {
    const { privateKey } = curves[algorithm as keyof typeof curves];
    return sign(hash, octets, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  }
  if (algorithm.startsWith('PS')) {
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return sign(hash, octets, {
      key: rsa.privateKey,
      padding,
      saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
    });
  }
  return sign(hash, octets, rsa.privateKey);
}

/** @param header `alg` says what it is signed by; a `kid` must be given */
export function signToken(payload: unknown, header: Json = { alg: 'RS256', kid: 'rsa' }): string {
  const text = `${encode(header)}.${encode(payload)}`;
  return `${text}.${signatureOf(String(header.alg), text).toString('base64url')}`;
}
