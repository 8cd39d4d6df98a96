/**
 * Listeners, access logs and the admin interface that builders make.
 */
import * as dsl from '../../dsl/index.js';
import type { Expression, Fields } from './expression.js';
import { call, durationInput, isObject, list, object, scalar } from './expression.js';
import type { ImportContext, Recogniser } from './import-context.js';

const managerType = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const managerName = 'envoy.filters.network.http_connection_manager';

function only(value: unknown): unknown {
  return Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : undefined;
}

function addressOf(value: unknown): { readonly address: string; readonly port: number } | undefined {
  const socket =
    isObject(value) && Object.keys(value).join() === 'socket_address' ? value.socket_address : undefined;
  if (!isObject(socket) || Object.keys(socket).sort().join() !== 'address,port_value') return undefined;
  const { address, port_value: port } = socket;
  return typeof address === 'string' && typeof port === 'number' ? { address, port } : undefined;
}

/** What `edge` sets; a listener has all of it, or it is written with `edge: false`. */
const edgeManager: Fields = {
  use_remote_address: true,
  normalize_path: true,
  merge_slashes: true,
  path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
  common_http_protocol_options: { idle_timeout: '3600s', headers_with_underscores_action: 'REJECT_REQUEST' },
  request_headers_timeout: '10s',
};

function isRouter(filter: unknown): boolean {
  return JSON.stringify(filter) === JSON.stringify(dsl.router());
}

interface HttpManager {
  readonly manager: Fields;
  readonly routes: Fields;
}

/** A connection manager whose routes stand in it. */
function httpManager(filter: unknown): HttpManager | undefined {
  if (!isObject(filter) || filter.name !== managerName || !isObject(filter.typed_config)) return undefined;
  const { '@type': type, ...manager } = filter.typed_config;
  if (type !== `type.googleapis.com/${managerType}` || !isObject(manager.route_config)) return undefined;
  return { manager, routes: manager.route_config };
}

type Members = (readonly [string, Expression | undefined])[];

/** Options that `httpListener` and `httpConnectionManager` share. @param name of the routes by default */
function managerOptions(
  { manager, routes }: HttpManager,
  name: string,
  edge: boolean,
  context: ImportContext,
): Members {
  const filters = (manager.http_filters ?? []) as readonly unknown[];
  const endsWithRouter = isRouter(filters.at(-1));
  const logs = (manager.access_log ?? []) as readonly unknown[];
  const logOf = (log: unknown): Expression => context.message('envoy.config.accesslog.v3.AccessLog', log);
  const hosts = ((routes.virtual_hosts ?? []) as readonly unknown[]).map((one) =>
    context.message('envoy.config.route.v3.VirtualHost', one),
  );
  const taken = ['stat_prefix', 'route_config', 'access_log', 'stream_idle_timeout'];
  if (endsWithRouter) taken.push('http_filters');
  if (edge) taken.push(...Object.keys(edgeManager));
  const routeConfig = context.rest('envoy.config.route.v3.RouteConfiguration', routes, [
    'virtual_hosts',
    ...(routes.name === name ? ['name'] : []),
  ]);
  const before = filters
    .slice(0, -1)
    .map((one) =>
      context.message('envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter', one),
    );
  return [
    ['edge', edge ? undefined : scalar(false)],
    ['accessLog', logs.length === 0 ? undefined : logs.length === 1 ? logOf(logs[0]) : list(logs.map(logOf))],
    [
      'idleTimeout',
      manager.stream_idle_timeout === undefined ? undefined : durationInput(manager.stream_idle_timeout),
    ],
    ['filters', endsWithRouter && before.length > 0 ? list(before) : undefined],
    ['virtualHosts', list(hosts)],
    ['routeConfig', routeConfig],
    ['raw', context.rest(managerType, manager, taken)],
  ];
}

const isEdgeManager = (manager: Fields): boolean =>
  Object.entries(edgeManager).every(
    ([field, value]) => JSON.stringify(manager[field]) === JSON.stringify(value),
  );

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

export const recogniseListener: Recogniser = (value, context) => {
  const at = addressOf(value.address);
  if (at === undefined || typeof value.name !== 'string') return undefined;
  return (
    httpListener(value, at.address, at.port, context) ?? anyListener(value, at.address, at.port, context)
  );
};

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

function tcpProxy(value: Fields, context: ImportContext): Expression | undefined {
  const config = value.typed_config;
  if (
    !isObject(config) ||
    config['@type'] !== 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'
  ) {
    return undefined;
  }
  const target = typeof config.cluster === 'string' ? context.cluster(config.cluster) : undefined;
  if (target === undefined) return undefined;
  const logs = (config.access_log ?? []) as readonly unknown[];
  const options = object([
    ['idleTimeout', config.idle_timeout === undefined ? undefined : durationInput(config.idle_timeout)],
    [
      'connectAttempts',
      config.max_connect_attempts === undefined ? undefined : scalar(config.max_connect_attempts),
    ],
    [
      'accessLog',
      logs.length === 0
        ? undefined
        : list(logs.map((log) => context.message('envoy.config.accesslog.v3.AccessLog', log))),
    ],
  ]);
  return call('tcpProxy', dsl.tcpProxy as never, scalar(config.stat_prefix), target, options);
}

export const recogniseNetworkFilter: Recogniser = (value, context) => {
  const found = httpManager(value);
  if (found === undefined) return tcpProxy(value, context);
  const prefix = found.manager.stat_prefix;
  const members = managerOptions(found, String(prefix), isEdgeManager(found.manager), context);
  return call('httpConnectionManager', dsl.httpConnectionManager as never, scalar(prefix), object(members));
};

export const recogniseListenerFilter: Recogniser = (value) =>
  firstEqual(value, [
    ['tlsInspector', dsl.tlsInspector],
    ['httpInspector', dsl.httpInspector],
    ['originalDst', dsl.originalDst],
    ['proxyProtocol', dsl.proxyProtocol],
  ]);

/** A builder that makes the value without being told anything. */
function firstEqual(
  value: Fields,
  builders: readonly (readonly [name: string, make: () => unknown])[],
): Expression | undefined {
  const text = JSON.stringify(value);
  const found = builders.find(([, make]) => JSON.stringify(make()) === text);
  return found === undefined ? undefined : call(found[0], found[1]);
}

export const recogniseHttpFilter: Recogniser = (value) => {
  const plain = firstEqual(value, [
    ['router', dsl.router],
    ['cors', dsl.cors],
    ['csrf', dsl.csrf],
    ['grpcWeb', dsl.grpcWeb],
    ['grpcHttp1Bridge', dsl.grpcHttp1Bridge],
    ['grpcStats', dsl.grpcStats],
    ['compressor', dsl.compressor],
  ]);
  const config = value.typed_config;
  if (plain !== undefined || !isObject(config)) return plain;
  if (isObject(config.default_source_code))
    return call('lua', dsl.lua, scalar(config.default_source_code.inline_string));
  if (config.max_request_bytes !== undefined)
    return call('buffer', dsl.buffer, scalar(config.max_request_bytes));
  return undefined;
};

export const recogniseAdmin: Recogniser = (value) => {
  const at = addressOf(value.address);
  if (at === undefined || Object.keys(value).length !== 1) return undefined;
  return call(
    'admin',
    dsl.admin,
    object([
      ['port', at.port === 9901 ? undefined : scalar(at.port)],
      ['address', at.address === '127.0.0.1' ? undefined : scalar(at.address)],
    ]),
  );
};

export const recogniseAccessLog: Recogniser = (value) => {
  const config = value.typed_config;
  if (!isObject(config) || Object.keys(value).some((key) => key !== 'name' && key !== 'typed_config'))
    return undefined;
  const format = isObject(config.log_format) ? config.log_format : {};
  const source = isObject(format.text_format_source) ? format.text_format_source.inline_string : undefined;
  const text = typeof source === 'string' ? scalar(source.replace(/\n$/, '')) : undefined;
  const json = isObject(format.json_format) ? data(format.json_format) : undefined;
  return call(
    'accessLog',
    dsl.accessLog,
    object([
      ['path', config.path === undefined ? undefined : scalar(config.path)],
      ['format', text ?? json],
    ]),
  );
};

/** Data that is no message. */
export function data(value: unknown): Expression {
  if (Array.isArray(value)) return list(value.map(data));
  if (!isObject(value)) return scalar(value);
  return object(Object.entries(value).map(([key, member]) => [key, data(member)] as const));
}
