/**
 * Why a connection could not be made, in Envoy's words (`%UPSTREAM_TRANSPORT_FAILURE_REASON%`), as measured on 1.40.
 */
import { tlsErrorText } from '../../network/tls/tls-error-text.js';
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

const underscored = (text: string): string => text.replaceAll(' ', '_');

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
  if (connected) return underscored(tlsErrorText(error));
  const text = systemErrors[code];
  if (text === undefined) return '';
  if (address.kind === 'pipe' || immediateErrors.has(code)) {
    return underscored(`immediate_connect_error: ${text}|remote_address:${addressText(address)}`);
  }
  return underscored(`delayed_connect_error: ${text}`);
}
