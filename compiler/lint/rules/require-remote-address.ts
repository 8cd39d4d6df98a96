import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

/**
 * # require-remote-address
 *
 * Only with `use_remote_address: true` Envoy takes the client's address from the connection, appends it to
 * `x-forwarded-for` and drops internal headers that a client made up. Without it whoever sends `x-forwarded-for` says who
 * he is. Inner proxies, behind one that does it, leave it false.
 *
 * Wrong:
 *
 * ```yaml hcm
 * xff_num_trusted_hops: 0
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * use_remote_address: true
 * ```
 *
 * Source: Envoy documentation, "HTTP header manipulation", x-forwarded-for.
 */
export const requireRemoteAddress: LintRule<'require-remote-address'> = {
  name: 'require-remote-address',
  pack: 'edge',
  summary: 'an open listener takes the address of clients from their connection',
  severity: 'off',
  *check(view) {
    for (const manager of openManagers(view)) {
      if (manager.value.use_remote_address === true) continue;
      if (manager.list('original_ip_detection_extensions').length > 0) continue;
      yield {
        path: isSet(manager.value.use_remote_address)
          ? [...manager.path, 'use_remote_address']
          : manager.path,
        message: 'clients say themselves who they are: x-forwarded-for is taken as it comes',
        fix: 'set use_remote_address: true',
      };
    }
  },
};
