/**
 * E3019: names of cipher suites, curves and signature algorithms that the TLS library of Envoy does not have. The lists were
 * asked of Envoy 1.40 name by name; expressions with operators are not judged.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { listAt, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { nearName } from '../../dsl/api/index.js';

function words(lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}

/** By OpenSSL's names, by those of the RFCs, and groups of them. */
const ciphers = words([
  'ECDHE-ECDSA-AES128-GCM-SHA256 ECDHE-ECDSA-AES256-GCM-SHA384 ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA ECDHE-ECDSA-AES256-SHA ECDHE-ECDSA-AES128-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256 ECDHE-RSA-AES256-GCM-SHA384 ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-RSA-AES128-SHA256 ECDHE-RSA-AES256-SHA ECDHE-RSA-AES128-SHA ECDHE-PSK-CHACHA20-POLY1305',
  'ECDHE-PSK-AES128-CBC-SHA ECDHE-PSK-AES256-CBC-SHA PSK-AES256-CBC-SHA PSK-AES128-CBC-SHA',
  'AES256-GCM-SHA384 AES128-GCM-SHA256 AES128-SHA AES256-SHA DES-CBC3-SHA',
  'TLS_RSA_WITH_AES_256_GCM_SHA384 TLS_RSA_WITH_AES_128_GCM_SHA256 TLS_RSA_WITH_AES_256_CBC_SHA',
  'TLS_RSA_WITH_3DES_EDE_CBC_SHA TLS_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256 TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA',
  'TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA',
  'TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA',
  'TLS_PSK_WITH_AES_256_CBC_SHA TLS_PSK_WITH_AES_128_CBC_SHA TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256 ALL HIGH DEFAULT',
  'FIPS SSLv3 TLSv1 TLSv1.2 kRSA aRSA kECDHE ECDHE ECDSA EECDH kPSK aPSK PSK 3DES aECDSA AES128',
  'AES256 AESGCM CHACHA20 AES SHA1 SHA RSA kEECDH',
]);

const curves = words([
  'X25519 P-256 P-384 P-521 prime256v1 secp384r1 secp521r1 X25519MLKEM768 x25519 MLKEM1024',
]);

const signatures = words([
  'rsa_pkcs1_sha256 rsa_pkcs1_sha1 rsa_pkcs1_sha384 rsa_pss_rsae_sha256 rsa_pkcs1_sha512',
  'rsa_pss_rsae_sha384 rsa_pss_rsae_sha512 ecdsa_sha1 ecdsa_secp521r1_sha512 ecdsa_secp256r1_sha256',
  'ecdsa_secp384r1_sha384 ed25519 RSA+SHA256 RSA-PSS+SHA256 ECDSA+SHA256 rsa_pkcs1_sha256_legacy',
]);

/** Names of one entry; `[a|b]` are equals. Parts with operators are left out. */
function namesOf(entry: string): string[] {
  return entry
    .split(':')
    .flatMap((part) => (/^\[[^\]]*\]$/.test(part) ? part.slice(1, -1).split('|') : [part]))
    .filter((name) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name));
}

function* unknownNames(
  holder: Message,
  field: string,
  known: readonly string[],
  what: string,
): Generator<Finding> {
  for (const [index, entry] of listAt(holder.value[field]).entries()) {
    const name = namesOf(textAt(entry)).find((one) => !known.includes(one));
    if (name === undefined) continue;
    const near = nearName(name, known);
    yield {
      code: 'E3019',
      severity: 'error',
      path: [...holder.path, field, index],
      message: `Envoy's TLS library has no ${what} '${name}'`,
      fix: near === undefined ? 'remove it' : `did you mean '${near}'?`,
    };
  }
}

export function* tlsNames(view: BootstrapView): Generator<Finding> {
  for (const parameters of view.all('envoy.extensions.transport_sockets.tls.v3.TlsParameters')) {
    yield* unknownNames(parameters, 'cipher_suites', ciphers, 'cipher suite');
    yield* unknownNames(parameters, 'ecdh_curves', curves, 'curve');
    yield* unknownNames(parameters, 'signature_algorithms', signatures, 'signature algorithm');
  }
}
