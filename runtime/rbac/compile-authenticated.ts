/**
 * `envoy.config.rbac.v3.Principal.Authenticated`: a test of the certificate that a client has shown.
 */
import { X509Certificate } from 'node:crypto';
import { messageOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { under } from '../network/config-path.js';
import { compileStringMatcher } from '../route/compile-string-matcher.js';

/** Node quotes values that could be mistaken for two. */
function sansOf(certificate: X509Certificate, kind: 'URI' | 'DNS'): string[] {
  const names: string[] = [];
  for (const [, type, quoted, plain] of (certificate.subjectAltName ?? '').matchAll(
    /(?:^|, )(\w[\w ]*):(?:("(?:[^"\\]|\\.)*")|([^,]*))/g,
  )) {
    if (type === kind) names.push(quoted === undefined ? (plain ?? '') : (JSON.parse(quoted) as string));
  }
  return names;
}

/** RFC 2253, as Envoy tells subjects: the last part first, joined by commas. */
function subjectOf(certificate: X509Certificate): string {
  return certificate.subject.split('\n').reverse().join(',');
}

/**
 * Names are those of the first kind that the certificate has: its URIs, else its DNS names, else its subject. Without a
 * name to be wanted, TLS is enough: whether a certificate is asked for is the matter of the transport socket.
 * @throws ConfigError with the path inside the message
 */
export function compileAuthenticated(
  config: unknown,
): (certificate: Buffer | undefined, isTls: boolean) => boolean {
  const name = messageOf(config).principal_name;
  if (name === undefined) return (_certificate, isTls) => isTls;
  const test = under(() => compileStringMatcher(name), 'principal_name');
  return (octets, isTls) => {
    // A client of TLS that has shown none is nobody, and that is its name.
    if (octets === undefined) return isTls && test('');
    const certificate = new X509Certificate(octets);
    const names = [sansOf(certificate, 'URI'), sansOf(certificate, 'DNS'), [subjectOf(certificate)]];
    return (names.find((list) => list.length > 0) ?? []).some((one) => test(toOctets(one)));
  };
}
