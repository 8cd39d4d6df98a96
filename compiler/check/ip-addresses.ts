/**
 * E3006: addresses that must be literal IPs: what a listener or the admin interface binds to, the endpoints of STATIC
 * clusters, ranges. Envoy resolves no name for them. Paths of sockets stand in their place, and are short. A priority of a cluster that resolves names may hold names.
 */
import { isIP } from 'node:net';
import { table } from '../../dsl/api/generated/table.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';

function finding(path: Message, field: string, message: string, fix: string): Finding {
  return { code: 'E3006', severity: 'error', path: [...path.path, field], message, fix };
}

/** Resolvers that Envoy has beside the one for IPs. */
function isResolver(name: string): boolean {
  return (
    name === 'envoy.ip' ||
    table.extensions.some((one) => one.name === name && one.category === 'envoy.resolvers')
  );
}

/** Octets of the path of a socket of Unix, without the one that ends it. The limit of Linux. */
const longestPipe = 107;

function* shortPipe(address: Message): Generator<Finding> {
  const size = Buffer.byteLength(textAt(address.at('pipe').value.path));
  if (size <= longestPipe) return;
  const message = `the path of a socket has ${size} octets, more than ${longestPipe}`;
  yield finding(address.at('pipe'), 'path', message, 'take a shorter path');
}

function* literal(address: Message, fix: string): Generator<Finding> {
  yield* shortPipe(address);
  if (!isSet(address.value.socket_address)) return;
  const socket = address.at('socket_address');
  const { address: text, named_port: namedPort } = socket.value;
  const resolver = textAt(socket.value.resolver_name);
  if (resolver !== '' && !isResolver(resolver)) {
    yield finding(socket, 'resolver_name', `there is no address resolver '${resolver}'`, 'remove it');
    return;
  }
  if (resolver !== '' && resolver !== 'envoy.ip') return;
  if (isIP(textAt(text)) === 0)
    yield finding(socket, 'address', `'${textAt(text)}' is not an IP address`, fix);
  else if (isSet(namedPort)) {
    yield finding(socket, 'named_port', 'a literal address has no named port', 'use port_value');
  }
}

/** Of a listener: a socket for both families. */
function* bothFamilies(address: Message): Generator<Finding> {
  const socket = address.at('socket_address');
  const text = textAt(socket.value.address);
  if (socket.value.ipv4_compat !== true || /^(?:::|::ffff:[\d.]+)$/i.test(text)) return;
  const message = `ipv4_compat is for '::' and IPv4-mapped addresses, not for ${text}`;
  yield finding(socket, 'ipv4_compat', message, 'remove it');
}

function* bound(view: BootstrapView): Generator<Finding> {
  yield* literal(view.root.at('admin').at('address'), 'write an IP, such as 127.0.0.1');
  for (const listener of view.listeners) {
    const fix = 'write an IP, such as 0.0.0.0 or 127.0.0.1';
    for (const holder of [listener, ...listener.list('additional_addresses')]) {
      yield* literal(holder.at('address'), fix);
      yield* bothFamilies(holder.at('address'));
    }
  }
}

const cares = 'envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig';
/** Types that resolve names. */
const resolving: ReadonlySet<string> = new Set(['STRICT_DNS', 'LOGICAL_DNS']);

/** Where a cluster that resolves names says which servers to ask: the first that is set counts. */
function resolversOf(cluster: Message): Message[] {
  const typed = cluster.at('typed_dns_resolver_config').at('typed_config');
  if (isSet(typed.value['@type'])) return typeOf(typed.value) === cares ? typed.list('resolvers') : [];
  const config = cluster.at('dns_resolution_config');
  return isSet(cluster.value.dns_resolution_config)
    ? config.list('resolvers')
    : cluster.list('dns_resolvers');
}

function* nameServers(cluster: Message): Generator<Finding> {
  if (isSet(cluster.value.cluster_type) || !resolving.has(textAt(cluster.value.type))) return;
  for (const resolver of resolversOf(cluster)) {
    if (isSet(resolver.value.envoy_internal_address)) {
      yield finding(
        resolver,
        'envoy_internal_address',
        'a DNS server has an IP address',
        'use socket_address',
      );
    } else if (isSet(resolver.value.pipe)) {
      yield finding(resolver, 'pipe', 'a DNS server has an IP address', 'use socket_address');
    } else yield* literal(resolver, 'write the IP of the DNS server, such as 127.0.0.1');
  }
}

function* hostAddress(endpoint: Message): Generator<Finding> {
  const address = endpoint.at('address');
  if (!isSet(endpoint.value.address)) {
    const message = 'an endpoint of a STATIC cluster needs an address';
    yield {
      ...finding(endpoint, 'address', message, 'set endpoint.address.socket_address'),
      path: endpoint.path,
    };
    return;
  }
  const socket = address.at('socket_address');
  if (textAt(socket.value.network_namespace_filepath) !== '') {
    const message = 'an endpoint has no network namespace of its own';
    yield finding(socket, 'network_namespace_filepath', message, 'remove it');
  }
  const fix = "write an IP, or set the cluster's type to STRICT_DNS";
  yield* literal(address, fix);
  for (const other of endpoint.list('additional_addresses')) {
    if (isSet(other.value.address)) yield* literal(other.at('address'), fix);
    else {
      const message = 'an additional address is empty';
      yield { ...finding(other, 'address', message, 'set address.socket_address'), path: other.path };
    }
  }
}

/** STATIC is the default type. */
function isStatic(cluster: Message): boolean {
  return !isSet(cluster.value.cluster_type) && (cluster.value.type ?? 'STATIC') === 'STATIC';
}

export function* ipAddresses(view: BootstrapView): Generator<Finding> {
  yield* bound(view);
  for (const cluster of view.clusters.filter(isStatic)) {
    for (const locality of cluster.at('load_assignment').list('endpoints')) {
      for (const entry of locality.list('lb_endpoints')) {
        yield* hostAddress(entry.at('endpoint'));
      }
    }
  }
  for (const cluster of view.clusters) yield* nameServers(cluster);
  for (const type of ['envoy.config.core.v3.CidrRange', 'xds.core.v3.CidrRange']) {
    for (const range of view.all(type)) {
      const prefix = textAt(range.value.address_prefix);
      if (isIP(prefix) !== 0) continue;
      yield finding(
        range,
        'address_prefix',
        `'${prefix}' is not an IP address`,
        'write an IP, such as 10.0.0.0',
      );
    }
  }
}
