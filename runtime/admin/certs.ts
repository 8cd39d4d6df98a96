/**
 * `/certs`: the certificates in use and how long they last.
 */
import type { Clock } from '../common/clock.js';
import type { AlternateNameKind, CertificateFacts } from '../network/tls/certificate-facts.js';
import { namesOfKind, pemCertificates, readCertificateFacts } from '../network/tls/certificate-facts.js';
import type { CertificateStatus } from './admin-host.js';
import type { Handler } from './endpoint.js';
import { json } from './endpoint.js';

const dayMs = 86_400_000;

/** Field of `envoy.admin.v3.SubjectAlternateName` by kind, in the order in which Envoy shows them. */
const alternateNames: readonly (readonly [AlternateNameKind, string])[] = [
  ['DNS', 'dns'],
  ['URI', 'uri'],
  ['IP_ADDRESS', 'ip_address'],
];

const timeOf = (ms: number): string => new Date(ms).toISOString().replace('.000Z', 'Z');

/** A response may hold for ever. */
function ocspOf({ ocsp }: CertificateStatus): object {
  if (ocsp === undefined) return {};
  const { expiresAt, validFrom } = ocsp;
  const end = Number.isFinite(expiresAt) ? { expiration: timeOf(expiresAt) } : {};
  return { ocsp_details: { valid_from: timeOf(validFrom), ...end } };
}

function details(status: CertificateStatus, facts: CertificateFacts, nowMs: number): object {
  const daysLeft = Math.floor((facts.notAfter - nowMs) / dayMs);
  return {
    path: status.path,
    serial_number: facts.serial,
    subject_alt_names: alternateNames.flatMap(([kind, field]) =>
      namesOfKind(facts, kind).map((name) => ({ [field]: name })),
    ),
    days_until_expiration: String(Math.max(0, daysLeft)),
    valid_from: timeOf(facts.notBefore),
    expiration_time: timeOf(facts.notAfter),
    ...ocspOf(status),
  };
}

/** Of a chain its first certificate, of authorities all. */
function shown(status: CertificateStatus, which: 'first' | 'all', nowMs: number): object[] {
  const ders = pemCertificates(Buffer.from(status.certificate));
  try {
    return (which === 'all' ? ders : ders.slice(0, 1)).map((der) =>
      details(status, readCertificateFacts(der), nowMs),
    );
  } catch {
    // OpenSSL has taken it: it is in use, whatever is odd about it.
    return [{ path: status.path }];
  }
}

/** `envoy.admin.v3.Certificates`. @param clock for the days that are left */
export function certs(clock: Clock): Handler {
  return (host) => {
    const contexts = host.certificates();
    const nowMs = clock.wallTime();
    return json({
      certificates: contexts.map(({ trustedAuthorities, certificates }) => ({
        ca_cert: trustedAuthorities.flatMap((one) => shown(one, 'all', nowMs)),
        cert_chain: certificates.flatMap((one) => shown(one, 'first', nowMs)),
      })),
    });
  };
}
