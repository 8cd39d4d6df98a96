import type { Finding } from '../check/finding.js';
import { clustersOf } from '../check/walk.js';

/**
 * # require-dns-lookup-family
 *
 * A STRICT_DNS or LOGICAL_DNS cluster without `dns_lookup_family` asks for IPv6 addresses first (`AUTO`) and takes IPv4
 * only when there are none. On hosts without a route to the IPv6 address every connection fails, although the name has a
 * working IPv4 address: the commonest surprise of Envoy's DNS clusters.
 *
 * Say what is meant: `dns_lookup_family: 'V4_ONLY'`, `'V6_ONLY'`, `'V4_PREFERRED'`, or `'ALL'` for both.
 */
export function requireDnsLookupFamily(bootstrap: unknown): Finding[] {
  return clustersOf(bootstrap)
    .filter(({ value }) => value.type === 'STRICT_DNS' || value.type === 'LOGICAL_DNS')
    .filter(({ value }) => value.dns_lookup_family === undefined)
    .map(({ value, path }) => ({
      code: 'require-dns-lookup-family',
      severity: 'warning' as const,
      path,
      message: `the ${value.type} cluster '${value.name}' does not say which IP family it wants, so IPv6 goes first`,
      fix: "add dns_lookup_family: 'V4_ONLY' (or 'ALL', 'V6_ONLY', 'V4_PREFERRED')",
    }));
}
