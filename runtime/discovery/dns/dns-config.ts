/**
 * How DNS answers: Consul's `dns_config`, with defaults that give a client all it can take.
 */

export interface SoaConfig {
  /** Seconds; defaults 3600, 600, 86400 and 0. */
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  /** How long "no such name" may be remembered: 0, as it may be registered in a moment. Also the TTL of the record. */
  readonly minTtl: number;
}

export interface DnsConfig {
  /** The zone, lower case, no final dot. Default `consul`. */
  readonly domain: string;
  /** A second name of the zone; answers stay below the one that was asked. Default none. */
  readonly altDomain: string | undefined;
  /** Seconds, default 0: every question is asked anew. */
  readonly nodeTtl: number;
  /** Seconds by service name, by `prefix*`, or for all by `*`; the longest prefix wins. Default 0. */
  readonly serviceTtl: Readonly<Record<string, number>>;
  readonly soa: SoaConfig;
  /** Leave out instances with a warning, as well as critical ones. Default false. */
  readonly onlyPassing: boolean;
  /** Answers over UDP to a client without EDNS, at most 8. Default none: all that fit. Consul's default is 3. */
  readonly udpAnswerLimit: number | undefined;
  /** Addresses in any answer; 0 for no limit, which is the default. */
  readonly aRecordLimit: number;
  /** Say with TC when answers were left out. Default true; Consul's is false. */
  readonly enableTruncate: boolean;
  /** Default false. */
  readonly disableCompression: boolean;
  /** Meta data of nodes as TXT records beside their addresses. Default true. */
  readonly nodeMetaTxt: boolean;
  /**
   * Do in small things as Consul does: trim on uncompressed sizes, leave OPT out of what was trimmed, repeat additional
   * records, ignore the version of EDNS, answer NOTIFY. Default false.
   */
  readonly strict: boolean;
  /**
   * Answers over UDP are no larger, octets. Default 1232: what travels in one piece nearly everywhere, and is no more
   * than a small multiple of what a forged question costs. The rest comes over TCP.
   */
  readonly maxUdpBytes: number;
}

export type DnsOptions = Partial<Omit<DnsConfig, 'soa'>> & { readonly soa?: Partial<SoaConfig> };

const largestUdp = 65_467;

/** Everything as real Consul does by default, for those whose clients count on it. */
export const consulDnsDefaults: DnsOptions = {
  udpAnswerLimit: 3,
  enableTruncate: false,
  strict: true,
  maxUdpBytes: largestUdp,
};

/** @throws RangeError for what cannot be */
export function dnsConfig(options: DnsOptions = {}): DnsConfig {
  const domain = (options.domain ?? 'consul').toLowerCase().replace(/\.$/, '');
  const altDomain = options.altDomain?.toLowerCase().replace(/\.$/, '');
  for (const name of [domain, ...(altDomain === undefined ? [] : [altDomain])]) {
    if (!/^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*$/.test(name)) {
      throw new RangeError(`'${name}' is no domain`);
    }
  }
  return {
    nodeTtl: 0,
    serviceTtl: {},
    onlyPassing: false,
    udpAnswerLimit: undefined,
    aRecordLimit: 0,
    enableTruncate: true,
    disableCompression: false,
    nodeMetaTxt: true,
    strict: false,
    maxUdpBytes: 1232,
    ...options,
    domain,
    altDomain,
    soa: { refresh: 3600, retry: 600, expire: 86_400, minTtl: 0, ...options.soa },
  };
}

/** TTL of a service's records, seconds. @param name lower case */
export function serviceTtlOf({ serviceTtl }: Pick<DnsConfig, 'serviceTtl'>, name: string): number {
  const exact = serviceTtl[name];
  if (exact !== undefined && Object.hasOwn(serviceTtl, name)) return exact;
  let best = -1;
  let ttl = 0;
  for (const [key, value] of Object.entries(serviceTtl)) {
    if (!key.endsWith('*') || key.length - 1 <= best || !name.startsWith(key.slice(0, -1))) continue;
    best = key.length - 1;
    ttl = value;
  }
  return ttl;
}
