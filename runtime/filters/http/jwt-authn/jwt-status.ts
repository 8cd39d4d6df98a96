/**
 * What may be wrong with a token or with a key set, in the words that clients get. The numbers are those of `code` in
 * `failed_status_in_metadata`.
 */
export const jwtStatusTexts = {
  ok: 'OK',
  missing: 'Jwt is missing',
  notYetValid: 'Jwt not yet valid',
  expired: 'Jwt is expired',
  badFormat: 'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections',
  headerBadBase64: 'Jwt header is an invalid Base64url encoded',
  headerBadJson: 'Jwt header is an invalid JSON',
  headerBadAlg: 'Jwt header [alg] field is required and must be a string',
  headerUnknownAlg: 'Jwt header [alg] is not supported',
  headerBadKid: 'Jwt header [kid] field is not a string',
  payloadBadBase64: 'Jwt payload is an invalid Base64url encoded',
  payloadBadJson: 'Jwt payload is an invalid JSON',
  issNotString: 'Jwt payload [iss] field is not a string',
  subNotString: 'Jwt payload [sub] field is not a string',
  iatNotInteger: 'Jwt payload [iat] field is not an integer',
  iatOutOfRange: 'Jwt payload [iat] field is not a positive 64 bit integer',
  nbfNotInteger: 'Jwt payload [nbf] field is not an integer',
  nbfOutOfRange: 'Jwt payload [nbf] field is not a positive 64 bit integer',
  expNotInteger: 'Jwt payload [exp] field is not an integer',
  expOutOfRange: 'Jwt payload [exp] field is not a positive 64 bit integer',
  jtiNotString: 'Jwt payload [jti] field is not a string',
  audNotString: 'Jwt payload [aud] field is not a string or string list',
  signatureBadBase64: 'Jwt signature is an invalid Base64url encoded',
  ed25519WrongLength: 'Jwt ED25519 signature is wrong length',
  unknownIssuer: 'Jwt issuer is not configured',
  audienceNotAllowed: 'Audiences in Jwt are not allowed',
  verificationFails: 'Jwt verification fails',
  multipleTokens: 'Found multiple Jwt tokens',
  keysBadJson: 'Jwks is an invalid JSON',
  keysMissing: 'Jwks does not have [keys] field',
  keysNotList: '[keys] in Jwks is not an array',
  noValidKeys: "Jwks doesn't have any valid public key",
  noKeyMatches: "Jwks doesn't have key to match kid or alg from Jwt",
  rsaBad: 'Jwks RSA [n] or [e] field is missing or has a parse error',
  ecNotCreated: 'Jwks EC create key fail',
  ecBadBase64: 'Jwks EC [x] or [y] field is an invalid Base64.',
  ecBad: 'Jwks EC [x] and [y] fields have a parse error.',
  octBadBase64: 'Jwks Oct key is an invalid Base64',
  okpBadBase64: 'Jwks OKP [x] field is an invalid Base64.',
  okpWrongLength: 'Jwks OKP [x] field is wrong length.',
  fetchFailed: 'Jwks remote fetch is failed',
  ktyMissing: '[kty] is missing in [keys]',
  ktyBad: '[kty] is bad in [keys]',
  ktyUnknown: '[kty] is not supported in [keys]',
  rsaBadAlg: '[alg] is not started with [RS] or [PS] for an RSA key',
  rsaMissingN: '[n] field is missing for a RSA key',
  rsaBadN: '[n] field is not string for a RSA key',
  rsaMissingE: '[e] field is missing for a RSA key',
  rsaBadE: '[e] field is not string for a RSA key',
  ecBadAlg: '[alg] is not started with [ES] for an EC key',
  ecBadCrv: '[crv] field is not string for an EC key',
  ecUnknownCrv: '[crv] or [alg] field is not supported for an EC key',
  ecCrvIsNotOfAlg: '[crv] field specified is not compatible with [alg] for an EC key',
  ecMissingX: '[x] field is missing for an EC key',
  ecBadX: '[x] field is not string for an EC key',
  ecMissingY: '[y] field is missing for an EC key',
  ecBadY: '[y] field is not string for an EC key',
  hmacBadAlg: '[alg] does not start with [HS] for an HMAC key',
  hmacMissingK: '[k] field is missing for an HMAC key',
  hmacBadK: '[k] field is not string for an HMAC key',
  okpBadAlg: '[alg] is not [EdDSA] for an OKP key',
  okpMissingCrv: '[crv] field is missing for an OKP key',
  okpBadCrv: '[crv] field is not string for an OKP key',
  okpUnknownCrv: '[crv] field is not supported for an OKP key',
  okpMissingX: '[x] field is missing for an OKP key',
  okpBadX: '[x] field is not string for an OKP key',
  x509NotWritten: 'X509 parse pubkey internal fails: memory allocation',
  x509Bad: 'X509 parse pubkey fails',
  x509NoKey: 'X509 parse pubkey internal fails: get pubkey',
} as const;

export type JwtStatus = keyof typeof jwtStatusTexts;

const order = Object.keys(jwtStatusTexts) as JwtStatus[];

/** Of `failed_status_in_metadata`. */
export function jwtStatusCode(status: JwtStatus): number {
  return order.indexOf(status);
}

/** A token or a key set that is none. */
export class JwtError extends Error {
  readonly status: JwtStatus;

  constructor(status: JwtStatus) {
    super(jwtStatusTexts[status]);
    this.status = status;
  }
}
