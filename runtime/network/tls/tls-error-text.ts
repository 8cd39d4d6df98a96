/**
 * What Envoy calls an error of TLS, in its log and in `%UPSTREAM_TRANSPORT_FAILURE_REASON%`, as measured on 1.40: the words
 * and numbers of BoringSSL. OpenSSL, which Node has, uses the same words for what both know.
 */
import { VerifyError } from './verify-error.js';

/** Reasons of BoringSSL's SSL library; alerts of the peer are 1000 + their number (RFC 8446 section 6). */
const reasons: Readonly<Record<string, number>> = {
  CERTIFICATE_VERIFY_FAILED: 125,
  HTTP_REQUEST: 156,
  PEER_DID_NOT_RETURN_A_CERTIFICATE: 192,
  UNEXPECTED_MESSAGE: 223,
  UNSUPPORTED_PROTOCOL: 240,
  WRONG_VERSION_NUMBER: 247,
  KEY_USAGE_BIT_INCORRECT: 302,
  SSLV3_ALERT_HANDSHAKE_FAILURE: 1040,
  SSLV3_ALERT_BAD_CERTIFICATE: 1042,
  SSLV3_ALERT_CERTIFICATE_EXPIRED: 1045,
  TLSV1_ALERT_UNKNOWN_CA: 1048,
  TLSV1_ALERT_PROTOCOL_VERSION: 1070,
  TLSV1_ALERT_INTERNAL_ERROR: 1080,
  TLSV1_UNRECOGNIZED_NAME: 1112,
  TLSV1_CERTIFICATE_REQUIRED: 1116,
  TLSV1_ALERT_NO_APPLICATION_PROTOCOL: 1120,
};

/** An error number is the library (16: SSL) above 28 - 4 bits of its reason. */
const sslLibrary = 16 << 24;

/** What Envoy says besides, where it decides by itself. */
const details: Readonly<Record<string, string>> = {
  PEER_DID_NOT_RETURN_A_CERTIFICATE: 'peer did not provide required client certificate:',
};

const textOf = (reason: string, detail = details[reason] ?? ''): string => {
  const number = reasons[reason];
  const code = number === undefined ? '' : `${sslLibrary + number}:`;
  return `TLS_error:|${code}SSL routines:OPENSSL_internal:${reason}:${detail}TLS_error_end`;
};

/** The client had to show a certificate (`require_client_certificate`) and showed none. */
export const noCertificateText = textOf('PEER_DID_NOT_RETURN_A_CERTIFICATE');

/**
 * `TLS_error:|268435581:SSL routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:...:TLS_error_end`; without the number where
 * BoringSSL's is not known.
 * @param error what the socket said
 * @returns `''` for what is no error of TLS
 */
export function tlsErrorText(error: NodeJS.ErrnoException | undefined): string {
  if (error instanceof VerifyError) {
    return textOf('CERTIFICATE_VERIFY_FAILED', `verify cert failed: ${error.detail}:`);
  }
  const code = error?.code ?? '';
  return code.startsWith('ERR_SSL_') ? textOf(code.slice('ERR_SSL_'.length)) : '';
}
