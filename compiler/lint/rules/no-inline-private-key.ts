import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';

/** Messages and their fields that hold what nobody else may know. */
const secrets: readonly (readonly [type: string, fields: readonly string[]])[] = [
  ['envoy.extensions.transport_sockets.tls.v3.TlsCertificate', ['private_key', 'password']],
  ['envoy.extensions.transport_sockets.tls.v3.GenericSecret', ['secret']],
  ['envoy.extensions.filters.network.redis_proxy.v3.RedisProxy', ['downstream_auth_password']],
  ['envoy.extensions.filters.network.redis_proxy.v3.RedisProtocolOptions', ['auth_password']],
];

/**
 * # no-inline-private-key
 *
 * A private key in the configuration is in every copy of it: in version control, in CI logs, in `/config_dump` of older
 * proxies. Let Envoy read it from a file or over SDS.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * static_resources:
 *   secrets:
 *   - name: web
 *     generic_secret: { secret: { inline_string: "hunter2" } }
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * static_resources:
 *   secrets:
 *   - name: web
 *     generic_secret: { secret: { filename: /run/secrets/web } }
 * ```
 *
 * Source: Envoy documentation, "Secret discovery service".
 */
export const noInlinePrivateKey: LintRule<'no-inline-private-key'> = {
  name: 'no-inline-private-key',
  pack: 'tls',
  summary: 'keys and passwords are not written into the configuration',
  severity: 'warning',
  *check(view) {
    for (const [type, fields] of secrets) {
      for (const message of view.all(type)) {
        for (const field of fields) {
          const source = message.at(field);
          const inline = ['inline_string', 'inline_bytes'].find((one) => isSet(source.value[one]));
          if (inline === undefined) continue;
          yield {
            path: [...source.path, inline],
            message: `the ${field.replaceAll('_', ' ')} stands in the configuration itself`,
            fix: 'use filename or environment_variable, or SDS',
          };
        }
      }
    }
  },
};
