import { listAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { downstreamTlsType, filterChainType, managerType } from '../message-names.js';

/**
 * # require-alpn
 *
 * Over TLS a client speaks HTTP/2 only when the server offers `h2` in the handshake (ALPN). A listener that would take
 * HTTP/2 and offers nothing serves HTTP/1.1 to everybody, without a word.
 *
 * Wrong:
 *
 * ```yaml downstream-tls
 * tls_certificates: [{ certificate_chain: { filename: /c.pem }, private_key: { filename: /k.pem } }]
 * ```
 *
 * Right:
 *
 * ```yaml downstream-tls
 * alpn_protocols: [h2, http/1.1]
 * tls_certificates: [{ certificate_chain: { filename: /c.pem }, private_key: { filename: /k.pem } }]
 * ```
 *
 * Source: CommonTlsContext.alpn_protocols; RFC 9113, section 3.2.
 */
export const requireAlpn: LintRule<'require-alpn'> = {
  name: 'require-alpn',
  pack: 'tls',
  summary: 'an HTTPS listener that takes HTTP/2 offers it',
  severity: 'warning',
  *check(view) {
    const takesHttp2 = new Set(
      view
        .all(managerType)
        .filter(({ value }) => value.codec_type !== 'HTTP1' && value.codec_type !== 'HTTP3')
        .map((manager) => manager.within(filterChainType)?.value),
    );
    for (const tls of view.all(downstreamTlsType)) {
      const chain = tls.within(filterChainType);
      if (chain === undefined || !takesHttp2.has(chain.value)) continue;
      const common = tls.at('common_tls_context');
      if (listAt(common.value.alpn_protocols).length > 0) continue;
      yield {
        path: tls.path,
        message: 'the listener takes HTTP/2 and does not offer it in the handshake: no browser will speak it',
        fix: 'set common_tls_context.alpn_protocols: [h2, http/1.1]',
      };
    }
  },
};
