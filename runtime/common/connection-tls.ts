/**
 * The contract of what is known of the TLS of one connection, on either side, from the end of its handshake on.
 */

/** What access logs and headers tell of a certificate; `network/tls/certificate-facts.ts` reads it. */
export type { CertificateFacts } from '../network/tls/certificate-facts.js';
import type { CertificateFacts } from '../network/tls/certificate-facts.js';

export interface ConnectionTls {
  /** `TLSv1.3` */
  readonly version: string;
  /** OpenSSL's name. */
  readonly cipher: string;
  /** Hexadecimal; `''` when the session has none, which is always so with TLS 1.3. */
  readonly sessionId: string;
  /** The group of the key exchange, e.g. `X25519`; `''` when it is not known. */
  readonly group: string;
  /** The server name that was asked for, `''` without one. */
  readonly serverName: string;
  /** Our certificate; undefined when none was shown. */
  readonly local: CertificateFacts | undefined;
  /** What the other side showed, its own certificate first; empty when it showed none. */
  readonly peerChain: readonly CertificateFacts[];
  /** Of the other side's own certificate, shown by it or known to us; undefined when no authority vouches for it. */
  readonly issuer: CertificateFacts | undefined;
}
