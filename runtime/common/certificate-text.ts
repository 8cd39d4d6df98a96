/**
 * A certificate as Envoy's access log and RBAC tell it.
 */
import type { X509Certificate } from 'node:crypto';
import { X509Certificate as Certificate } from 'node:crypto';

/** Parses the octets of a certificate (DER). @throws Error when they are none */
export function readCertificate(octets: Buffer): X509Certificate {
  return new Certificate(octets);
}

/** Names of one kind among the subject's alternative ones. Node quotes those that could be mistaken for two. */
export function alternativeNames(
  certificate: X509Certificate,
  kind: 'URI' | 'DNS' | 'IP Address' | 'email',
): string[] {
  const names: string[] = [];
  for (const [, type, quoted, plain] of (certificate.subjectAltName ?? '').matchAll(
    /(?:^|, )(\w[\w ]*):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g,
  )) {
    if (type === kind) names.push(quoted === undefined ? (plain ?? '') : (JSON.parse(quoted) as string));
  }
  return names;
}

/** A distinguished name in the order of RFC 2253: the last part first, joined by commas. @param lines as Node has it */
export function distinguishedName(lines: string): string {
  return lines.split('\n').reverse().join(',');
}

/** A fingerprint without colons, in lower case. */
export function fingerprintText(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}
