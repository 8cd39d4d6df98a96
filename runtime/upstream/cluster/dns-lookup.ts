/**
 * One look-up of a name with the families of `dns_lookup_family`.
 */
import type { AddressFamily, DnsResolver } from '../../network/dns/dns-resolver.js';
import { DnsError } from '../../network/dns/dns-resolver.js';

/** What a name resolves to; without addresses when a server said that there are none. */
export interface DnsAnswer {
  readonly addresses: readonly string[];
  /** 0 when nothing is known. */
  readonly ttlSeconds: number;
}

/** Nobody could tell. The text is for the log. */
export interface DnsFailure {
  readonly failure: string;
}

export type LookupResult = DnsAnswer | DnsFailure;

export function isFailure(result: LookupResult): result is DnsFailure {
  return 'failure' in result;
}

const none: DnsAnswer = { addresses: [], ttlSeconds: 0 };

/** Families in the order of asking. `ALL` asks for both at once and joins the answers. */
const orders: Readonly<Record<string, readonly AddressFamily[]>> = {
  AUTO: ['v6', 'v4'],
  V4_ONLY: ['v4'],
  V6_ONLY: ['v6'],
  V4_PREFERRED: ['v4', 'v6'],
  ALL: ['v4', 'v6'],
};

async function ask(resolver: DnsResolver, name: string, family: AddressFamily): Promise<LookupResult> {
  try {
    return await resolver.resolve(name, family);
  } catch (error) {
    if (error instanceof DnsError && (error.kind === 'not-found' || error.kind === 'no-data')) return none;
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * As measured on Envoy 1.40: an answer with addresses counts, whatever the other family said; no addresses count only
 * when every family was answered.
 * @param lookupFamily `dns_lookup_family`; never rejects
 */
export async function lookUp(
  resolver: DnsResolver,
  name: string,
  lookupFamily: string,
): Promise<LookupResult> {
  const order = orders[lookupFamily] ?? (orders.AUTO as readonly AddressFamily[]);
  const results: LookupResult[] =
    lookupFamily === 'ALL' ? await Promise.all(order.map((family) => ask(resolver, name, family))) : [];
  if (lookupFamily !== 'ALL') {
    for (const family of order) {
      const result = await ask(resolver, name, family);
      if (!isFailure(result) && result.addresses.length > 0) return result;
      results.push(result);
    }
  }
  const found = results.filter(
    (result): result is DnsAnswer => !isFailure(result) && result.addresses.length > 0,
  );
  if (found.length > 0) {
    return {
      addresses: found.flatMap(({ addresses }) => addresses),
      ttlSeconds: Math.min(...found.map(({ ttlSeconds }) => ttlSeconds)),
    };
  }
  return results.find(isFailure) ?? none;
}
