/**
 * `envoy.config.rbac.v3.Principal.Authenticated`: a test of the certificate that a client has shown.
 */
import { alternativeNames, distinguishedName, readCertificate } from '../../../common/certificate-text.js';
import { messageOf } from '../../../common/message-fields.js';
import { toOctets } from '../../../common/octet-text.js';
import { under } from '../../../network/config-path.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';

/**
 * Names are those of the first kind that the certificate has: its URIs, else its DNS names, else its subject.
 * @throws ConfigError with the path inside the message
 */
export function compileAuthenticated(config: unknown): (certificate: Buffer | undefined) => boolean {
  const name = messageOf(config).principal_name;
  if (name === undefined) return (certificate) => certificate !== undefined;
  const test = under(() => compileStringMatcher(name), 'principal_name');
  return (octets) => {
    if (octets === undefined) return false;
    const certificate = readCertificate(octets);
    const names = [
      alternativeNames(certificate, 'URI'),
      alternativeNames(certificate, 'DNS'),
      [distinguishedName(certificate.subject)],
    ];
    return (names.find((list) => list.length > 0) ?? []).some((one) => test(toOctets(one)));
  };
}
