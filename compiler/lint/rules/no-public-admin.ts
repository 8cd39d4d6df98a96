import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { isOpen } from '../open-addresses.js';

/**
 * # no-public-admin
 *
 * The admin interface can stop Envoy, change its log levels, and shows certificates' names, cluster members and the whole
 * configuration. It has no authentication. Whoever reaches its port is the operator. Bind it to `127.0.0.1` or `::1` and
 * reach it over SSH or a port forward; a UNIX socket (`pipe`) works as well. Where the network around is closed by other
 * means (a container's own network), switch the rule off and say so in the reason.
 *
 * Wrong:
 *
 * ```yaml bootstrap
 * admin:
 *   address:
 *     socket_address: { address: 0.0.0.0, port_value: 9901 }  # everybody on the network
 * ```
 *
 * Right:
 *
 * ```yaml bootstrap
 * admin:
 *   address:
 *     socket_address: { address: 127.0.0.1, port_value: 9901 }
 * ```
 *
 * Source: Envoy documentation, "Administration interface" (attention box).
 */
export const noPublicAdmin: LintRule<'no-public-admin'> = {
  name: 'no-public-admin',
  pack: 'edge',
  summary: 'the admin interface listens on a loopback address or a UNIX socket',
  severity: 'warning',
  *check(view) {
    const socket = view.root.at('admin').at('address').at('socket_address');
    const address = textAt(socket.value.address);
    // What is no address is told by a check.
    if (!isOpen(address)) return;
    yield {
      path: [...socket.path, 'address'],
      message: `the admin interface listens on ${address}, where others than this machine can reach it`,
      fix: 'bind it to 127.0.0.1',
    };
  },
};
