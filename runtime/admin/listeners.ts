/**
 * `/listeners`.
 */
import type { AdminResponse, Handler } from './endpoint.js';
import { json, text } from './endpoint.js';

/** An `envoy.config.core.v3.Address` of the text of an address. */
function addressOf(address: string): object {
  const colon = address.lastIndexOf(':');
  if (address.startsWith('/') || address.startsWith('@') || colon < 0) return { pipe: { path: address } };
  return {
    socket_address: {
      address: address.slice(0, colon).replace(/^\[(.*)\]$/, '$1'),
      port_value: Number(address.slice(colon + 1)),
    },
  };
}

/** One line per address, or `envoy.admin.v3.Listeners` with `format=json`. */
export const listeners: Handler = (host, { query }): AdminResponse => {
  const all = host.listeners();
  if (query.get('format') !== 'json') {
    return text(
      all.flatMap(({ name, addresses }) => addresses.map((address) => `${name}::${address}\n`)).join(''),
    );
  }
  if (all.length === 0) return json({});
  return json({
    listener_statuses: all.map(({ name, addresses }) => {
      const [first, ...rest] = addresses.map(addressOf);
      return {
        name,
        local_address: first,
        ...(rest.length > 0 ? { additional_local_addresses: rest } : {}),
      };
    }),
  });
};
