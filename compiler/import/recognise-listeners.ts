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

function isEdge(listener: Fields, manager: Fields): boolean {
  return (
    listener.per_connection_buffer_limit_bytes === 32_768 &&
    Object.entries(edgeManager).every(
      ([field, value]) => JSON.stringify(manager[field]) === JSON.stringify(value),
    )
  );
}

function isRouter(filter: unknown): boolean {
  return JSON.stringify(filter) === JSON.stringify(dsl.router());
}

interface HttpListener {
  readonly manager: Fields;
  readonly routes: Fields;
  readonly tls: unknown;
}

function httpListener(value: Fields): HttpListener | undefined {
  const chain = only(value.filter_chains);
  if (!isObject(chain) || Object.keys(chain).some((key) => key !== 'filters' && key !== 'transport_socket'))
    return undefined;
  const filter = only(chain.filters);
  if (!isObject(filter) || filter.name !== managerName || !isObject(filter.typed_config)) return undefined;
  const { '@type': type, ...manager } = filter.typed_config;
  if (type !== `type.googleapis.com/${managerType}` || !isObject(manager.route_config)) return undefined;
  return { manager, routes: manager.route_config, tls: chain.transport_socket };
}

function options(
  value: Fields,
  found: HttpListener,
  address: string,
  port: number,
  context: ImportContext,
): Expression {
  const { manager, routes, tls } = found;
  const edge = isEdge(value, manager);
  const name = String(value.name);
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
  return object([
    ['name', name === `${tls === undefined ? 'http' : 'https'}_${port}` ? undefined : scalar(name)],
    ['address', address === '0.0.0.0' ? undefined : scalar(address)],
    ['statPrefix', manager.stat_prefix === name ? undefined : scalar(manager.stat_prefix)],
    ['edge', edge ? undefined : scalar(false)],
    ['tls', tls === undefined ? undefined : context.message('envoy.config.core.v3.TransportSocket', tls)],
    ['accessLog', logs.length === 0 ? undefined : logs.length === 1 ? logOf(logs[0]) : list(logs.map(logOf))],
    [
      'idleTimeout',
      manager.stream_idle_timeout === undefined ? undefined : durationInput(manager.stream_idle_timeout),
    ],
    [
      'filters',
      endsWithRouter && filters.length > 1
        ? list(
            filters
              .slice(0, -1)
              .map((one) =>
                context.message(
                  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter',
                  one,
                ),
              ),
          )
        : undefined,
    ],
    ['virtualHosts', list(hosts)],
    ['routeConfig', routeConfig],
    ['raw', context.rest(managerType, manager, taken)],
    [
      'rawListener',
      context.rest('envoy.config.listener.v3.Listener', value, [
        'name',
        'address',
        'filter_chains',
        ...(edge ? ['per_connection_buffer_limit_bytes'] : []),
      ]),
    ],
  ]);
}

export const recogniseListener: Recogniser = (value, context) => {
  const found = httpListener(value);
  const at = addressOf(value.address);
  if (found === undefined || at === undefined || typeof value.name !== 'string') return undefined;
  const [name, make] =
    found.tls === undefined
      ? (['httpListener', dsl.httpListener] as const)
      : (['httpsListener', dsl.httpsListener] as const);
  return call(name, make as never, scalar(at.port), options(value, found, at.address, at.port, context));
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

export const recogniseRouter: Recogniser = (value) =>
  isRouter(value) ? call('router', dsl.router) : undefined;

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
