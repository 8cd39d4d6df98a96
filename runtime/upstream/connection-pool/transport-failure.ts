/**
 * Why a connection could not be made, in Envoy's words (`%UPSTREAM_TRANSPORT_FAILURE_REASON%`), as measured on 1.40.
 */
import { VerifyError } from '../../network/tls/verify-error.js';
import type { UpstreamAddress } from '../host/host.js';
import { addressText } from '../host/create-host.js';

/** The C library's texts of the errors that connecting can have, by Node's code. */
const systemErrors: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EADDRNOTAVAIL: 'Cannot assign requested address',
  ECONNABORTED: 'Software caused connection abort',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  EHOSTUNREACH: 'No route to host',
  EINVAL: 'Invalid argument',
  ENETUNREACH: 'Network is unreachable',
  ENOENT: 'No such file or directory',
  EPERM: 'Operation not permitted',
  ETIMEDOUT: 'Connection timed out',
};

/** What the system says at once, before anything is sent. On Unix sockets it says everything at once. */
const immediateErrors: ReadonlySet<string> = new Set([
  'EACCES',
  'EADDRNOTAVAIL',
  'EINVAL',
  'ENETUNREACH',
  'EPERM',
]);

/** Reasons of BoringSSL's SSL library; alerts of the peer are 1000 + their number (RFC 8446 section 6). */
const sslReasons: Readonly<Record<string, number>> = {
  CERTIFICATE_VERIFY_FAILED: 125,
  HTTP_REQUEST: 156,
  UNEXPECTED_MESSAGE: 223,
  KEY_USAGE_BIT_INCORRECT: 302,
  UNSUPPORTED_PROTOCOL: 240,
  WRONG_VERSION_NUMBER: 247,
  SSLV3_ALERT_HANDSHAKE_FAILURE: 1040,
  SSLV3_ALERT_BAD_CERTIFICATE: 1042,
  SSLV3_ALERT_CERTIFICATE_EXPIRED: 1045,
  TLSV1_ALERT_UNKNOWN_CA: 1048,
  TLSV1_ALERT_PROTOCOL_VERSION: 1070,
  TLSV1_ALERT_INTERNAL_ERROR: 1080,
  TLSV1_UNRECOGNIZED_NAME: 1112,
  TLSV1_CERTIFICATE_REQUIRED: 1116,
};
/** An error number is the library (16: SSL) above 28 - 4 bits of its reason. */
const sslLibrary = 16 << 24;

const underscored = (text: string): string => text.replaceAll(' ', '_');

function sslError(reason: string, more: string): string {
  const number = sslReasons[reason];
  const code = number === undefined ? '' : `${sslLibrary + number}:`;
  return `TLS_error:|${code}SSL_routines:OPENSSL_internal:${reason}:${more}TLS_error_end`;
}

/**
 * @param error what the socket said, undefined when it just closed
 * @param connected the TCP connection was there, so that the error is of the TLS handshake
 * @returns `''` when there is nothing to say
 */
export function transportFailure(
  error: NodeJS.ErrnoException | undefined,
  address: UpstreamAddress,
  connected: boolean,
): string {
  const code = error?.code ?? '';
  if (connected) {
    if (error instanceof VerifyError) {
      return sslError('CERTIFICATE_VERIFY_FAILED', underscored(`verify cert failed: ${error.detail}:`));
    }
    return code.startsWith('ERR_SSL_') ? sslError(code.slice('ERR_SSL_'.length), '') : '';
  }
  const text = systemErrors[code];
  if (text === undefined) return '';
  if (address.kind === 'pipe' || immediateErrors.has(code)) {
    return underscored(`immediate_connect_error: ${text}|remote_address:${addressText(address)}`);
  }
  return underscored(`delayed_connect_error: ${text}`);
}
