/**
 * `TlsParameters.TlsProtocol` in Node's words.
 */
import type { SecureVersion } from 'node:tls';
import { textOf } from '../../common/message-fields.js';

const versions: Readonly<Record<string, SecureVersion>> = {
  TLSv1_0: 'TLSv1',
  TLSv1_1: 'TLSv1.1',
  TLSv1_2: 'TLSv1.2',
  TLSv1_3: 'TLSv1.3',
};

/** @param protocol the enum's name. @param automatic what absent and `TLS_AUTO` stand for on this side */
export function tlsVersion(protocol: unknown, automatic: SecureVersion): SecureVersion {
  return versions[textOf(protocol)] ?? automatic;
}
