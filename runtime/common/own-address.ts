import { networkInterfaces } from 'node:os';

let found: string | undefined;

/**
 * The address by which this machine is known elsewhere: the first IPv4 address that is not a loopback one. Envoy writes it
 * into `x-forwarded-for` when its peer is on a loopback address, and into the spans that it reports.
 */
export function ownAddress(): string {
  found ??= firstAddress();
  return found;
}

function firstAddress(): string {
  for (const list of Object.values(networkInterfaces())) {
    for (const { address, family, internal } of list ?? []) {
      if (family === 'IPv4' && !internal) return address;
    }
  }
  return '127.0.0.1';
}
