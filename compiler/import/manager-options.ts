/**
 * The options that builders of HTTP listeners and of the connection manager share, read off a connection manager.
 */
import * as dsl from '../../dsl/index.js';
import type { Expression, Fields } from './expression.js';
import { durationInput, isObject, list, scalar } from './expression.js';
import type { ImportContext } from './import-context.js';

const managerType = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

const managerName = 'envoy.filters.network.http_connection_manager';

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

/** A connection manager and its routes. */
export interface HttpManager {
  readonly manager: Fields;
  readonly routes: Fields;
}

/** A connection manager whose routes stand in it. */
export function httpManager(filter: unknown): HttpManager | undefined {
  if (!isObject(filter) || filter.name !== managerName || !isObject(filter.typed_config)) return undefined;
  const { '@type': type, ...manager } = filter.typed_config;
  if (type !== `type.googleapis.com/${managerType}` || !isObject(manager.route_config)) return undefined;
  return { manager, routes: manager.route_config };
}

/** Options by name, those that are undefined left out later. */
export type Members = (readonly [string, Expression | undefined])[];

/** Options that `httpListener` and `httpConnectionManager` share. @param name of the routes by default */
export function managerOptions(
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

/** Whether it has all settings of `edge`. */
export const isEdgeManager = (manager: Fields): boolean =>
  Object.entries(edgeManager).every(
    ([field, value]) => JSON.stringify(manager[field]) === JSON.stringify(value),
  );
