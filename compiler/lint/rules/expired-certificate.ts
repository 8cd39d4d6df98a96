import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Message } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { validationType } from '../message-names.js';

const certificateType = 'envoy.extensions.transport_sockets.tls.v3.TlsCertificate';

/** What a `DataSource` holds, as far as it can be had here. */
function textOf({ value }: Message): Buffer | undefined {
  const { filename, inline_bytes: bytes, inline_string: text } = value;
  if (typeof text === 'string') return Buffer.from(text);
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64');
  try {
    return typeof filename === 'string' ? readFileSync(filename) : undefined;
  } catch {
    return undefined;
  }
}

/** The end of the first certificate in a PEM that has passed; undefined for one that holds, or for none. */
function passedEnd(pem: Buffer | undefined, nowMs: number): Date | undefined {
  if (pem === undefined) return undefined;
  try {
    const end = new Date(new X509Certificate(pem).validTo);
    return end.getTime() < nowMs ? end : undefined;
  } catch {
    return undefined;
  }
}

/**
 * # expired-certificate
 *
 * Envoy takes a certificate that has expired without a word, and so every client refuses the connection: the fault shows
 * on the other side. The rule looks at certificates that stand in the configuration, and at files that are on this
 * machine; what is elsewhere cannot be seen from here. Renew it, and see why whatever renews it did not.
 *
 * Right:
 *
 * ```yaml downstream-tls
 * tls_certificates:
 * - certificate_chain: { filename: /etc/certs/server.pem }
 *   private_key: { filename: /etc/certs/server.key }
 * ```
 *
 * Source: RFC 5280, section 4.1.2.5; TlsCertificate.certificate_chain.
 */
export const expiredCertificate: LintRule<'expired-certificate'> = {
  name: 'expired-certificate',
  pack: 'tls',
  summary: 'certificates and authorities have not expired',
  severity: 'warning',
  *check(view) {
    const now = Date.now();
    const sources = [
      ...[...view.all(certificateType)].map((one) => one.at('certificate_chain')),
      ...[...view.all(validationType)].map((one) => one.at('trusted_ca')),
    ];
    for (const source of sources) {
      const end = passedEnd(textOf(source), now);
      if (end === undefined) continue;
      yield {
        path: source.path,
        message: `the certificate has expired on ${end.toISOString().slice(0, 10)}`,
        fix: 'renew it',
      };
    }
  },
};
