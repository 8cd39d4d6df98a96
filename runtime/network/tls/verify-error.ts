/**
 * Why a certificate of a peer is not taken, in Envoy's words. Measured on 1.40.
 */

/** Counters of `ssl.*` that tell of a verification. */
export type VerifyCounter = 'failVerifyError' | 'failVerifySan' | 'failVerifyCertHash';

/** Node's codes of what is wrong with a chain, in BoringSSL's words. */
const chainErrors: Readonly<Record<string, string>> = {
  CERT_CHAIN_TOO_LONG: 'certificate chain too long',
  CERT_HAS_EXPIRED: 'certificate has expired',
  CERT_NOT_YET_VALID: 'certificate is not yet valid',
  CERT_REJECTED: 'certificate rejected',
  CERT_REVOKED: 'certificate revoked',
  CERT_SIGNATURE_FAILURE: 'certificate signature failure',
  CERT_UNTRUSTED: 'certificate not trusted',
  CRL_HAS_EXPIRED: 'CRL has expired',
  CRL_NOT_YET_VALID: 'CRL is not yet valid',
  CRL_SIGNATURE_FAILURE: 'CRL signature failure',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'self signed certificate',
  INVALID_CA: 'invalid CA certificate',
  INVALID_PURPOSE: 'unsupported certificate purpose',
  PATH_LENGTH_EXCEEDED: 'path length constraint exceeded',
  SELF_SIGNED_CERT_IN_CHAIN: 'self signed certificate in certificate chain',
  UNABLE_TO_GET_CRL: 'unable to get certificate CRL',
  UNABLE_TO_GET_ISSUER_CERT: 'unable to get issuer certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'unable to get local issuer certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'unable to get local issuer certificate',
};

/** Errors of the last certificate of what the peer showed; all others are told of its own one. */
const atEnd: ReadonlySet<string> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
]);

/**
 * @param code Node's name of what OpenSSL found
 * @param depth of the last certificate that the peer showed; 0 is its own one
 * @returns undefined for a code that does not tell of a chain
 */
export function chainErrorText(code: string, depth: number): string | undefined {
  const text = chainErrors[code];
  if (text === undefined) return undefined;
  const at = atEnd.has(code) ? depth : 0;
  return `X509_verify_cert: certificate verification error at depth ${at}: ${text}`;
}

/** The peer's certificate is not taken. */
export class VerifyError extends Error {
  readonly code = 'CERTIFICATE_VERIFY_FAILED';
  readonly counter: VerifyCounter;
  /** What Envoy writes behind `verify cert failed: `. */
  readonly detail: string;

  constructor(counter: VerifyCounter, detail: string) {
    super(`verify cert failed: ${detail}`);
    this.name = 'VerifyError';
    this.counter = counter;
    this.detail = detail;
  }
}
