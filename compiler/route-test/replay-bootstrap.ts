/**
 * A bootstrap for real Envoy that answers the questions of route tests: the same connection managers and routes, without
 * TLS and filters, every cluster being one server that tells what it got.
 */
import type { Path } from '../../dsl/api/index.js';
import type { Fields } from '../../runtime/common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../runtime/common/message-fields.js';
import type { RouteSimulator } from './route-simulator.js';

/** There is a listener for each: TLS itself is not replayed. */
export type ReplayScheme = 'http' | 'https';

/** Name of the listener that stands for a connection manager and a scheme. */
export function replayListener(manager: Path, scheme: ReplayScheme): string {
  return `${scheme} ${manager.join('.')}`;
}

/** Parts of routes that other servers or filters would be needed for. */
const dropped: ReadonlySet<string> = new Set([
  'typed_per_filter_config',
  'request_mirror_policies',
  'rate_limits',
  'upgrade_configs',
  'include_vh_rate_limits',
  'metadata',
  'decorator',
  'tracing',
]);

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, member]) => (dropped.has(key) ? [] : [[key, strip(member)]])),
  );
}

function* clusterNames(config: Fields): Generator<string> {
  for (const host of messagesOf(config.virtual_hosts)) {
    for (const route of messagesOf(host.routes)) {
      const action = messageOf(route.route);
      yield textOf(action.cluster);
      for (const { name } of messagesOf(messageOf(action.weighted_clusters).clusters)) yield textOf(name);
    }
  }
}

const answerHeaders = [
  ['x-envoy3-cluster', '%UPSTREAM_CLUSTER%'],
  ['x-envoy3-route', '%ROUTE_NAME%'],
].map(([key, value]) => ({ header: { key, value }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }));

function listener(manager: Fields, routes: Fields, name: string, scheme: ReplayScheme): object {
  const { access_log, http_filters, rds, route_config, tracing, ...rest } = manager;
  const typed_config = {
    '@type':
      'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    ...rest,
    stat_prefix: 'replay',
    codec_type: 'HTTP1',
    scheme_header_transformation: { scheme_to_overwrite: scheme },
    route_config: {
      ...(strip(routes) as Fields),
      response_headers_to_add: [...messagesOf(routes.response_headers_to_add), ...answerHeaders],
    },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
      },
    ],
  };
  return {
    name,
    address: { socket_address: { address: '127.0.0.1', port_value: 0 } },
    filter_chains: [{ filters: [{ name: 'http', typed_config }] }],
  };
}

function cluster(name: string, port: number): object {
  const address = { socket_address: { address: '127.0.0.1', port_value: port } };
  const endpoints = [{ lb_endpoints: [{ endpoint: { address } }] }];
  return { name, type: 'STATIC', connect_timeout: '5s', load_assignment: { cluster_name: name, endpoints } };
}

/** @param upstreamPort of the server that stands for every cluster. @param more names of clusters that only requests name */
export function replayBootstrap(
  simulator: RouteSimulator,
  upstreamPort: number,
  more: readonly string[],
): object {
  const configurations = simulator.configurations;
  const managers =
    simulator.managers.length === 0
      ? configurations.map(({ config }) => ({ path: [] as Path, manager: {} as Fields, routes: config }))
      : simulator.managers
          .filter(({ config }) => config.route_config !== undefined)
          .map(({ config, path }) => ({ path, manager: config, routes: messageOf(config.route_config) }));
  const names = new Set([...more, ...managers.flatMap(({ routes }) => [...clusterNames(routes)])]);
  names.delete('');
  return {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: 0 } } },
    static_resources: {
      listeners: managers.flatMap(({ manager, path, routes }) =>
        (['http', 'https'] as const).map((scheme) =>
          listener(manager, routes, replayListener(path, scheme), scheme),
        ),
      ),
      clusters: [...names].map((name) => cluster(name, upstreamPort)),
    },
  };
}
