/**
 * Where a listener is bound: `envoy.config.core.v3.Address` as far as listeners take it here.
 */
import { isIP } from 'node:net';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';

export type ListenerAddress =
  | { readonly ip: string; readonly port: number; readonly dualStack: boolean }
  | { readonly path: string; readonly mode: number };

/** `127.0.0.1:80`, `[::1]:80`, or the path of a pipe. */
export function addressText(address: ListenerAddress): string {
  if ('path' in address) return address.path;
  return address.ip.includes(':') ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;
}

/** Equal for addresses that can share a socket. Two with port 0 never do: each gets a port of its own. */
export function addressKey(address: ListenerAddress): string | undefined {
  if ('path' in address) return address.path;
  if (address.port === 0) return undefined;
  return address.dualStack ? `${addressText(address)} dual` : addressText(address);
}

function readAddress(config: unknown, path: readonly (string | number)[]): ListenerAddress {
  const { pipe, socket_address } = messageOf(config);
  if (pipe !== undefined) {
    const fields = messageOf(pipe);
    return { path: textOf(fields.path), mode: numberOf(fields.mode, 0) };
  }
  const socket = messageOf(socket_address);
  const ip = textOf(socket.address);
  if (isIP(ip) === 0) {
    throw new ConfigError(`malformed IP address: ${ip}`, [...path, 'socket_address', 'address']);
  }
  return { ip, port: numberOf(socket.port_value, 0), dualStack: socket.ipv4_compat === true };
}

/** `address` and `additional_addresses`, in this order. @throws ConfigError with the path inside the listener */
export function listenerAddresses(listener: Fields): ListenerAddress[] {
  if (listener.address === undefined) throw new ConfigError('address is necessary');
  return [
    readAddress(listener.address, ['address']),
    ...messagesOf(listener.additional_addresses).map(({ address }, index) =>
      readAddress(address, ['additional_addresses', index, 'address']),
    ),
  ];
}
