/**
 * E3008: listeners that Envoy cannot add: no address, no filter chain, chains where there are no connections.
 * E3009: two filter chains of one listener that match the same connections.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { Path } from '../../dsl/api/index.js';
import { isAtLeast } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, textAt, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { stableText } from './stable-text.js';

const internalListeners = 'envoy.extensions.bootstrap.internal_listener.v3.InternalListener';

function incomplete(listener: Message, field: string | undefined, message: string, fix: string): Finding {
  const { path } = listener;
  return {
    code: 'E3008',
    severity: 'error',
    path: field === undefined ? path : [...path, field],
    message,
    fix,
  };
}

function incompleteness(listener: Message, view: BootstrapView): Finding | undefined {
  const { value } = listener;
  if (isSet(value.api_listener)) {
    const message = 'this Envoy is built without listeners for applications that embed it';
    return incomplete(listener, 'api_listener', message, 'use an address and filter_chains');
  }
  if (isSet(value.internal_listener)) {
    const extensions = view.root.list('bootstrap_extensions');
    if (extensions.some((one) => typeOf(one.value.typed_config) === internalListeners))
      return chainMissing(listener);
    const fix = 'add envoy.bootstrap.internal_listener to bootstrap_extensions';
    return incomplete(
      listener,
      'internal_listener',
      'internal listeners need their bootstrap extension',
      fix,
    );
  }
  if (Object.keys(fieldsAt(value.address)).length === 0) {
    return incomplete(listener, undefined, 'a listener needs an address', 'set address.socket_address');
  }
  if (isSet(listener.at('address').value.envoy_internal_address)) {
    const message = 'an internal listener is not told by its address';
    return incomplete(listener, 'address', message, 'set internal_listener: {} and remove the address');
  }
  const demanding = isAtLeast(view.api.release, '1.40');
  if (demanding && isSet(value.fcds_config) && !isSet(value.filter_chain_matcher)) {
    return incomplete(listener, 'fcds_config', 'FCDS needs a matcher of chains', 'set filter_chain_matcher');
  }
  if (isSet(value.filter_chain_matcher)) {
    const index = listener.list('filter_chains').findIndex((chain) => textAt(chain.value.name) === '');
    if (index >= 0) {
      return {
        ...incomplete(listener, 'filter_chains', 'filter_chain_matcher picks chains by name', 'set its name'),
        path: [...listener.path, 'filter_chains', index],
      };
    }
  }
  const udp = listener.at('address').at('socket_address').value.protocol === 'UDP';
  const quic = isSet(listener.at('udp_listener_config').value.quic_options);
  const chains = listener.list('filter_chains').length;
  if (udp && !quic) {
    if (chains === 0) return undefined;
    const message = 'a UDP listener without QUIC has no filter chains';
    return incomplete(
      listener,
      'filter_chains',
      message,
      'use listener_filters, or set udp_listener_config.quic_options',
    );
  }
  return chainMissing(listener) ?? (udp ? quicChain(listener) : undefined);
}

function chainMissing(listener: Message): Finding | undefined {
  if (listener.list('filter_chains').length > 0 || isSet(listener.value.default_filter_chain))
    return undefined;
  return incomplete(listener, undefined, 'a listener needs a filter chain', 'add an entry to filter_chains');
}

const quicTransport = 'envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport';

/** Names of these are known as well: the manager that ends its tunnels when it drains. */
const managers: ReadonlySet<string> = new Set([
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
  'envoy.extensions.filters.network.reverse_tunnel.v3.DrainAwareHttpConnectionManager',
]);

/** QUIC has its handshake in a transport socket of its own, and speaks HTTP only. */
function quicChain(listener: Message): Finding | undefined {
  const fallback = isSet(listener.value.default_filter_chain) ? [listener.at('default_filter_chain')] : [];
  for (const chain of [...listener.list('filter_chains'), ...fallback]) {
    const at = (path: Path, message: string, fix: string): Finding => ({
      ...incomplete(listener, undefined, message, fix),
      path,
    });
    if (!isSet(chain.value.transport_socket)) {
      return at(
        chain.path,
        'a filter chain of a QUIC listener needs a transport socket',
        'set transport_socket',
      );
    }
    const socket = chain.at('transport_socket').value.typed_config;
    if (isSet(socket) && typeOf(socket) !== quicTransport) {
      const message = `${typeOf(socket)} is no transport socket of QUIC`;
      return at([...chain.path, 'transport_socket'], message, 'use a QuicDownstreamTransport');
    }
    const last = chain.list('filters').at(-1);
    const config = last?.value.typed_config;
    if (last === undefined || (isSet(config) && !managers.has(typeOf(config)))) {
      const message = 'a filter chain of a QUIC listener ends with the HTTP connection manager';
      return at(last?.path ?? chain.path, message, 'add the HTTP connection manager at its end');
    }
  }
  return undefined;
}

/** Conditions that the API has and Envoy 1.40 has not. */
const unmatched = ['address_suffix', 'suffix_len'];

function* unimplemented(listener: Message): Generator<Finding> {
  for (const chain of listener.list('filter_chains')) {
    const match = chain.at('filter_chain_match');
    for (const field of unmatched.filter((name) => isSet(match.value[name]))) {
      yield {
        code: 'E3009',
        severity: 'error',
        path: [...match.path, field],
        message: `Envoy does not match filter chains by ${field}`,
        fix: 'remove it',
      };
    }
  }
}

/** What a listener filter may be: TCP and UDP have kinds of their own, QUIC has none in this Envoy. */
function* filterKinds(listener: Message): Generator<Finding> {
  const udp = listener.at('address').at('socket_address').value.protocol === 'UDP';
  const quic = isSet(listener.at('udp_listener_config').value.quic_options);
  const category = !udp
    ? 'envoy.filters.listener'
    : quic
      ? 'envoy.filters.quic_listener'
      : 'envoy.filters.udp_listener';
  for (const filter of listener.list('listener_filters')) {
    const type = typeOf(filter.value.typed_config);
    if (type === '' || table.extensions.some((one) => one.category === category && one.types.includes(type)))
      continue;
    if (!table.extensions.some((one) => one.types.includes(type))) continue;
    yield {
      code: 'E3008',
      severity: 'error',
      path: [...filter.path, 'typed_config'],
      message: `${type} is no filter for a ${quic ? 'QUIC' : udp ? 'UDP' : 'TCP'} listener`,
      fix: udp ? 'remove it' : 'set address.socket_address.protocol: UDP, or remove it',
    };
  }
}

function* equalChains(listener: Message): Generator<Finding> {
  // A matcher picks the chains by name; their own conditions are not used.
  if (isSet(listener.value.filter_chain_matcher)) return;
  const first = new Map<string, Path>();
  for (const chain of listener.list('filter_chains')) {
    const key = stableText(fieldsAt(chain.value.filter_chain_match));
    const before = first.get(key);
    if (before === undefined) first.set(key, chain.path);
    else {
      yield {
        code: 'E3009',
        severity: 'error',
        path: chain.path,
        message: 'two filter chains of this listener match the same connections',
        fix: 'tell them apart in filter_chain_match',
        related: { path: before, message: 'the other chain' },
      };
    }
  }
}

export function* listeners(view: BootstrapView): Generator<Finding> {
  for (const listener of view.listeners) {
    const finding = incompleteness(listener, view);
    if (finding === undefined) {
      yield* unimplemented(listener);
      yield* equalChains(listener);
      yield* filterKinds(listener);
    } else yield finding;
  }
}
