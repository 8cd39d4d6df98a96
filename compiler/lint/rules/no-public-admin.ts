/**
 * # no-public-admin
 *
 * The admin interface can stop Envoy, change its log levels, and shows certificates' names, cluster members and the whole
 * configuration. It has no authentication. Whoever reaches its port is the operator.
 *
 * ```yaml
 * admin:
 *   address:
 *     socket_address: { address: 0.0.0.0, port_value: 9901 }  # everybody on the network
 * ```
 *
 * Bind it to `127.0.0.1` or `::1` and reach it over SSH or a port forward; a UNIX socket (`pipe`) works as well. Where
 * the network around is closed by other means (a container's own network), switch the rule off and say so in the reason.
 */
import { isIP } from 'node:net';
import { fieldsAt, textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';

/** 127.0.0.0/8, `::1`, and IPv4 loopback written as IPv6. */
function isLoopback(address: string): boolean {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, '');
  return /^127(?:\.\d{1,3}){3}$/.test(plain) || /^(?:0{0,4}:){2,7}0{0,3}1$/.test(plain);
}

export const noPublicAdmin: LintRule = {
  name: 'no-public-admin',
  summary: 'the admin interface listens on a loopback address or a UNIX socket',
  *check(view) {
    const socket = view.root.at('admin').at('address').at('socket_address');
    const address = textAt(fieldsAt(socket.value).address);
    // What is no address is told by a check.
    if (isIP(address) === 0 || isLoopback(address)) return;
    yield {
      path: [...socket.path, 'address'],
      message: `the admin interface listens on ${address}, where others than this machine can reach it`,
      fix: 'bind it to 127.0.0.1',
    };
  },
};
