/**
 * `/certs`: the certificates in use and how long they last.
 */
import { X509Certificate } from 'node:crypto';
import type { Clock } from '../common/clock.js';
import type { CertificateStatus } from './admin-host.js';
import type { Handler } from './endpoint.js';
import { json } from './endpoint.js';

const dayMs = 86_400_000;

/** Field of `envoy.admin.v3.SubjectAlternateName` by OpenSSL's name of the kind. */
const alternateNames: Readonly<Record<string, string>> = {
  DNS: 'dns',
  URI: 'uri',
  'IP Address': 'ip_address',
};

function alternateNamesOf(list: string | undefined): object[] {
  const names: object[] = [];
  // A name with a comma or a quote in it stands as a JSON string, so that it cannot pretend to be two names.
  for (const match of (list ?? '').matchAll(/(DNS|URI|IP Address):("(?:[^"\\]|\\.)*"|[^,]*)(?:, |$)/g)) {
    const [, kind = '', raw = ''] = match;
    let value = raw;
    if (raw.startsWith('"')) {
      try {
        value = JSON.parse(raw) as string;
      } catch {
        // Shown as it stands.
      }
    }
    const field = alternateNames[kind];
    if (field !== undefined) names.push({ [field]: value });
  }
  return names;
}

const timeOf = (text: string): string => new Date(text).toISOString().replace('.000Z', 'Z');

function details(status: CertificateStatus, nowMs: number): object {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(status.certificate);
  } catch {
    // A file may be replaced by something unreadable while the old certificate is in use.
    return { path: status.path };
  }
  const daysLeft = Math.floor((Date.parse(certificate.validTo) - nowMs) / dayMs);
  return {
    path: status.path,
    serial_number: certificate.serialNumber.toLowerCase(),
    subject_alt_names: alternateNamesOf(certificate.subjectAltName),
    days_until_expiration: String(Math.max(0, daysLeft)),
    valid_from: timeOf(certificate.validFrom),
    expiration_time: timeOf(certificate.validTo),
  };
}

/** `envoy.admin.v3.Certificates`. @param clock for the days that are left */
export function certs(clock: Clock): Handler {
  return (host) => {
    const contexts = host.certificates();
    const nowMs = clock.wallTime();
    return json({
      certificates: contexts.map(({ trustedAuthorities, certificates }) => ({
        ca_cert: trustedAuthorities.map((one) => details(one, nowMs)),
        cert_chain: certificates.map((one) => details(one, nowMs)),
      })),
    });
  };
}
