import type { Finding } from '../check/finding.js';
import { fieldsAt, textAt } from '../check/walk.js';

/**
 * # no-public-admin
 *
 * The admin interface has no authentication: whoever reaches it can read every certificate path and header of the
 * configuration, change log levels, and stop the proxy. This rule warns when `admin.address` is not a loopback address or
 * a Unix socket.
 *
 * Write `admin: { address: { socket_address: { address: '127.0.0.1', port_value: 9901 } } }`, and publish what a
 * monitoring system needs (`/stats/prometheus`) through a listener with a route to it.
 */
export function noPublicAdmin(bootstrap: unknown): Finding[] {
  const socket = fieldsAt(fieldsAt(fieldsAt(fieldsAt(bootstrap).admin).address).socket_address);
  const address = textAt(socket.address);
  if (address === undefined || /^127\.|^::1$|^::ffff:127\./i.test(address)) return [];
  return [
    {
      code: 'no-public-admin',
      severity: 'warning',
      path: ['admin', 'address', 'socket_address', 'address'],
      message: `the admin interface, which has no authentication, listens on ${address}`,
      fix: "bind it to '127.0.0.1'",
    },
  ];
}
