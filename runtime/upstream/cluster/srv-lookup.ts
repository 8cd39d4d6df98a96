import type { AddressFamily, DnsResolver } from '../../network/dns/dns-resolver.js';
import { DnsError } from '../../network/dns/dns-resolver.js';
import type { LookupResult } from './dns-lookup.js';

/** A host of a SRV record, between look-up and host set. */
export interface SrvHost {
  readonly ip: string;
  readonly port: number;
  readonly weight: number;
}

/** As one of the addresses of an answer. */
export function srvText({ ip, port, weight }: SrvHost): string {
  return `${ip} ${port} ${weight}`;
}

/** @param text of `srvText` */
export function parseSrv(text: string): SrvHost {
  const [ip = '', port, weight] = text.split(' ');
  return { ip, port: Number(port), weight: Number(weight) };
}

/**
 * Asks for SRV, with the addresses of its targets.
 * @param lookupFamily `dns_lookup_family`: V6_ONLY asks for IPv6 addresses, all others for IPv4
 */
export async function lookUpSrv(
  resolver: DnsResolver,
  name: string,
  lookupFamily: string,
): Promise<LookupResult> {
  const family: AddressFamily = lookupFamily === 'V6_ONLY' ? 'v6' : 'v4';
  if (resolver.resolveSrv === undefined) return { failure: 'this resolver does not ask for SRV records' };
  try {
    const { hosts, ttlSeconds } = await resolver.resolveSrv(name, family);
    return { addresses: hosts.map(srvText), ttlSeconds };
  } catch (error) {
    if (error instanceof DnsError && (error.kind === 'not-found' || error.kind === 'no-data')) {
      return { addresses: [], ttlSeconds: 0 };
    }
    return { failure: (error as Error).message };
  }
}
