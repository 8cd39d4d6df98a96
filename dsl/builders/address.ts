/**
 * Addresses from texts.
 */

/** `{ address: { socket_address } }` without the outer field. */
export interface SocketAddressValue {
  readonly socket_address: { readonly address: string; readonly port_value: number };
}

/** @throws RangeError when the port is none */
export function socketAddress(address: string, port: number): SocketAddressValue {
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    throw new RangeError(`${port} is not a port; ports are whole numbers from 0 to 65535`);
  }
  return { socket_address: { address, port_value: port } };
}

/**
 * `'10.0.0.1:80'`, `'name.example:80'`, `'[::1]:80'`.
 * @throws RangeError when there is no port
 */
export function parseHostPort(text: string): SocketAddressValue {
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(text);
  if (match === null) throw new RangeError(`'${text}' is not of the form 'host:port' (IPv6: '[::1]:80')`);
  return socketAddress(match[1] ?? match[2] ?? '', Number(match[3]));
}
