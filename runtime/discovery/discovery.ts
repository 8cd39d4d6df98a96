/**
 * The discovery service put together: registration (HTTP API, services file) -> catalog <- finding <- DNS.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Clock } from '../common/clock.js';
import { systemClock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { Agent, Registration } from './agent.js';
import type { Catalog } from './catalog/catalog.js';
import { createCatalog } from './catalog/create-catalog.js';
import { aliveCheckId } from './catalog/health.js';
import { catalogDirectory } from './catalog-directory.js';
import { readServicesFile } from './definition/services-file.js';
import { watchFile } from './definition/watch-file.js';
import { createDnsServer } from './dns/dns-server.js';
import type { DnsOptions } from './dns/dns-config.js';
import { dnsConfig } from './dns/dns-config.js';
import { logQueries } from './dns/query-log.js';
import { createRecursors, parseRecursor } from './dns/recursors.js';
import { createResponder } from './dns/reply.js';
import { createZone } from './dns/zone.js';
import { agentEndpoints } from './http/agent-endpoints.js';
import { createApiServer } from './http/api-server.js';
import { BlockingQueries } from './http/blocking-query.js';
import { catalogEndpoints } from './http/catalog-endpoints.js';
import { kvEndpoints } from './http/kv-endpoints.js';
import { otherEndpoints } from './http/other-endpoints.js';
import { queryEndpoints } from './http/query-endpoints.js';
import { sessionEndpoints } from './http/session-endpoints.js';
import { txnEndpoint } from './http/txn-endpoint.js';
import type { Committer } from './state/committer.js';
import { SessionTimers } from './state/session-timers.js';
import { State } from './state/state.js';

/** What discovery logs with; a `Logger` fits. */
export type DiscoveryLogger = Pick<Logger, 'info' | 'warning' | 'error'>;

export interface DiscoveryOptions {
  /** IP address to listen on, default 127.0.0.1. There is no authentication: think before changing it. */
  readonly bind?: string;
  /** Of the HTTP API, default 8500; 0 takes a free one. */
  readonly httpPort?: number;
  /** Of DNS over UDP and TCP, default 8600; 0 takes a free one. */
  readonly dnsPort?: number;
  /** Definitions in Consul's form (`{"services": [...]}`), read at the start and after each change. */
  readonly servicesFile?: string;
  /** Default `dc1`. */
  readonly datacenter?: string;
  /** The zone, default `consul`. */
  readonly domain?: string;
  /** Name of the node that all services are on, default the machine's. */
  readonly node?: string;
  /** UUID of the node. Default: one that is made of its name. */
  readonly nodeId?: string;
  /** Meta data of the node, which DNS tells as TXT records. */
  readonly nodeMeta?: Readonly<Record<string, string>>;
  /** Address of services that are registered without one. Default: `bind`, or 127.0.0.1 when that is all addresses. */
  readonly nodeAddress?: string;
  /** Leave out instances with a warning, as well as critical ones. Default false, as in Consul. */
  readonly onlyPassing?: boolean;
  /** TTL of DNS answers, seconds, default 0. */
  readonly ttlSeconds?: number;
  /** How DNS answers; goes before the three above. `consulDnsDefaults` is real Consul's way. */
  readonly dns?: DnsOptions;
  /** Servers for names outside of the zone, as `ip:port`; default none: such questions are refused. */
  readonly recursors?: readonly string[];
  /** For one recursor. Default 2,000. */
  readonly recursorTimeoutMs?: number;
  readonly recursorStrategy?: 'sequential' | 'random';
  /** DNS questions of one address in a second; 0 for no limit, which is the default. */
  readonly maxQueriesPerSecond?: number;
  /** Log each DNS question. Default false. */
  readonly logQueries?: boolean;
  /** Told in `/v1/agent/self`. */
  readonly version?: string;
  readonly clock?: Clock;
  /** 0 to below 1, for the order of DNS answers. Default Math.random. */
  readonly random?: () => number;
  readonly logger?: DiscoveryLogger;
}

export interface Discovery {
  readonly httpPort: number;
  readonly dnsPort: number;
  readonly catalog: Catalog;
  /** Ends everything; open blocking queries are cut. */
  close(): Promise<void>;
}

const silent: DiscoveryLogger = { info() {}, warning() {}, error() {} };

/** A UUID that stays the same for a name, because clients know nodes by it. */
function nodeId(name: string): string {
  const digits = createHash('sha256').update(`envoy3 discovery node ${name}`).digest('hex');
  return [8, 4, 4, 4, 12]
    .map((size, index, sizes) => {
      const start = sizes.slice(0, index).reduce((sum, one) => sum + one, 0);
      return digits.slice(start, start + size);
    })
    .join('-');
}

function nodeAddresses(address: string): Record<string, string> {
  const suffix = address.includes(':') ? 'ipv6' : 'ipv4';
  return { lan: address, [`lan_${suffix}`]: address, wan: address, [`wan_${suffix}`]: address };
}

function newCatalog(options: DiscoveryOptions, clock: Clock): Catalog {
  const { bind = '127.0.0.1', datacenter = 'dc1' } = options;
  const name = options.node ?? hostname();
  const address = options.nodeAddress ?? (bind === '0.0.0.0' || bind === '::' ? '127.0.0.1' : bind);
  const catalog = createCatalog({
    node: {
      id: options.nodeId ?? nodeId(name),
      name,
      address,
      datacenter,
      taggedAddresses: nodeAddresses(address),
      meta: options.nodeMeta ?? {},
    },
    // Seconds since 1970 are above any index that an earlier run can have reached.
    firstIndex: Math.floor(clock.wallTime() / 1000),
  });
  // Consul lists itself, and clients take a list without it for a broken one.
  const definition = { id: 'consul', name: 'consul', tags: [], address: '', port: 8300, meta: {} };
  const rest = { taggedAddresses: {}, weights: { passing: 1, warning: 1 }, enableTagOverride: false };
  catalog.putService({ ...definition, ...rest }, 'built-in');
  const alive = { id: aliveCheckId, name: 'Serf Health Status', notes: '', status: 'passing' as const };
  catalog.putCheck(
    { ...alive, ttlMs: undefined, probe: undefined, deregisterAfterMs: undefined },
    '',
    'built-in',
  );
  catalog.report(aliveCheckId, 'passing', 'Agent alive and reachable');
  return catalog;
}

/** @returns a function that stops watching */
function followFile(path: string, agent: Agent, clock: Clock, logger: DiscoveryLogger): () => void {
  const content = readFileSync(path, 'utf8');
  agent.replaceFile(readServicesFile(content, path));
  const reload = (text: string): void => {
    let registrations: Registration[];
    try {
      registrations = readServicesFile(text, path);
    } catch (error) {
      logger.error(`${(error as Error).message}; the services of before stay`);
      return;
    }
    agent.replaceFile(registrations);
    logger.info(`${path}: ${registrations.length} service instances`);
  };
  const onError = (error: Error): void =>
    logger.error(`${path} cannot be read (${error.message}); its services stay`);
  return watchFile({ path, content, clock, onChange: reload, onError });
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
  const catalog = newCatalog(options, clock);
  const state = new State({ catalog, clock, logger });
  const { agent } = state;
  const committer: Committer = {
    commit: (command) => state.execute(command),
    note: (command) => void state.execute(command),
    close: async () => {},
  };
  const timers = new SessionTimers({ state, clock, commit: (command) => committer.note(command) });
  const stopFile =
    options.servicesFile === undefined ? () => {} : followFile(options.servicesFile, agent, clock, logger);

  const config = dnsConfig({
    ...(options.domain === undefined ? {} : { domain: options.domain }),
    ...(options.onlyPassing === undefined ? {} : { onlyPassing: options.onlyPassing }),
    ...(options.ttlSeconds === undefined
      ? {}
      : { nodeTtl: options.ttlSeconds, serviceTtl: { '*': options.ttlSeconds } }),
    ...options.dns,
  });
  const zone = createZone({
    directory: catalogDirectory(catalog, state.queries, () => config.onlyPassing),
    config,
    wallTime: () => clock.wallTime(),
  });
  const random = options.random === undefined ? {} : { random: options.random };
  const servers = (options.recursors ?? []).map(parseRecursor);
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
  let httpPort_ = 0;
  const queries = new BlockingQueries({
    catalog,
    clock,
    ...random,
  });
  const version = options.version ?? 'envoy3';
  const shared = { state, committer, queries, clock };
  const endpoints = [
    ...agentEndpoints({ ...shared, version, port: () => httpPort_, reload: () => {} }),
    ...catalogEndpoints({ catalog, committer, queries, leader: () => leader }),
    ...kvEndpoints(shared),
    ...sessionEndpoints({ ...shared, timers }),
    ...txnEndpoint(shared),
    ...queryEndpoints(shared),
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
      createApiServer({ endpoints, bind, port: httpPort, logger }),
    ),
  ]);
  const close = async (): Promise<void> => {
    stopFile();
    agent.close();
    timers.close();
    await Promise.all(sockets.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
  };
  const [dns, api] = sockets;
  if (dns.status === 'rejected' || api.status === 'rejected') {
    await close();
    throw dns.status === 'rejected' ? dns.reason : (api as PromiseRejectedResult).reason;
  }
  httpPort_ = api.value.port;
  leader = `${catalog.node.address}:${api.value.port}`;
  return { httpPort: api.value.port, dnsPort: dns.value.port, catalog, close };
}
