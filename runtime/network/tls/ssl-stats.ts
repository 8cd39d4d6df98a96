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
  /** `ssl_context_update_by_sds`: secrets of a file that has changed came into force. */
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

function expiration({ certificate }: LoadedCertificate): number | undefined {
  const [der] = pemCertificates(certificate);
  if (der === undefined) return undefined;
  try {
    return Math.floor(readCertificateFacts(der).notAfter / 1000);
  } catch {
    return undefined;
  }
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
  const show = (kind: string, name: string, loaded: LoadedCertificate): void => {
    const seconds = expiration(loaded);
    if (seconds === undefined) return;
    const shown = name === '' ? `unnamed_${kind}_${unnamed}` : name;
    stats.gauge(`${prefix}ssl.certificate.${shown}.expiration_unix_time_seconds`).set(seconds);
  };
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
      for (const [at, one] of certificates.entries()) show('cert', names?.certificates[at] ?? '', one);
      for (const one of trusted) show('ca_cert', names?.trusted ?? '', one);
    },
  };
}
