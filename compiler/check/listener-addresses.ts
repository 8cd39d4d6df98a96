/**
 * E3007: two listeners on one address and port. Port 0 is a port of its own each time; a second listener of the same name
 * is taken for the first one and not looked at.
 */
import type { Path } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

/** One spelling of an IPv6 address. */
function canonicalIp(address: string): string {
  if (!address.includes(':') || address.includes('%')) return address;
  return URL.canParse(`http://[${address}]/`) ? new URL(`http://[${address}]/`).hostname : address;
}

/** What two listeners cannot share; undefined for what they can. */
function placeOf(address: Message): string | undefined {
  const pipe = textAt(address.at('pipe').value.path);
  if (pipe !== '') return `pipe ${pipe}`;
  const socket = address.at('socket_address').value;
  if (!isSet(socket.port_value) || socket.port_value === 0) return undefined;
  const space = textAt(socket.network_namespace_filepath);
  return `${socket.protocol ?? 'TCP'} ${canonicalIp(textAt(socket.address))}|${socket.port_value}|${space}`;
}

export function* listenerAddresses(view: BootstrapView): Generator<Finding> {
  const names = new Set<string>();
  const taken = new Map<string, { readonly listener: Message; readonly path: Path }>();
  for (const listener of view.listeners) {
    const name = textAt(listener.value.name);
    if (name !== '' && names.has(name)) continue;
    names.add(name);
    const addresses = [listener, ...listener.list('additional_addresses')].map((one) => one.at('address'));
    for (const address of addresses) {
      const place = placeOf(address);
      if (place === undefined) continue;
      const before = taken.get(place);
      if (before === undefined) taken.set(place, { listener, path: address.path });
      else if (before.listener !== listener) {
        yield {
          code: 'E3007',
          severity: 'error',
          path: address.path,
          message: 'another listener already has this address',
          fix: 'give it another port, or put the filter chains of both into one listener',
          related: { path: before.path, message: 'the other listener' },
        };
      }
    }
  }
}
