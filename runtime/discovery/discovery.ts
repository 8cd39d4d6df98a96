/**
 * The discovery service put together: registration (HTTP API, services file) -> catalog <- finding <- DNS.
 */
import type { Clock } from '../common/clock.js';
import { systemClock } from '../common/clock.js';
import type { Catalog } from './catalog/catalog.js';
import { clusterUses } from './cluster-uses.js';
import { catalogDirectory } from './catalog-directory.js';
import type { DiscoveryLogger, DiscoveryOptions } from './discovery-options.js';
import { createDnsServer } from './dns/dns-server.js';
import type { Followed } from './definition/follow-definitions.js';
import { followDefinitions } from './definition/follow-definitions.js';
import { dnsConfig } from './dns/dns-config.js';
import { logQueries } from './dns/query-log.js';
import { createRecursors, parseRecursor } from './dns/recursors.js';
import { createResponder } from './dns/reply.js';
import { createZone } from './dns/zone.js';
import { fileCommands } from './file-commands.js';
import { createAccess } from './http/access.js';
import { agentEndpoints } from './http/agent-endpoints.js';
import { createApiServer } from './http/api-server.js';
import { BlockingQueries } from './http/blocking-query.js';
import { catalogEndpoints } from './http/catalog-endpoints.js';
import { kvEndpoints } from './http/kv-endpoints.js';
import { otherEndpoints } from './http/other-endpoints.js';
import { queryEndpoints } from './http/query-endpoints.js';
import { sessionEndpoints } from './http/session-endpoints.js';
import { txnEndpoint } from './http/txn-endpoint.js';
import { uiEndpoints } from './http/ui-page.js';
import { openState } from './open-state.js';
import type { Committer } from './state/committer.js';
import { SessionTimers } from './state/session-timers.js';
import type { State } from './state/state.js';

export interface Discovery {
  readonly httpPort: number;
  readonly dnsPort: number;
  readonly catalog: Catalog;
  /** Reads the definition files again, when they changed. Errors are logged. */
  reload(): void;
  /** Blocking queries that wait now. */
  waitingQueries(): number;
  /** Ends everything; open blocking queries are cut. */
  close(): Promise<void>;
}

const silent: DiscoveryLogger = { info() {}, warning() {}, error() {} };

function follow(
  { servicesFile, configDir, definitions }: DiscoveryOptions,
  {
    state,
    committer,
    clock,
    logger,
  }: {
    readonly state: State;
    readonly committer: Committer;
    readonly clock: Clock;
    readonly logger: DiscoveryLogger;
  },
): Followed | undefined {
  if (servicesFile === undefined && configDir === undefined && definitions === undefined) return undefined;
  return followDefinitions({
    files: { file: servicesFile, folder: configDir, given: definitions },
    clock,
    logger,
    onChange(registrations) {
      for (const command of fileCommands(state.catalog, registrations, clock.wallTime())) {
        committer.note(command);
      }
    },
  });
}

/** Adds what the port is for to an error of its socket. */
async function listening<T>(what: string, address: string, start: Promise<T>): Promise<T> {
  try {
    return await start;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === 'EADDRINUSE' ? 'the address is in use' : message;
    throw new Error(`${what} cannot listen on ${address}: ${reason}`, { cause: error });
  }
}

/**
 * Starts discovery.
 * @throws Error when a port cannot be had, or the services file is wrong (its message has line and column)
 */
export async function createDiscovery(options: DiscoveryOptions = {}): Promise<Discovery> {
  const clock = options.clock ?? systemClock;
  const logger = options.logger ?? silent;
  const { bind = '127.0.0.1', httpPort = 8500, dnsPort = 8600 } = options;
  const access = createAccess({
    ...(options.tokens === undefined ? {} : { tokens: options.tokens }),
    ...(options.writeFrom === undefined ? {} : { writeFrom: options.writeFrom }),
  });
  const config = dnsConfig({
    ...(options.domain === undefined ? {} : { domain: options.domain }),
    ...(options.onlyPassing === undefined ? {} : { onlyPassing: options.onlyPassing }),
    ...(options.ttlSeconds === undefined
      ? {}
      : { nodeTtl: options.ttlSeconds, serviceTtl: { '*': options.ttlSeconds } }),
    ...options.dns,
  });
  const servers = (options.recursors ?? []).map(parseRecursor);
  const { state, committer, close: closeState } = await openState(options, clock, logger);
  const { agent, catalog } = state;
  let followed: Followed | undefined;
  try {
    followed = follow(options, { state, committer, clock, logger });
    await committer.idle();
  } catch (error) {
    await closeState();
    throw error;
  }
  if (
    !/^(?:127\.|::1$)/.test(bind) &&
    (options.tokens ?? []).length === 0 &&
    options.writeFrom === undefined
  ) {
    logger.warning(`anybody who reaches ${bind} may register services; see tokens and write-from`);
  }
  agent.start();
  const timers = new SessionTimers({ state, clock, commit: (command) => committer.note(command) });
  const zone = createZone({
    directory: catalogDirectory(catalog, state.queries, () => config.onlyPassing),
    config,
    wallTime: () => clock.wallTime(),
  });
  const random = options.random === undefined ? {} : { random: options.random };
  const recursors = {
    servers,
    clock,
    ...random,
    ...(options.recursorTimeoutMs === undefined ? {} : { timeoutMs: options.recursorTimeoutMs }),
    ...(options.recursorStrategy === undefined ? {} : { strategy: options.recursorStrategy }),
  };
  const responder = createResponder({
    zone,
    ...random,
    ...(servers.length === 0 ? {} : { forwarder: createRecursors(recursors) }),
  });
  let leader = '';
  let apiPort = 0;
  const queries = new BlockingQueries({
    catalog,
    clock,
    ...random,
  });
  const version = options.version ?? 'envoy3';
  const uses = () => {
    const clusters = options.clusters?.();
    const { datacenter } = catalog.node;
    return clusters && clusterUses({ clusters, config, datacenter, queries: state.queries });
  };
  const shared = { state, committer, queries, clock };
  const endpoints = [
    ...agentEndpoints({ ...shared, version, port: () => apiPort, reload: () => followed?.look() }),
    ...catalogEndpoints({ catalog, committer, queries, leader: () => leader }),
    ...kvEndpoints(shared),
    ...sessionEndpoints({ ...shared, timers }),
    ...txnEndpoint(shared),
    ...queryEndpoints(shared),
    ...uiEndpoints({ catalog, uses }),
    ...otherEndpoints({ catalog, queries, leader: () => leader, version }),
  ];

  const dnsServer = {
    responder,
    bind,
    port: dnsPort,
    clock,
    logger,
    maxQueriesPerSecond: options.maxQueriesPerSecond ?? 0,
    ...(options.logQueries === true ? { onQuery: logQueries(logger) } : {}),
  };
  // Both at once, and both awaited, so that a failure of one closes the other.
  const sockets = await Promise.allSettled([
    listening('DNS', `${bind}:${dnsPort}`, createDnsServer(dnsServer)),
    listening(
      'the HTTP API',
      `${bind}:${httpPort}`,
      createApiServer({
        endpoints,
        bind,
        port: httpPort,
        logger,
        clock,
        access,
        ...(options.tls === undefined ? {} : { tls: options.tls }),
      }),
    ),
  ]);
  const close = async (): Promise<void> => {
    followed?.stop();
    agent.close();
    timers.close();
    await Promise.all(sockets.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    await closeState();
  };
  const [dns, api] = sockets;
  if (dns.status === 'rejected' || api.status === 'rejected') {
    await close();
    throw dns.status === 'rejected' ? dns.reason : (api as PromiseRejectedResult).reason;
  }
  apiPort = api.value.port;
  leader = `${catalog.node.address}:${api.value.port}`;
  return {
    httpPort: api.value.port,
    dnsPort: dns.value.port,
    catalog,
    close,
    reload: () => followed?.look(),
    waitingQueries: () => queries.waiting,
  };
}
