/**
 * The discovery service put together: registration (HTTP API, services file) -> catalog <- finding <- DNS.
 */
import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Clock } from '../common/clock.js';
import { systemClock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { Catalog } from './catalog/catalog.js';
import { createCatalog } from './catalog/create-catalog.js';
import { aliveCheckId } from './catalog/health.js';
import { catalogDirectory } from './catalog-directory.js';
import { createDnsServer } from './dns/dns-server.js';
import type { Followed } from './definition/follow-definitions.js';
import { followDefinitions } from './definition/follow-definitions.js';
import type { DnsOptions } from './dns/dns-config.js';
import { dnsConfig } from './dns/dns-config.js';
import { logQueries } from './dns/query-log.js';
import { createRecursors, parseRecursor } from './dns/recursors.js';
import { createResponder } from './dns/reply.js';
import { createZone } from './dns/zone.js';
import { fileCommands } from './file-commands.js';
import type { ApiToken } from './http/access.js';
import { createAccess } from './http/access.js';
import { agentEndpoints } from './http/agent-endpoints.js';
import type { ApiTls } from './http/api-server.js';
import { createApiServer } from './http/api-server.js';
import { BlockingQueries } from './http/blocking-query.js';
import { catalogEndpoints } from './http/catalog-endpoints.js';
import { kvEndpoints } from './http/kv-endpoints.js';
import { otherEndpoints } from './http/other-endpoints.js';
import { queryEndpoints } from './http/query-endpoints.js';
import { sessionEndpoints } from './http/session-endpoints.js';
import { txnEndpoint } from './http/txn-endpoint.js';
import { uiEndpoints } from './http/ui-page.js';
import { lockData } from './journal/data-lock.js';
import { openJournal } from './journal/journal.js';
import { openJournalFolder } from './journal/journal-folder.js';
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
  /** The same as text, which does not change; `name` is for errors. */
  readonly definitions?: { readonly name: string; readonly text: string };
  /** A folder of such files, `*.json`. */
  readonly configDir?: string;
  /**
   * Folder that keeps what is registered; a change is answered when it is on the disk. Default: nothing is kept, and
   * after a restart services register again.
   */
  readonly dataDir?: string;
  /** Who may use the API; none: everybody. */
  readonly tokens?: readonly ApiToken[];
  /** Networks that may write (`10.0.0.0/8`); none: all. */
  readonly writeFrom?: readonly string[];
  /** PEM texts; the API then speaks HTTPS only. */
  readonly tls?: ApiTls;
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
  /** Reads the definition files again, when they changed. Errors are logged. */
  reload(): void;
  /** Blocking queries that wait now. */
  waitingQueries(): number;
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

/** What is in memory alone is done at once. */
function memoryCommitter(state: State): Committer {
  return {
    commit: (command) => state.execute(command),
    note: (command) => void state.execute(command),
    idle: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** The state with what keeps it. */
async function openState(
  options: DiscoveryOptions,
  clock: Clock,
  logger: DiscoveryLogger,
): Promise<{ state: State; committer: Committer; close: () => Promise<void> }> {
  const { dataDir } = options;
  const kept: { committer?: Committer } = {};
  const state = new State({
    catalog: newCatalog(options, clock),
    clock,
    logger,
    commit: (command) => kept.committer?.note(command),
    started: false,
  });
  if (dataDir === undefined) {
    kept.committer = memoryCommitter(state);
    return { state, committer: kept.committer, close: () => Promise.resolve() };
  }
  const unlock = lockData(dataDir);
  try {
    const folder = await openJournalFolder(dataDir);
    const committer = await openJournal({ folder, state, clock, logger });
    kept.committer = committer;
    const close = async (): Promise<void> => {
      await committer.close();
      unlock();
    };
    return { state, committer, close };
  } catch (error) {
    unlock();
    throw new Error(`the data folder ${dataDir}: ${(error as Error).message}`, { cause: error });
  }
}

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
  const shared = { state, committer, queries, clock };
  const endpoints = [
    ...agentEndpoints({ ...shared, version, port: () => apiPort, reload: () => followed?.look() }),
    ...catalogEndpoints({ catalog, committer, queries, leader: () => leader }),
    ...kvEndpoints(shared),
    ...sessionEndpoints({ ...shared, timers }),
    ...txnEndpoint(shared),
    ...queryEndpoints(shared),
    ...uiEndpoints(catalog),
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
