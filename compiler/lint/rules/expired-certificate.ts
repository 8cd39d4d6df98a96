import { X509Certificate } from 'node:crypto';
import type { Message } from '../../check/bootstrap-view.js';
import type { Machine } from '../../check/machine.js';
import type { LintRule } from '../lint-rule.js';
import { validationType } from '../message-names.js';

const certificateType = 'envoy.extensions.transport_sockets.tls.v3.TlsCertificate';

/** What a `DataSource` holds, as far as it can be had here. */
function textOf({ value }: Message, machine: Machine | undefined): Buffer | undefined {
  const { filename, inline_bytes: bytes, inline_string: text } = value;
  if (typeof text === 'string') return Buffer.from(text);
  if (typeof bytes === 'string') return Buffer.from(bytes, 'base64');
  const octets = typeof filename === 'string' ? machine?.read(filename) : undefined;
  return octets === 'folder' ? undefined : octets;
}

/** A certificate that ends within this time is told with the files that are asked for. Days. */
const soonDays = 30;

/** The end of the first certificate in a PEM; undefined for none. */
function endOf(pem: Buffer | undefined): Date | undefined {
  if (pem === undefined) return undefined;
  try {
    return new Date(new X509Certificate(pem).validTo);
  } catch {
    return undefined;
  }
}

/**
 * # expired-certificate
 *
 * Envoy takes a certificate that has expired without a word, and so every client refuses the connection: the fault shows
 * on the other side. The rule looks at certificates that stand in the configuration, and with `--with-files` at
 * files of this machine, of which it also tells those that end within 30 days. Renew it, and see why whatever renews it did not.
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
      const end = endOf(textOf(source, view.machine));
      if (end === undefined) continue;
      const day = end.toISOString().slice(0, 10);
      const left = end.getTime() - now;
      if (left < 0) {
        yield { path: source.path, message: `the certificate has expired on ${day}`, fix: 'renew it' };
      } else if (view.machine !== undefined && left < soonDays * 86_400_000) {
        yield { path: source.path, message: `the certificate expires on ${day}`, fix: 'renew it' };
      }
    }
  },
};
