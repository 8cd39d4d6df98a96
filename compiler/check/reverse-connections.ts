/**
 * E3006: addresses of listeners that connect themselves, `rc://node:cluster:tenant@remote:count`, which the resolver of
 * reverse connections reads.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const resolver = 'envoy.resolvers.reverse_connection';
const maxIdentifier = 255;
const maxConnections = 1024;

/** What a value of a header may hold. */
const headerValue = /^[\t\x20-\x7e\x80-\uffff]*$/;

/** @returns what is wrong with the address */
function faultOf(address: string): string | undefined {
  if (!address.startsWith('rc://')) return "the address does not begin with 'rc://'";
  const halves = address.slice('rc://'.length).split('@');
  const [from = '', to = ''] = halves;
  const [source, target] = [from.split(':'), to.split(':')];
  if (halves.length !== 2 || source.length !== 3 || target.length !== 2)
    return 'the address has not all its parts';
  const [node = '', cluster = '', tenant = ''] = source;
  const [remote = '', count = ''] = target;
  if (node === '' || cluster === '' || remote === '')
    return 'the node, the cluster and the remote cluster have names';
  if (!/^\s*\+?\d+\s*$/.test(count) || Number(count) > maxConnections) {
    return `'${count}' is no number of connections up to ${maxConnections}`;
  }
  for (const name of [node, cluster, tenant, remote]) {
    if (Buffer.byteLength(name) > maxIdentifier) return `a name has more than ${maxIdentifier} octets`;
    if (!headerValue.test(name)) return 'a name has characters that no header can carry';
  }
  return undefined;
}

function* ofAddress(address: Message): Generator<Finding> {
  const socket = address.at('socket_address');
  const { value } = socket;
  if (value.resolver_name !== resolver) return;
  const fault = faultOf(textAt(value.address));
  const at = (field: string, message: string, fix: string): Finding => ({
    code: 'E3006',
    severity: 'error',
    path: [...socket.path, field],
    message,
    fix,
  });
  if (fault !== undefined) yield at('address', fault, 'write rc://node:cluster:tenant@remote:count');
  else if (Number(value.port_value ?? 0) !== 0) {
    yield at('port_value', 'a reverse connection has port 0', 'set port_value: 0');
  }
}

export function* reverseConnections(view: BootstrapView): Generator<Finding> {
  for (const listener of view.listeners) {
    for (const holder of [listener, ...listener.list('additional_addresses')])
      yield* ofAddress(holder.at('address'));
  }
}
