/**
 * Certificates that nobody will take any more. Envoy serves them without a word; here at least the log tells.
 */
import { pemCertificates, readCertificateFacts } from './certificate-facts.js';
import type { LoadedCertificate } from './key-pair.js';

/** A sentence for each. @param nowMs milliseconds since the epoch */
export function expiredCertificates(certificates: readonly LoadedCertificate[], nowMs: number): string[] {
  return certificates.flatMap(({ certificate, path }) =>
    pemCertificates(certificate).flatMap((der) => {
      try {
        const { notAfter, subject } = readCertificateFacts(der);
        if (!(notAfter < nowMs)) return [];
        const end = new Date(notAfter).toISOString().replace('.000Z', 'Z');
        return [`the certificate '${subject}' in ${path} HAS EXPIRED on ${end}: peers will refuse it`];
      } catch {
        return [];
      }
    }),
  );
}
