import { isSet, textAt } from '../../check/bootstrap-view.js';
import { hasOnlyIps, httpOptionsOf, nameOf, resolverOf, upstreamTlsOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # require-sni
 *
 * Servers that hold several certificates choose by the name in the handshake (SNI). Envoy sends none by default, not even
 * for a cluster with a host name, and gets the wrong certificate or a closed connection.
 *
 * Wrong:
 *
 * ```yaml upstream-tls
 * common_tls_context: { alpn_protocols: [h2] }
 * ```
 *
 * Right:
 *
 * ```yaml upstream-tls
 * sni: api.example
 * ```
 *
 * Source: UpstreamTlsContext.sni and auto_host_sni; UpstreamHttpProtocolOptions.auto_sni.
 */
export const requireSni: LintRule<'require-sni'> = {
  name: 'require-sni',
  pack: 'tls',
  summary: 'TLS to a host with a name says that name',
  severity: 'warning',
  *check(view) {
    for (const cluster of view.clusters) {
      const tls = upstreamTlsOf(cluster);
      if (tls === undefined || resolverOf(cluster) === undefined || hasOnlyIps(cluster)) continue;
      if (textAt(tls.value.sni) !== '' || tls.value.auto_host_sni === true) continue;
      const upstream = httpOptionsOf(cluster).at('upstream_http_protocol_options').value;
      const older = cluster.at('upstream_http_protocol_options').value;
      if ([upstream, older].some((one) => one.auto_sni === true || isSet(one.override_auto_sni_header)))
        continue;
      yield {
        path: tls.path,
        message: `the cluster '${nameOf(cluster)}' has host names and speaks TLS without saying them (SNI)`,
        fix: 'set sni, or auto_host_sni: true',
      };
    }
  },
};
