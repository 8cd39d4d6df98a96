import { textAt } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

const reference = 'envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig';

/**
 * # no-unused-secret
 *
 * A static secret that no TLS context, filter or credential names lies in the file for nothing, and a key that is not
 * needed should not be copied around.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * static_resources:
 *   secrets:
 *   - name: old
 *     generic_secret: { secret: { filename: /etc/old } }
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * static_resources:
 *   secrets: []
 * ```
 *
 * Source: envoy.config.bootstrap.v3.Bootstrap.StaticResources.secrets.
 */
export const noUnusedSecret: LintRule<'no-unused-secret'> = {
  name: 'no-unused-secret',
  pack: 'correctness',
  summary: 'every static secret is named by something',
  severity: 'warning',
  *check(view) {
    const secrets = view.root.at('static_resources').list('secrets');
    if (secrets.length === 0) return;
    // Listeners from elsewhere may name it.
    if (view.root.value.dynamic_resources !== undefined) return;
    const used = new Set(view.all(reference).map(({ value }) => textAt(value.name)));
    for (const secret of secrets) {
      if (used.has(nameOf(secret))) continue;
      yield {
        path: [...secret.path, 'name'],
        message: `nothing uses the secret '${nameOf(secret)}'`,
        fix: 'remove it',
      };
    }
  },
};
