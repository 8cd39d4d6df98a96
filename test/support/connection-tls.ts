/** What is known of a TLS connection, for tests of headers and log formats: mTLS with the client of `certificates.ts`. */
import type { ConnectionTls } from '../../runtime/common/connection-tls.js';
import type { CertificateFacts } from '../../runtime/network/tls/certificate-facts.js';
import { pemCertificates, readCertificateFacts } from '../../runtime/network/tls/certificate-facts.js';
import { caPem, clientPem, serverPem } from './certificates.js';

export function factsOf(pem: string): CertificateFacts {
  const [der] = pemCertificates(Buffer.from(pem));
  if (der === undefined) throw new Error('no certificate');
  return readCertificateFacts(der);
}

export const clientFacts = factsOf(clientPem);
export const serverFacts = factsOf(serverPem);
export const caFacts = factsOf(caPem);

/** @param given what is to be different */
export function connectionTlsOf(given: Partial<ConnectionTls> = {}): ConnectionTls {
  return {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    sessionId: '',
    group: 'X25519',
    serverName: 'one.example',
    local: serverFacts,
    peerChain: [clientFacts, caFacts],
    issuer: caFacts,
    ...given,
  };
}
