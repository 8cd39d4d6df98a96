/**
 * `listener.<address>.ssl.*` and `cluster.<name>.ssl.*`, with Envoy's names.
 */
import type { ConnectionTls } from '../../common/connection-tls.js';
import type { Counter, StatsScope } from '../../stats/stat.js';
import type { LoadedCertificate } from './key-pair.js';
import { pemCertificates, readCertificateFacts } from './certificate-facts.js';

export interface SslStats {
  readonly connectionError: Counter;
  readonly handshake: Counter;
  readonly sessionReused: Counter;
  readonly noCertificate: Counter;
  readonly failVerifyNoCert: Counter;
  readonly failVerifyError: Counter;
  readonly failVerifySan: Counter;
  readonly failVerifyCertHash: Counter;
  readonly ocspStapleRequests: Counter;
  readonly ocspStapleResponses: Counter;
  readonly ocspStapleOmitted: Counter;
  readonly ocspStapleFailed: Counter;
  /** `ssl_context_update_by_sds`: secrets of a file came into force, at the start or later. */
  readonly updateBySds: Counter;
  /** `ciphers.<name>`, `versions.<name>` and `curves.<name>` of one handshake, made on first use. */
  countHandshake(facts: ConnectionTls, isReused: boolean): void;
  /** `certificate.<name>.expiration_unix_time_seconds` of what is in use. @param names of the secrets, `''` for none */
  showExpirations(
    certificates: readonly LoadedCertificate[],
    trusted: readonly LoadedCertificate[],
    names?: { readonly certificates: readonly string[]; readonly trusted: string },
  ): void;
}

/** Envoy's name for certificates of no secret: the beginning of the hash of an empty text. */
const unnamed = 'e3b0c442';

/** Of the first certificate of a chain, or of all authorities: the end that comes first, in seconds since the epoch. */
function expiration({ certificate }: LoadedCertificate, which: 'cert' | 'ca_cert'): number {
  const ders = pemCertificates(certificate);
  let first = Number.POSITIVE_INFINITY;
  for (const der of which === 'cert' ? ders.slice(0, 1) : ders) {
    try {
      first = Math.min(first, Math.floor(readCertificateFacts(der).notAfter / 1000));
    } catch {
      // OpenSSL has taken it; how long it lasts is not known.
    }
  }
  return first;
}

/**
 * @param prefix of the listener or the cluster, ends with a dot
 * @param side `server` for listeners
 */
export function createSslStats(prefix: string, stats: StatsScope, side: 'server' | 'client'): SslStats {
  const counter = (name: string): Counter => stats.counter(`${prefix}ssl.${name}`);
  const factory = `${prefix}${side}_ssl_socket_factory.`;
  for (const which of ['downstream', 'upstream']) {
    stats.counter(`${factory}${which}_context_secrets_not_ready`);
  }
  const handshake = counter('handshake');
  const sessionReused = counter('session_reused');
  return {
    connectionError: counter('connection_error'),
    handshake,
    sessionReused,
    noCertificate: counter('no_certificate'),
    failVerifyNoCert: counter('fail_verify_no_cert'),
    failVerifyError: counter('fail_verify_error'),
    failVerifySan: counter('fail_verify_san'),
    failVerifyCertHash: counter('fail_verify_cert_hash'),
    ocspStapleRequests: counter('ocsp_staple_requests'),
    ocspStapleResponses: counter('ocsp_staple_responses'),
    ocspStapleOmitted: counter('ocsp_staple_omitted'),
    ocspStapleFailed: counter('ocsp_staple_failed'),
    updateBySds: stats.counter(`${factory}ssl_context_update_by_sds`),
    countHandshake({ cipher, group, version }, isReused) {
      handshake.inc();
      if (isReused) sessionReused.inc();
      counter(`ciphers.${cipher}`).inc();
      counter(`versions.${version}`).inc();
      if (group !== '') counter(`curves.${group}`).inc();
    },
    showExpirations(certificates, trusted, names) {
      const ends = new Map<string, number>();
      const add = (kind: 'cert' | 'ca_cert', name: string, loaded: LoadedCertificate): void => {
        const shown = name === '' ? `unnamed_${kind}_${unnamed}` : name;
        // Of several without a name Envoy shows the last one.
        ends.set(shown, expiration(loaded, kind));
      };
      for (const [at, one] of certificates.entries()) add('cert', names?.certificates[at] ?? '', one);
      for (const one of trusted) add('ca_cert', names?.trusted ?? '', one);
      for (const [name, seconds] of ends) {
        if (!Number.isFinite(seconds)) continue;
        stats.gauge(`${prefix}ssl.certificate.${name}.expiration_unix_time_seconds`).set(seconds);
      }
    },
  };
}
