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

/** @throws ConfigError with the path inside the cluster */
export function clusterResolver(cluster: unknown, clock: Clock): DnsResolver {
  const config = messageOf(cluster);
  const typed = messageOf(messageOf(config.typed_dns_resolver_config).typed_config);
  const type = typeNameOf(typed);
  if (type !== '' && type !== cares && type !== getaddrinfo) {
    throw new ConfigError(`the DNS resolver ${type} needs real Envoy`, ['typed_dns_resolver_config'], true);
  }
  const older = messageOf(config.dns_resolution_config);
  const addresses = messagesOf(typed.resolvers ?? older.resolvers ?? config.dns_resolvers);
  const options = messageOf(typed.dns_resolver_options ?? older.dns_resolver_options);
  const servers = addresses.map((address) => {
    const socket = messageOf(address.socket_address);
    return { ip: textOf(socket.address), port: numberOf(socket.port_value, 53) };
  });
  return createDnsResolver({
    clock,
    ...(servers.length === 0 ? {} : { servers }),
    useTcp: options.use_tcp_for_dns_lookups === true || config.use_tcp_for_dns_lookups === true,
  });
}
