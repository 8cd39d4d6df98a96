/**
 * The resolver that a cluster's configuration asks for: the machine's servers, or its own.
 */
import type { Clock } from '../../common/clock.js';
import { messageOf, messagesOf, numberOf, textOf, typeNameOf } from '../../common/message-fields.js';
import type { DnsResolver } from '../../network/dns/dns-resolver.js';
import { createDnsResolver } from '../../network/dns/dns-resolver.js';
import { ConfigError } from '../../network/filter.js';

const cares = 'envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
const getaddrinfo = 'envoy.extensions.network.dns_resolver.getaddrinfo.v3.GetAddrInfoDnsResolverConfig';

function typedConfig(cluster: unknown) {
  return messageOf(messageOf(messageOf(cluster).typed_dns_resolver_config).typed_config);
}

export function isGetAddrInfo(cluster: unknown): boolean {
  return typeNameOf(typedConfig(cluster)) === getaddrinfo;
}

/** Envoy prefers `typed_dns_resolver_config`, then `dns_resolution_config`, then the fields of old. */
function askedFor(cluster: unknown) {
  const config = messageOf(cluster);
  const typed = typedConfig(cluster);
  if (typeNameOf(typed) !== '')
    return { typed, addresses: typed.resolvers, options: typed.dns_resolver_options };
  if (config.dns_resolution_config !== undefined) {
    const older = messageOf(config.dns_resolution_config);
    return { typed, addresses: older.resolvers, options: older.dns_resolver_options };
  }
  return {
    typed,
    addresses: config.dns_resolvers,
    options: { use_tcp_for_dns_lookups: config.use_tcp_for_dns_lookups },
  };
}

/** `no_default_search_domain`. With a dot at its end a name is asked for as it is; the dot itself is never sent. */
export function withoutSearch(resolver: DnsResolver): DnsResolver {
  const resolveSrv = resolver.resolveSrv?.bind(resolver);
  const absolute = (name: string): string => (name.endsWith('.') ? name : `${name}.`);
  return {
    resolve: (name, family) => resolver.resolve(absolute(name), family),
    ...(resolveSrv === undefined ? {} : { resolveSrv: (name, family) => resolveSrv(absolute(name), family) }),
    close: () => resolver.close(),
  };
}

/** @throws ConfigError with the path inside the cluster */
export function checkResolver(cluster: unknown): void {
  const type = typeNameOf(typedConfig(cluster));
  if (type !== '' && type !== cares && type !== getaddrinfo) {
    throw new ConfigError(`the DNS resolver ${type} needs real Envoy`, ['typed_dns_resolver_config'], true);
  }
}

/**
 * @param systemFiles instead of those of the machine
 * @throws ConfigError with the path inside the cluster
 */
export function clusterResolver(
  cluster: unknown,
  clock: Clock,
  systemFiles: { readonly resolvConf?: string; readonly hostsFile?: string } = {},
): DnsResolver {
  checkResolver(cluster);
  const { addresses, options, typed } = askedFor(cluster);
  const servers = messagesOf(addresses).map((address) => {
    const socket = messageOf(address.socket_address);
    return { ip: textOf(socket.address), port: numberOf(socket.port_value, 53) };
  });
  const { no_default_search_domain: noSearch, use_tcp_for_dns_lookups: useTcp } = messageOf(options);
  const { query_timeout_seconds: timeoutSeconds, query_tries: tries } = typed;
  const timed = timeoutSeconds !== undefined || tries !== undefined;
  const resolver = createDnsResolver({
    ...systemFiles,
    clock,
    ...(servers.length === 0 ? {} : { servers }),
    useTcp: useTcp === true,
    // c-ares counts per try and server; ours is for all of them. Its defaults (5 s, 4 tries) make a minute of silence.
    ...(timed
      ? {
          triesPerServer: numberOf(tries, 4),
          timeoutMs: numberOf(timeoutSeconds, 5) * 1000 * numberOf(tries, 4) * Math.max(1, servers.length),
        }
      : {}),
  });
  return noSearch === true ? withoutSearch(resolver) : resolver;
}
