/**
 * Listeners and filter chains that builders make.
 */
import * as dsl from '../../dsl/index.js';
import type { Expression, Fields } from './expression.js';
import { call, isObject, list, object, scalar } from './expression.js';
import type { ImportContext, Recogniser } from './import-context.js';
import type { Members } from './manager-options.js';
import { httpManager, isEdgeManager, managerOptions } from './manager-options.js';

function only(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : undefined;
}

/** Of an address that is an IP or name with its port, and nothing else. */
export function addressOf(value: unknown): { readonly address: string; readonly port: number } | undefined {
  const socket =
    isObject(value) && Object.keys(value).join() === 'socket_address' ? value.socket_address : undefined;
  if (!isObject(socket) || Object.keys(socket).sort().join() !== 'address,port_value') return undefined;
  const { address, port_value: port } = socket;
  return typeof address === 'string' && typeof port === 'number' ? { address, port } : undefined;
}

function listenerFilters(value: Fields, context: ImportContext): Expression | undefined {
  const filters = (value.listener_filters ?? []) as readonly unknown[];
  if (filters.length === 0) return undefined;
  return list(filters.map((one) => context.message('envoy.config.listener.v3.ListenerFilter', one)));
}

/** One chain, all connections, HTTP. */
function httpListener(
  value: Fields,
  address: string,
  port: number,
  context: ImportContext,
): Expression | undefined {
  const chain = only(value.filter_chains);
  if (!isObject(chain) || Object.keys(chain).some((key) => key !== 'filters' && key !== 'transport_socket')) {
    return undefined;
  }
  const found = httpManager(only(chain.filters));
  if (found === undefined) return undefined;
  const { transport_socket: tls } = chain;
  const edge = value.per_connection_buffer_limit_bytes === 32_768 && isEdgeManager(found.manager);
  const name = String(value.name);
  const [make, apply] =
    tls === undefined
      ? (['httpListener', dsl.httpListener] as const)
      : (['httpsListener', dsl.httpsListener] as const);
  const [edgeOption, ...rest] = managerOptions(found, name, edge, context);
  const options = object([
    ['name', name === `${tls === undefined ? 'http' : 'https'}_${port}` ? undefined : scalar(name)],
    ['address', address === '0.0.0.0' ? undefined : scalar(address)],
    ['statPrefix', found.manager.stat_prefix === name ? undefined : scalar(found.manager.stat_prefix)],
    edgeOption as Members[number],
    ['tls', tls === undefined ? undefined : context.message('envoy.config.core.v3.TransportSocket', tls)],
    ['listenerFilters', listenerFilters(value, context)],
    ...rest,
    [
      'rawListener',
      context.rest('envoy.config.listener.v3.Listener', value, [
        ...['name', 'address', 'filter_chains', 'listener_filters'],
        ...(edge ? ['per_connection_buffer_limit_bytes'] : []),
      ]),
    ],
  ]);
  return call(make, apply as never, scalar(port), options);
}

/** Chains of any kind. */
function anyListener(
  value: Fields,
  address: string,
  port: number,
  context: ImportContext,
): Expression | undefined {
  const chainType = 'envoy.config.listener.v3.FilterChain';
  const chains = ((value.filter_chains ?? []) as readonly unknown[]).map((one) =>
    context.message(chainType, one),
  );
  if (chains.length === 0) return undefined;
  const fallback = value.default_filter_chain;
  const options = object([
    ['name', value.name === `listener_${port}` ? undefined : scalar(value.name)],
    ['address', address === '0.0.0.0' ? undefined : scalar(address)],
    ['listenerFilters', listenerFilters(value, context)],
    ['filterChains', list(chains)],
    ['defaultFilterChain', fallback === undefined ? undefined : context.message(chainType, fallback)],
    [
      'raw',
      context.rest('envoy.config.listener.v3.Listener', value, [
        ...['name', 'address', 'filter_chains', 'listener_filters', 'default_filter_chain'],
      ]),
    ],
  ]);
  return call('listener', dsl.listener as never, scalar(port), options);
}

/** `httpListener`, `httpsListener`, else `listener`. */
export const recogniseListener: Recogniser = (value, context) => {
  const at = addressOf(value.address);
  if (at === undefined || typeof value.name !== 'string') return undefined;
  return (
    httpListener(value, at.address, at.port, context) ?? anyListener(value, at.address, at.port, context)
  );
};

/** `filterChain`. */
export const recogniseFilterChain: Recogniser = (value, context) => {
  const { filter_chain_match: match, filters, name, transport_socket: tls } = value;
  const byHello = isObject(match) ? match : {};
  const { application_protocols: protocols, server_names: names, ...others } = byHello;
  if (Object.keys(others).length > 0) return undefined;
  const texts = (items: unknown): Expression | undefined =>
    Array.isArray(items) ? list(items.map(scalar)) : undefined;
  const options = object([
    ['name', name === undefined ? undefined : scalar(name)],
    ['serverNames', texts(names)],
    ['applicationProtocols', texts(protocols)],
    ['tls', tls === undefined ? undefined : context.message('envoy.config.core.v3.TransportSocket', tls)],
    [
      'raw',
      context.rest('envoy.config.listener.v3.FilterChain', value, [
        ...['filter_chain_match', 'filters', 'name', 'transport_socket'],
      ]),
    ],
  ]);
  const items = ((filters ?? []) as readonly unknown[]).map((one) =>
    context.message('envoy.config.listener.v3.Filter', one),
  );
  return call('filterChain', dsl.filterChain as never, list(items), options);
};
