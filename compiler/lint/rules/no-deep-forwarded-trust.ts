import { numberAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

/**
 * # no-deep-forwarded-trust
 *
 * `xff_num_trusted_hops` says how many proxies in front are trusted to append to `x-forwarded-for`. One too many, and the
 * address is one that the client wrote itself. With `skip_xff_append` beside `use_remote_address` nobody appends at all.
 *
 * Wrong:
 *
 * ```yaml hcm
 * use_remote_address: true
 * xff_num_trusted_hops: 5
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * use_remote_address: true
 * xff_num_trusted_hops: 1
 * ```
 *
 * Source: Envoy documentation, "HTTP header manipulation", x-forwarded-for.
 */
export const noDeepForwardedTrust: LintRule<'no-deep-forwarded-trust'> = {
  name: 'no-deep-forwarded-trust',
  pack: 'edge',
  summary: 'an open listener trusts few proxies in front of it',
  severity: 'off',
  options: { maxHops: 2 },
  *check(view, { maxHops }) {
    for (const manager of openManagers(view)) {
      const hops = numberAt(manager.value.xff_num_trusted_hops) ?? 0;
      if (hops > maxHops) {
        yield {
          path: [...manager.path, 'xff_num_trusted_hops'],
          message: `${hops} proxies in front are trusted: a client behind fewer writes its own address`,
          fix: 'count the proxies that are really in front',
        };
      }
      if (manager.value.use_remote_address === true && manager.value.skip_xff_append === true) {
        yield {
          path: [...manager.path, 'skip_xff_append'],
          message: 'the address of the client is found and then not passed on',
          fix: 'remove skip_xff_append',
        };
      }
    }
  },
};
