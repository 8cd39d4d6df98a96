/**
 * A set of public keys (RFC 7517, or an object of X.509 certificates by key id), and whether one of them has signed a token.
 */
import type { KeyObject } from 'node:crypto';
import {
  constants,
  createHmac,
  createPublicKey,
  timingSafeEqual,
  verify,
  X509Certificate,
} from 'node:crypto';
import { decodeBase64url } from './base64url.js';
import type { JwtStatus } from './jwt-status.js';
import { JwtError } from './jwt-status.js';
import type { JsonObject, Jwt } from './jwt.js';
import { parseJsonObject } from './jwt.js';

interface KeyCommon {
  /** `''`: for any token. */
  readonly id: string;
  readonly algorithm: string;
}

type PublicKey = KeyCommon &
  (
    | { readonly type: 'RSA' | 'EC' | 'OKP'; readonly key: KeyObject }
    | { readonly type: 'oct'; readonly secret: Buffer }
  );

const curveOfAlgorithm: Readonly<Record<string, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
const ed25519Octets = 32;
const ed25519SignatureOctets = 64;

function textOfKey(key: JsonObject, name: string, missing: JwtStatus, wrong: JwtStatus): string {
  const value = key[name];
  if (value === undefined) throw new JwtError(missing);
  if (typeof value !== 'string') throw new JwtError(wrong);
  return value;
}

function optionalText(key: JsonObject, name: string): string {
  const value = key[name];
  return typeof value === 'string' ? value : '';
}

function create(jwk: Record<string, string>, bad: JwtStatus): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new JwtError(bad);
  }
}

/** In the alphabet that Node's reader of keys takes: without padding. */
function digits(text: string, bad: JwtStatus): string {
  const octets = decodeBase64url(text);
  if (octets === undefined) throw new JwtError(bad);
  return octets.toString('base64url');
}

function readRsa(key: JsonObject, common: KeyCommon): PublicKey {
  if (common.algorithm !== '' && !/^[RP]S/.test(common.algorithm)) throw new JwtError('rsaBadAlg');
  const n = digits(textOfKey(key, 'n', 'rsaMissingN', 'rsaBadN'), 'rsaBad');
  const e = digits(textOfKey(key, 'e', 'rsaMissingE', 'rsaBadE'), 'rsaBad');
  const exponent = BigInt(`0x0${Buffer.from(e, 'base64url').toString('hex')}`);
  if (n === '' || (exponent !== 3n && exponent !== 65_537n)) throw new JwtError('rsaBad');
  return { ...common, type: 'RSA', key: create({ kty: 'RSA', n, e }, 'rsaBad') };
}

function readEc(key: JsonObject, common: KeyCommon): PublicKey {
  const { algorithm } = common;
  if (algorithm !== '' && !algorithm.startsWith('ES')) throw new JwtError('ecBadAlg');
  if (key.crv !== undefined && typeof key.crv !== 'string') throw new JwtError('ecBadCrv');
  const given = optionalText(key, 'crv');
  if (algorithm !== '' && given !== '' && curveOfAlgorithm[algorithm] !== given) {
    throw new JwtError('ecCrvIsNotOfAlg');
  }
  const crv = given || (algorithm === '' ? 'P-256' : (curveOfAlgorithm[algorithm] ?? ''));
  if (!Object.values(curveOfAlgorithm).includes(crv)) throw new JwtError('ecUnknownCrv');
  const x = textOfKey(key, 'x', 'ecMissingX', 'ecBadX');
  const y = textOfKey(key, 'y', 'ecMissingY', 'ecBadY');
  const jwk = { kty: 'EC', crv, x: digits(x, 'ecBadBase64'), y: digits(y, 'ecBadBase64') };
  return { ...common, type: 'EC', key: create(jwk, 'ecBad') };
}

function readOct(key: JsonObject, common: KeyCommon): PublicKey {
  if (!['', 'HS256', 'HS384', 'HS512'].includes(common.algorithm)) throw new JwtError('hmacBadAlg');
  const secret = decodeBase64url(textOfKey(key, 'k', 'hmacMissingK', 'hmacBadK'));
  if (secret === undefined || secret.length === 0) throw new JwtError('octBadBase64');
  return { ...common, type: 'oct', secret };
}

function readOkp(key: JsonObject, common: KeyCommon): PublicKey {
  if (!['', 'EdDSA'].includes(common.algorithm)) throw new JwtError('okpBadAlg');
  const crv = textOfKey(key, 'crv', 'okpMissingCrv', 'okpBadCrv');
  if (crv !== 'Ed25519') throw new JwtError('okpUnknownCrv');
  const x = digits(textOfKey(key, 'x', 'okpMissingX', 'okpBadX'), 'okpBadBase64');
  if (Buffer.from(x, 'base64url').length !== ed25519Octets) throw new JwtError('okpWrongLength');
  return { ...common, type: 'OKP', key: create({ kty: 'OKP', crv, x }, 'okpWrongLength') };
}

function readKey(key: JsonObject): PublicKey {
  const type = textOfKey(key, 'kty', 'ktyMissing', 'ktyBad');
  const common = { id: optionalText(key, 'kid'), algorithm: optionalText(key, 'alg') };
  if (type === 'RSA') return readRsa(key, common);
  if (type === 'EC') return readEc(key, common);
  if (type === 'oct') return readOct(key, common);
  if (type === 'OKP') return readOkp(key, common);
  throw new JwtError('ktyUnknown');
}

function readCertificate(id: string, text: string): PublicKey {
  let key: KeyObject;
  try {
    key = new X509Certificate(text).publicKey;
  } catch {
    throw new JwtError('x509Bad');
  }
  if (key.asymmetricKeyType !== 'rsa') throw new JwtError('x509NoKey');
  return { id, algorithm: '', type: 'RSA', key };
}

const begin = '-----BEGIN CERTIFICATE-----\n';
const end = '\n-----END CERTIFICATE-----\n';

function areCertificates(object: JsonObject): object is Readonly<Record<string, string>> {
  const entries = Object.entries(object);
  return (
    entries.length > 0 &&
    entries.every(
      ([id, text]) => id !== '' && typeof text === 'string' && text.startsWith(begin) && text.endsWith(end),
    )
  );
}

/** Keys that are none are passed over, as long as one is good; else the first of them says what is wrong. */
function readKeys(list: readonly unknown[]): PublicKey[] {
  const keys: PublicKey[] = [];
  let first: JwtError | undefined;
  for (const one of list) {
    if (typeof one !== 'object' || one === null || Array.isArray(one)) continue;
    try {
      keys.push(readKey(one as JsonObject));
    } catch (error) {
      if (!(error instanceof JwtError)) throw error;
      first ??= error;
    }
  }
  if (keys.length === 0) throw first ?? new JwtError('noValidKeys');
  return keys;
}

function hashOf(algorithm: string): string {
  return algorithm.endsWith('384') ? 'sha384' : algorithm.endsWith('512') ? 'sha512' : 'sha256';
}

function hasSigned(key: PublicKey, { algorithm, signature, signed }: Jwt): boolean {
  const hash = hashOf(algorithm);
  if (key.type === 'oct') {
    const expected = createHmac(hash, key.secret).update(signed).digest();
    return expected.length === signature.length && timingSafeEqual(expected, signature);
  }
  try {
    if (key.type === 'OKP') return verify(null, signed, key.key, signature);
    if (key.type === 'EC')
      return verify(hash, signed, { key: key.key, dsaEncoding: 'ieee-p1363' }, signature);
    if (algorithm.startsWith('RS')) return verify(hash, signed, key.key, signature);
    if (!algorithm.startsWith('PS')) return false;
    const saltLength = constants.RSA_PSS_SALTLEN_AUTO;
    const padding = constants.RSA_PKCS1_PSS_PADDING;
    return verify(hash, signed, { key: key.key, padding, saltLength }, signature);
  } catch {
    return false;
  }
}

export class JsonWebKeySet {
  private readonly keys: readonly PublicKey[];

  private constructor(keys: readonly PublicKey[]) {
    this.keys = keys;
  }

  /** @param text JSON. @throws JwtError */
  static parse(text: string): JsonWebKeySet {
    // Long keys are cut into lines in YAML: Envoy takes line ends within texts, JSON does not.
    const object = parseJsonObject(text.replace(/[\t\r\n]/g, ' '));
    if (object === undefined) throw new JwtError('keysBadJson');
    if (object.keys === undefined) {
      if (!areCertificates(object)) throw new JwtError('keysMissing');
      return new JsonWebKeySet(Object.entries(object).map(([id, pem]) => readCertificate(id, pem)));
    }
    if (!Array.isArray(object.keys)) throw new JwtError('keysNotList');
    return new JsonWebKeySet(readKeys(object.keys));
  }

  /** A key with another id or for another algorithm than those of the token is not asked. */
  verify(jwt: Jwt): JwtStatus {
    let isMatched = false;
    for (const key of this.keys) {
      if (jwt.keyId !== '' && key.id !== '' && key.id !== jwt.keyId) continue;
      if (key.algorithm !== '' && key.algorithm !== jwt.algorithm) continue;
      isMatched = true;
      if (key.type === 'OKP' && jwt.signature.length !== ed25519SignatureOctets) return 'ed25519WrongLength';
      if (hasSigned(key, jwt)) return 'ok';
    }
    return isMatched ? 'verificationFails' : 'noKeyMatches';
  }
}
