/**
 * `envoy.filters.network.http_connection_manager`: the factory.
 */
import { asksForTimings } from '../../access-log/timing-commands.js';
import { createAccessLoggers } from '../../access-log/create-access-loggers.js';
import type { Fields } from '../../common/message-fields.js';
import { messageOf, messagesOf, textOf, typeNameOf } from '../../common/message-fields.js';
import type { ConnectionConfig, ConnectionManagerConfig } from '../../http/connection-manager-config.js';
import { connectionConfig, connectionManagerConfig } from '../../http/connection-manager-config.js';
import { createConnectionManagerStats } from '../../http/connection-manager-stats.js';
import { createDateHeader } from '../../http/date-header.js';
import type { ManagerShared } from '../../http/downstream-connection.js';
import { DownstreamConnection } from '../../http/downstream-connection.js';
import type {
  CreateTerminalFilter,
  HttpFilterChain,
  HttpFilterFactory,
  RouteConfigFactory,
  StreamFilterContext,
} from '../../http/filter.js';
import { lazyHttp2Stats } from '../../http/http2/http2-stats.js';
import { under } from '../../network/config-path.js';
import type { FactoryContext, NetworkFilter, NetworkFilterFactory } from '../../network/filter.js';
import { ConfigError } from '../../network/filter.js';
import { compileRouteTable } from '../../route/compile-route-table.js';
import type { RouteTable } from '../../route/route-table.js';
import type { HttpTracing } from '../../tracing/http-tracing.js';
import { compileHttpTracing, createTracingStats } from '../../tracing/http-tracing.js';
import type { TracerFactory } from '../../tracing/tracer.js';

const codecTypes: ReadonlySet<string> = new Set(['AUTO', 'HTTP1', 'HTTP2']);

/** What filters take of `typed_per_filter_config`, by message. */
function routeConfigFactories(
  factories: ReadonlyMap<string, HttpFilterFactory>,
): ReadonlyMap<string, RouteConfigFactory> {
  const found = new Map<string, RouteConfigFactory>();
  for (const factory of factories.values()) {
    if (factory.kind === 'stream' && factory.routeConfig !== undefined) {
      found.set(factory.routeConfig.type, factory.routeConfig);
    }
  }
  return found;
}

function routeTable(
  manager: Fields,
  factories: ReadonlyMap<string, HttpFilterFactory>,
  filterContext: StreamFilterContext,
  context: FactoryContext,
): RouteTable {
  if (manager.route_config === undefined) {
    throw new ConfigError('routes that come from elsewhere need real Envoy', ['rds'], true);
  }
  const perRoute = routeConfigFactories(factories);
  const compileFilterConfig = (name: string, config: Fields): unknown => {
    const factory = perRoute.get(typeNameOf(config));
    if (factory === undefined) {
      throw new ConfigError(`${typeNameOf(config) || name} on a route needs real Envoy`, [], true);
    }
    return factory.create(config, filterContext);
  };
  const table = under(() => compileRouteTable(manager.route_config, compileFilterConfig), 'route_config');
  for (const { cluster, path } of table.clusterReferences) {
    if (context.isForOctets?.(cluster) !== true) continue;
    const what = `requests to the cluster '${cluster}', which speaks the PROXY protocol, need real Envoy`;
    throw new ConfigError(what, ['route_config', ...path], true);
  }
  if (messageOf(manager.route_config).validate_clusters !== false) {
    for (const { cluster, kind, path } of table.clusterReferences) {
      if (context.hasCluster(cluster)) continue;
      throw new ConfigError(`route: unknown ${kind} '${cluster}'`, ['route_config', ...path]);
    }
  }
  return table;
}

/** The chain, in configured order; what is not built in is refused by name. */
function filterChain(
  manager: Fields,
  factories: ReadonlyMap<string, HttpFilterFactory>,
  context: StreamFilterContext,
): HttpFilterChain {
  const streamFilters: HttpFilterChain['streamFilters'][number][] = [];
  let terminal: CreateTerminalFilter | undefined;
  const filters = messagesOf(manager.http_filters);
  for (const [index, filter] of filters.entries()) {
    const type = typeNameOf(filter.typed_config);
    const factory = factories.get(type);
    const path = ['http_filters', index, 'typed_config'];
    const isLast = index === filters.length - 1;
    if (factory === undefined) {
      throw new ConfigError(`the HTTP filter ${type || textOf(filter.name)} needs real Envoy`, path, true);
    }
    if (factory.kind === 'terminal') {
      if (filter.disabled === true) {
        throw new ConfigError(`${type} ends the chain and cannot be disabled`, [
          'http_filters',
          index,
          'disabled',
        ]);
      }
      if (!isLast) throw new ConfigError(`${type} must be the last filter`, path);
      terminal = under(() => factory.create(filter.typed_config, context), ...path);
    } else {
      if (isLast) throw new ConfigError(`${type} cannot be the last filter`, path);
      const create = under(() => factory.create(filter.typed_config, context), ...path);
      streamFilters.push({ name: textOf(filter.name), disabled: filter.disabled === true, create });
    }
  }
  return { streamFilters, terminal };
}

const noRuntime = (): undefined => undefined;

/** @returns undefined when nothing is traced. @throws ConfigError with the path inside `tracing` */
function httpTracing(
  manager: Fields,
  tracers: ReadonlyMap<string, TracerFactory>,
  context: FactoryContext,
): HttpTracing | undefined {
  createTracingStats(statPrefixOf(manager), context.stats);
  const config = messageOf(manager.tracing);
  if (config.provider === undefined) return undefined;
  const { clock, clusters, random, runtimeNumber = noRuntime, stats } = context;
  const node = { zone: '', ...context.node };
  const { typed_config } = messageOf(config.provider);
  const factory = tracers.get(typeNameOf(typed_config));
  if (factory === undefined) {
    const name = typeNameOf(typed_config) || textOf(messageOf(config.provider).name);
    throw new ConfigError(`the tracer ${name} needs real Envoy`, ['provider', 'typed_config'], true);
  }
  const tracer = under(
    () =>
      factory(typed_config, {
        clock,
        clusters,
        stats,
        node,
        runtimeNumber,
        version: context.version ?? 'unknown',
        hasCluster: (name) => context.hasCluster(name),
      }),
    'provider',
    'typed_config',
  );
  const ids = messageOf(messageOf(manager.request_id_extension).typed_config);
  return compileHttpTracing(config, tracer, {
    isEgress: context.isOutbound === true,
    random,
    node,
    stats,
    statPrefix: statPrefixOf(manager),
    packsReason: ids.pack_trace_reason !== false,
    samplesById: ids.use_request_id_for_trace_sampling !== false,
    runtimeNumber,
  });
}

function requestConfig(
  manager: Fields,
  factories: ReadonlyMap<string, HttpFilterFactory>,
  tracers: ReadonlyMap<string, TracerFactory>,
  context: FactoryContext,
): ConnectionManagerConfig {
  const { bufferLimitBytes, clock, clusters, loggers, node, random, stats, timeouts } = context;
  const filterContext: StreamFilterContext = {
    clock,
    timeouts,
    stats,
    random,
    bufferLimitBytes,
    statPrefix: statPrefixOf(manager),
    clusters,
    loggers,
    node,
    hasCluster: (name) => context.hasCluster(name),
    shareOfLimit: context.shareOfLimit,
    isDraining: () => context.isDraining(),
  };
  const tracing = under(() => httpTracing(manager, tracers, context), 'tracing');
  return connectionManagerConfig(manager, context.node, timeouts, {
    tracing,
    keepsTimings: tracing?.verbose === true || asksForTimings(JSON.stringify(manager)),
    filterChainName: context.filterChainName ?? '',
    routes: routeTable(manager, factories, filterContext, context),
    filters: filterChain(manager, factories, filterContext),
    accessLoggers: under(() => createAccessLoggers(manager.access_log, context.accessLogFiles), 'access_log'),
    bufferLimitBytes,
  });
}

function statPrefixOf(manager: Fields): string {
  return `http.${textOf(manager.stat_prefix)}.`;
}

const connectionFields = [
  'codec_type',
  'common_http_protocol_options',
  'delayed_close_timeout',
  'drain_timeout',
  'http_protocol_options',
  'http2_protocol_options',
  'max_request_headers_kb',
  'stat_prefix',
  'stream_error_on_invalid_http_message',
] as const;

/** What a connection depends on, to tell whether a change of the configuration touches connections. */
function connectionPart(manager: Fields): string {
  return JSON.stringify(connectionFields.map((field) => manager[field]));
}

class HttpConnectionManager implements NetworkFilter {
  private readonly shared: ManagerShared;
  private readonly connections = new Set<DownstreamConnection>();
  private readonly build: (manager: Fields, context: FactoryContext) => ConnectionManagerConfig;
  private part: string;

  constructor(
    manager: Fields,
    context: FactoryContext,
    build: (manager: Fields, context: FactoryContext) => ConnectionManagerConfig,
    connections: ConnectionConfig,
  ) {
    this.build = build;
    this.part = connectionPart(manager);
    const { clock, clusters, random, stats, timeouts } = context;
    this.shared = {
      config: build(manager, context),
      connectionConfig: connections,
      clock,
      clusters,
      random,
      timeouts,
      stats: createConnectionManagerStats(statPrefixOf(manager), context.listenerStatPrefix, stats),
      date: createDateHeader(clock),
      isDraining: () => context.isDraining(),
      onConnectionClosed: (connection) => this.connections.delete(connection),
    };
  }

  get activeConnections(): number {
    return this.connections.size;
  }

  onConnection(...[socket, info]: Parameters<NetworkFilter['onConnection']>): void {
    const connection = new DownstreamConnection(socket, info, this.shared);
    this.connections.add(connection);
  }

  prepareUpdate(config: unknown, context: FactoryContext): (() => void) | undefined {
    const manager = messageOf(config);
    if (connectionPart(manager) !== this.part) return undefined;
    const next = this.build(manager, context);
    return () => {
      this.shared.config = next;
    };
  }

  drain(): void {
    for (const connection of this.connections) connection.drain();
  }

  close(): void {
    for (const connection of this.connections) connection.close();
  }
}

const noTracers: ReadonlyMap<string, TracerFactory> = new Map();

/**
 * @param httpFilters factories of the built-in HTTP filters by the full name of their message
 * @param tracers the same of tracers; default: none
 */
export function createHttpConnectionManagerFactory(
  httpFilters: ReadonlyMap<string, HttpFilterFactory>,
  tracers = noTracers,
): NetworkFilterFactory {
  return (config, context) => {
    const manager = messageOf(config);
    const codec = textOf(manager.codec_type, 'AUTO');
    if (!codecTypes.has(codec)) {
      throw new ConfigError(`the codec ${codec} needs real Envoy`, ['codec_type'], true);
    }
    const { bufferLimitBytes, clock, random, stats, timeouts } = context;
    const http2Stats = lazyHttp2Stats('http2.', stats);
    const connections = connectionConfig(manager, { bufferLimitBytes, clock, http2Stats, random, timeouts });
    return new HttpConnectionManager(
      manager,
      context,
      (fields, at) => requestConfig(fields, httpFilters, tracers, at),
      connections,
    );
  };
}
