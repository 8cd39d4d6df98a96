/**
 * Addresses that must be literal IPs, and listeners that want the same one.
 */
import { isIP } from 'node:net';
import type { Path } from '../../dsl/api/index.js';
import type { Finding } from './finding.js';
import { clustersOf, entriesOf, fieldsAt, listenersOf, textAt } from './walk.js';

function checkIp(socketAddress: unknown, path: Path, hint: string): Finding[] {
  const socket = fieldsAt(socketAddress);
  const address = textAt(socket.address);
  const resolver = textAt(socket.resolver_name);
  if (address === undefined || (resolver !== undefined && resolver !== '') || isIP(address) !== 0) return [];
  return [
    {
      code: 'E3006',
      severity: 'error',
      path: [...path, 'address'],
      message: `'${address}' is not an IP address`,
      fix: hint,
    },
  ];
}

/** Listeners and the admin interface bind to literal addresses. */
export function bindAddresses(bootstrap: unknown): Finding[] {
  const admin = fieldsAt(fieldsAt(bootstrap).admin);
  const findings = checkIp(
    fieldsAt(admin.address).socket_address,
    ['admin', 'address', 'socket_address'],
    'write an IP, such as 127.0.0.1',
  );
  for (const { value, path } of listenersOf(bootstrap)) {
    findings.push(
      ...checkIp(
        fieldsAt(value.address).socket_address,
        [...path, 'address', 'socket_address'],
        'write an IP, such as 0.0.0.0 or 127.0.0.1',
      ),
    );
  }
  return findings;
}

/** `STATIC`, which is the default type, takes no names. */
export function staticClusterAddresses(bootstrap: unknown): Finding[] {
  return clustersOf(bootstrap).flatMap(({ value, path }) => {
    const isStatic = value.cluster_type === undefined && (value.type ?? 'STATIC') === 'STATIC';
    if (!isStatic) return [];
    const list = [...path, 'load_assignment', 'endpoints'];
    return [...entriesOf(fieldsAt(value.load_assignment).endpoints, list)].flatMap((locality) =>
      [...entriesOf(locality.value.lb_endpoints, [...locality.path, 'lb_endpoints'])].flatMap((host) =>
        checkIp(
          fieldsAt(fieldsAt(host.value.endpoint).address).socket_address,
          [...host.path, 'endpoint', 'address', 'socket_address'],
          "write an IP, or set the cluster's type to STRICT_DNS",
        ),
      ),
    );
  });
}

/** Two listeners on one address and port: the second one fails to bind, unless one of them does not bind or is UDP. */
export function listenerAddressClashes(bootstrap: unknown): Finding[] {
  const first = new Map<string, Path>();
  const names = new Set<unknown>();
  const findings: Finding[] = [];
  for (const { value, path } of listenersOf(bootstrap)) {
    // A second listener of the same name takes the place of the first one.
    if (value.name !== undefined && names.has(value.name)) continue;
    names.add(value.name);
    const socket = fieldsAt(fieldsAt(value.address).socket_address);
    const port = socket.port_value;
    if (typeof socket.address !== 'string' || typeof port !== 'number' || port === 0) continue;
    if (value.bind_to_port === false || value.enable_reuse_port === false) continue;
    const key = `${socket.protocol ?? 'TCP'} ${socket.address} ${port} ${socket.network_namespace_filepath ?? ''}`;
    const at = [...path, 'address', 'socket_address', 'port_value'];
    const before = first.get(key);
    if (before === undefined) first.set(key, at);
    else {
      findings.push({
        code: 'E3007',
        severity: 'error',
        path: at,
        message: `another listener has the address ${socket.address}:${port} already`,
        fix: 'give it another port, or put both filter chains into one listener',
        related: { path: before, message: 'the other listener' },
      });
    }
  }
  return findings;
}
