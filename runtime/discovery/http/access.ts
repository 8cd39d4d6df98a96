/**
 * Who may do what: tokens with a scope, and the networks that may write.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';

export interface ApiToken {
  /** What clients send in `X-Consul-Token`, `Authorization: Bearer` or `?token=`. */
  readonly secret: string;
  readonly scope: 'read' | 'write';
}

export interface AccessOptions {
  /** None: everybody may do everything, as in Consul without ACLs. */
  readonly tokens?: readonly ApiToken[];
  /** Networks that may write (`10.0.0.0/8`, `::1/128`); none: all (Consul's `allow_write_http_from`). */
  readonly writeFrom?: readonly string[];
}

/** Decides about one request. */
export interface Access {
  /** What `X-Consul-Default-Acl-Policy` tells. */
  readonly defaultPolicy: 'allow' | 'deny';
  /** @returns why the request is refused, or undefined */
  refusal(request: {
    readonly writes: boolean;
    readonly headers: IncomingHttpHeaders;
    readonly query: URLSearchParams;
    readonly source: string;
  }): string | undefined;
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function tokenOf(headers: IncomingHttpHeaders, query: URLSearchParams): string {
  const inQuery = query.get('token');
  if (inQuery !== null && inQuery !== '') return inQuery;
  const header = headers['x-consul-token'];
  if (typeof header === 'string' && header !== '') return header;
  return /^Bearer\s+(.+)$/i.exec(headers.authorization ?? '')?.[1]?.trim() ?? '';
}

/** @throws RangeError for what is no network */
export function parseNetworks(networks: readonly string[]): BlockList {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const most = isIPv4(address) ? 32 : 128;
    const size = bits === undefined ? most : Number(bits);
    if (isIP(address) === 0 || !Number.isInteger(size) || size < 0 || size > most) {
      throw new RangeError(`'${network}' is no network; write it as 10.0.0.0/8`);
    }
    list.addSubnet(address, size, isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return list;
}

/** @throws RangeError for a network or token that cannot be one */
export function createAccess({ tokens = [], writeFrom = [] }: AccessOptions): Access {
  const known = tokens.map(({ secret, scope }) => {
    if (secret === '') throw new RangeError('a token is empty');
    return { digest: digest(secret), scope };
  });
  const networks = writeFrom.length === 0 ? undefined : parseNetworks(writeFrom);
  return {
    defaultPolicy: known.length === 0 ? 'allow' : 'deny',
    refusal({ writes, headers, query, source }) {
      if (writes && networks !== undefined) {
        const address = source.replace(/^::ffff:/, '');
        if (!networks.check(address, isIPv4(address) ? 'ipv4' : 'ipv6')) return 'Access is restricted';
      }
      if (known.length === 0) return undefined;
      const given = digest(tokenOf(headers, query));
      // All are compared, so that the time tells nothing.
      let scope: ApiToken['scope'] | undefined;
      for (const one of known) if (timingSafeEqual(one.digest, given)) scope = one.scope;
      if (scope === undefined) return 'Permission denied: token with read access is missing';
      return writes && scope === 'read' ? 'Permission denied: the token may only read' : undefined;
    },
  };
}
