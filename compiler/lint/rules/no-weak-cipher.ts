import { listAt, textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { tlsParametersType } from '../message-names.js';

/** Without an ephemeral key exchange, or with a cipher or a hash that is broken. */
function isWeak(cipher: string): boolean {
  return (
    /3DES|RC4|NULL|MD5/i.test(cipher) || /SHA$|SHA1$/.test(cipher) || /^(?:AES|DES|TLS_RSA_|PSK)/.test(cipher)
  );
}

/**
 * # no-weak-cipher
 *
 * Cipher suites with RSA key exchange have no forward secrecy, those with 3DES or CBC with SHA-1 have known attacks.
 * Envoy's own list has none of them; a list of one's own that brings them back is mostly copied from an old server.
 *
 * Wrong:
 *
 * ```yaml downstream-tls
 * tls_params: { cipher_suites: [ECDHE-RSA-AES128-GCM-SHA256, AES128-SHA] }
 * ```
 *
 * Right:
 *
 * ```yaml downstream-tls
 * tls_params: { cipher_suites: [ECDHE-ECDSA-AES128-GCM-SHA256, ECDHE-RSA-AES128-GCM-SHA256] }
 * ```
 *
 * Source: RFC 9325, section 4.2; TlsParameters.cipher_suites.
 */
export const noWeakCipher: LintRule<'no-weak-cipher'> = {
  name: 'no-weak-cipher',
  pack: 'tls',
  summary: 'cipher suites with forward secrecy and authenticated encryption only',
  severity: 'warning',
  *check(view) {
    for (const parameters of view.all(tlsParametersType)) {
      for (const [index, item] of listAt(parameters.value.cipher_suites).entries()) {
        const weak = textAt(item)
          .replace(/[[\]]/g, '')
          .split(/[|:]/)
          .find((cipher) => isWeak(cipher));
        if (weak === undefined) continue;
        yield {
          path: [...parameters.path, 'cipher_suites', index],
          message: `the cipher suite ${weak} is weak`,
          fix: 'remove it',
        };
      }
    }
  },
};
