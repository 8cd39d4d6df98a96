/**
 * A JSON Web Token (RFC 7519) in its compact form: read, and its times checked. Whether it is genuine is the business of
 * `JsonWebKeySet`.
 */
import { decodeBase64url } from './base64url.js';
import type { JwtStatus } from './jwt-status.js';
import { JwtError } from './jwt-status.js';

export type JsonObject = Readonly<Record<string, unknown>>;

/** `EdDSA` is Ed25519 only. */
const algorithms: ReadonlySet<string> = new Set(
  'ES256 ES384 ES512 HS256 HS384 HS512 RS256 RS384 RS512 PS256 PS384 PS512 EdDSA'.split(' '),
);

export interface Jwt {
  readonly header: JsonObject;
  readonly payload: JsonObject;
  /** As it came. */
  readonly payloadText: string;
  readonly algorithm: string;
  /** `''`: the token names no key. */
  readonly keyId: string;
  /** `''` when absent, as `subject`. */
  readonly issuer: string;
  readonly subject: string;
  readonly audiences: readonly string[];
  /** Seconds since the epoch; 0 when absent, as `expires`. */
  readonly notBefore: number;
  readonly expires: number;
  readonly signed: Buffer;
  readonly signature: Buffer;
}

/** @returns undefined when the text is no JSON object */
export function parseJsonObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as JsonObject)
      : undefined;
  } catch {
    return undefined;
  }
}

function textField(object: JsonObject, name: string, wrong: JwtStatus): string {
  const value = object[name];
  if (value === undefined) return '';
  if (typeof value !== 'string') throw new JwtError(wrong);
  return value;
}

function timeField(payload: JsonObject, name: string, wrong: JwtStatus, outOfRange: JwtStatus): number {
  const value = payload[name];
  if (value === undefined) return 0;
  if (typeof value !== 'number') throw new JwtError(wrong);
  if (value < 0 || value >= 2 ** 64) throw new JwtError(outOfRange);
  return Math.trunc(value);
}

function audiencesOf({ aud }: JsonObject): readonly string[] {
  if (aud === undefined) return [];
  if (typeof aud === 'string') return [aud];
  if (!Array.isArray(aud) || !aud.every((one) => typeof one === 'string')) throw new JwtError('audNotString');
  return aud;
}

function section(text: string, badBase64: JwtStatus, badJson: JwtStatus): JsonObject {
  const octets = decodeBase64url(text);
  if (octets === undefined) throw new JwtError(badBase64);
  const object = parseJsonObject(octets.toString('utf8'));
  if (object === undefined) throw new JwtError(badJson);
  return object;
}

/** @throws JwtError */
export function parseJwt(token: string): Jwt {
  const parts = token.split('.').filter((part) => part !== '');
  const [headerText = '', payloadText = '', signatureText = ''] = parts;
  if (parts.length !== 3) throw new JwtError('badFormat');
  const header = section(headerText, 'headerBadBase64', 'headerBadJson');
  const { alg } = header;
  if (typeof alg !== 'string') throw new JwtError('headerBadAlg');
  if (!algorithms.has(alg)) throw new JwtError('headerUnknownAlg');
  const keyId = textField(header, 'kid', 'headerBadKid');
  const payload = section(payloadText, 'payloadBadBase64', 'payloadBadJson');
  const issuer = textField(payload, 'iss', 'issNotString');
  const subject = textField(payload, 'sub', 'subNotString');
  timeField(payload, 'iat', 'iatNotInteger', 'iatOutOfRange');
  const notBefore = timeField(payload, 'nbf', 'nbfNotInteger', 'nbfOutOfRange');
  const expires = timeField(payload, 'exp', 'expNotInteger', 'expOutOfRange');
  textField(payload, 'jti', 'jtiNotString');
  const audiences = audiencesOf(payload);
  const signature = decodeBase64url(signatureText);
  if (signature === undefined) throw new JwtError('signatureBadBase64');
  return {
    header,
    payload,
    payloadText,
    algorithm: alg,
    keyId,
    issuer,
    subject,
    audiences,
    notBefore,
    expires,
    signed: Buffer.from(`${headerText}.${payloadText}`, 'latin1'),
    signature,
  };
}

/** @param now and @param skew in seconds */
export function checkTimes({ expires, notBefore }: Jwt, now: number, skew: number): JwtStatus {
  if (now + skew < notBefore) return 'notYetValid';
  return expires !== 0 && now > expires + skew ? 'expired' : 'ok';
}
