/**
 * One filter chain: TLS or plain text in front of its terminal network filter. It is replaced as a whole when something
 * changes that connections depend on; otherwise its filter takes the change (`NetworkFilter.prepareUpdate`).
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Server as TlsServer, TLSSocket } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import type {
  ConnectionInfo,
  FactoryContext,
  NetworkFilter,
  NetworkFilterFactory,
  ReadFilter,
  ReadFilterFactory,
} from '../network/filter.js';
import { ConfigError } from '../network/filter.js';
import type { Findings } from './listener-filter.js';
import { noFindings } from './listener-filter.js';
import type { ListenerStats, SslStats } from './listener-stats.js';
import { createSslStats } from './listener-stats.js';
import type { DownstreamTls } from './tls-context.js';
import { downstreamTls } from './tls-context.js';

/**
 * A handshake may take that long when `transport_socket_connect_timeout` is not set, in milliseconds. Envoy sets no limit
 * then; a client that stops half-way would hold its connection for ever.
 */
const handshakeTimeoutMs = 15_000;

type Path = readonly (string | number)[];

interface ConfiguredReadFilter {
  readonly config: unknown;
  readonly factory: ReadFilterFactory;
  readonly path: Path;
}

/** Factories of everything that is built in, by the message of its `typed_config`. */
export interface FilterFactories {
  readonly terminal: ReadonlyMap<string, NetworkFilterFactory>;
  readonly read: ReadonlyMap<string, ReadFilterFactory>;
}

/** What the configuration says of a chain, read and tried but not built. */
export interface FilterChainConfig {
  readonly name: string;
  /** Equal for chains that serve connections alike, but for what the filter itself can update. */
  readonly identity: string;
  readonly filterConfig: unknown;
  readonly factory: NetworkFilterFactory;
  /** Those before the terminal one, in order, each with its way from the listener. */
  readonly readFilters: readonly ConfiguredReadFilter[];
  /** From the listener to the payload of its filter. */
  readonly filterPath: Path;
  readonly tls: DownstreamTls | undefined;
  readonly handshakeTimeoutMs: number;
}

/**
 * @param path of the chain inside the listener
 * @throws ConfigError with the path inside the listener
 */
export function readFilterChain(
  chain: Fields,
  path: Path,
  bufferLimitBytes: number,
  factories: FilterFactories,
): FilterChainConfig {
  const filters = messagesOf(chain.filters);
  const typeAt = (at: number): string => typeNameOf(filters[at]?.typed_config);
  const isTerminal = (at: number): boolean => factories.terminal.has(typeAt(at));
  const unknown = filters.findIndex((_, at) => !isTerminal(at) && !factories.read.has(typeAt(at)));
  if (unknown >= 0) {
    const name = typeNameOf(filters[unknown]?.typed_config) || textOf(filters[unknown]?.name);
    const at = [...path, 'filters', unknown, 'typed_config'];
    throw new ConfigError(`the network filter ${name} needs real Envoy`, at, true);
  }
  const last = filters.length - 1;
  const filter = filters[last];
  if (filter === undefined)
    throw new ConfigError('a filter chain without filters needs real Envoy', path, true);
  for (const at of filters.keys()) {
    if (isTerminal(at) === (at === last)) continue;
    const { name } = filters[at] as Fields;
    const type = textOf(name);
    throw new ConfigError(
      at === last
        ? `Error: non-terminal filter named ${type} of type ${type} is the last filter in a network filter chain.`
        : `Error: terminal filter named ${type} of type ${type} must be the last filter in a network filter chain.`,
      [...path, 'filters', at],
    );
  }
  const type = typeAt(last);
  const readFilters = filters.slice(0, last).map((one, at) => ({
    config: one.typed_config,
    factory: factories.read.get(typeAt(at)) as ReadFilterFactory,
    path: [...path, 'filters', at, 'typed_config'],
  }));
  const tls = under(() => downstreamTls(chain.transport_socket), ...path);
  const timeout = durationOf(chain.transport_socket_connect_timeout, handshakeTimeoutMs);
  return {
    name: textOf(chain.name),
    identity: createHash('sha256')
      .update(
        JSON.stringify([
          type,
          tls?.identity,
          bufferLimitBytes,
          timeout,
          readFilters.map((one) => one.config),
        ]),
      )
      .digest('hex'),
    filterConfig: filter.typed_config,
    factory: factories.terminal.get(type) as NetworkFilterFactory,
    readFilters,
    filterPath: [...path, 'filters', last, 'typed_config'],
    tls,
    handshakeTimeoutMs: timeout,
  };
}

let lastConnectionId = 0;

/** IPv4 addresses that a dual-stack socket reports in IPv6 form, in their own form. */
export function plainIp(address: string | undefined): string {
  return address?.startsWith('::ffff:') ? address.slice(7) : (address ?? '');
}

function connectionInfo(
  socket: Socket,
  tls: boolean,
  serverName: string,
  alpn: string,
  { dynamicMetadata, pipePath, proxied, tlvs }: Findings,
): ConnectionInfo {
  return {
    id: ++lastConnectionId,
    remoteAddress: proxied?.remoteAddress ?? plainIp(socket.remoteAddress),
    remotePort: proxied?.remotePort ?? socket.remotePort ?? 0,
    localAddress: proxied?.localAddress ?? plainIp(socket.localAddress),
    localPort: proxied?.localPort ?? socket.localPort ?? 0,
    tls,
    serverName,
    alpn,
    directRemoteAddress: proxied === undefined ? undefined : plainIp(socket.remoteAddress),
    directRemotePort: proxied === undefined ? undefined : (socket.remotePort ?? 0),
    proxyTlvs: tlvs,
    pipePath,
    terminationDetails: undefined,
    dynamicMetadata,
  };
}

/** Tells connections of one address apart; on Unix sockets it does not, see `refuseProxiedPipes`. */
const connectionKey = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;

/** Whether responses of a chain ask their clients to open another connection. */
interface DrainMark {
  isSet: boolean;
}

/** A chain in force, or one that drains. */
export interface FilterChain {
  readonly config: FilterChainConfig;
  readonly filter: NetworkFilter;
  /**
   * From now on each response is the last one of its connection. Idle connections stay open, unlike after
   * `filter.drain()`: a request that is on its way to one of them must not be lost.
   */
  askToClose(): void;
  /** Takes over the socket, on which nothing was read, or what was read is put back. */
  accept(socket: Socket, findings: Findings): void;
  /** True when no connection is left, handshakes under way included. */
  readonly isIdle: boolean;
  /** Closes everything at once. */
  close(): void;
}

/** The filters of a chain in their order, as one: a connection gets to the terminal one when all others let it pass. */
class FilterSequence {
  readonly terminal: NetworkFilter;
  private readonly readFilters: readonly ReadFilter[];

  constructor(readFilters: readonly ReadFilter[], terminal: NetworkFilter) {
    this.readFilters = readFilters;
    this.terminal = terminal;
  }

  onConnection(socket: Duplex, info: ConnectionInfo): void {
    for (const filter of this.readFilters) {
      if (filter.onNewConnection(socket, info)) continue;
      if (socket.closed) this.terminal.onRefused?.(info);
      else socket.once('close', () => this.terminal.onRefused?.(info));
      return;
    }
    this.terminal.onConnection(socket, info);
    // A reader by 'data' does not start a socket that was paused by hand (by the inspection).
    if (socket.isPaused() && socket.listenerCount('data') > 0) socket.resume();
  }

  close(): void {
    for (const filter of this.readFilters) filter.close();
    this.terminal.close();
  }
}

class PlainChain implements FilterChain {
  readonly config: FilterChainConfig;
  readonly filter: NetworkFilter;
  private readonly filters: FilterSequence;
  private readonly mark: DrainMark;

  constructor(config: FilterChainConfig, filters: FilterSequence, mark: DrainMark) {
    this.config = config;
    this.filter = filters.terminal;
    this.filters = filters;
    this.mark = mark;
  }

  askToClose(): void {
    this.mark.isSet = true;
  }

  accept(socket: Socket, findings: Findings): void {
    const { serverName } = findings.hello;
    this.filters.onConnection(socket, connectionInfo(socket, false, serverName, '', findings));
  }

  get isIdle(): boolean {
    return this.filter.activeConnections === 0;
  }

  close(): void {
    this.filters.close();
  }
}

class TlsChain implements FilterChain {
  readonly config: FilterChainConfig;
  readonly filter: NetworkFilter;
  private readonly filters: FilterSequence;
  private readonly mark: DrainMark;
  private readonly tls: DownstreamTls;
  private readonly stats: ListenerStats;
  private readonly ssl: SslStats;
  private readonly server: TlsServer;
  private readonly alpnServer: TlsServer | undefined;
  /** From accept to close. */
  private readonly sockets = new Set<Socket>();
  /** What was found out before the handshake, by `connectionKey`: the TLS side is another object. */
  private readonly findings = new Map<string, Findings>();

  constructor(
    config: FilterChainConfig,
    filters: FilterSequence,
    tls: DownstreamTls,
    mark: DrainMark,
    stats: ListenerStats,
    ssl: SslStats,
  ) {
    this.config = config;
    this.filter = filters.terminal;
    this.filters = filters;
    this.mark = mark;
    this.tls = tls;
    this.stats = stats;
    this.ssl = ssl;
    this.server = this.createServer(undefined);
    // Node ends a handshake with an alert when no protocol is agreed upon, where Envoy goes on without one. So a client
    // that offers nothing of ours meets a server that does not take part in the negotiation.
    if (tls.applicationProtocols.length > 0) this.alpnServer = this.createServer(tls.applicationProtocols);
  }

  askToClose(): void {
    this.mark.isSet = true;
  }

  private createServer(protocols: readonly string[] | undefined): TlsServer {
    const { config, ssl, stats, tls } = this;
    const { contextFor } = tls;
    const server = createTlsServer(
      {
        ...tls.options,
        ...(protocols === undefined ? {} : { ALPNProtocols: [...protocols] }),
        ...(contextFor === undefined ? {} : { SNICallback: (name, done) => done(null, contextFor(name)) }),
        requestCert: tls.requestsCertificate,
        // What becomes of a client without a good certificate is decided, and counted, below.
        rejectUnauthorized: false,
        handshakeTimeout: config.handshakeTimeoutMs,
      },
      (secure) => this.onSecure(secure),
    );
    server.on('tlsClientError', (error: NodeJS.ErrnoException, secure) => {
      if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') stats.handshakeTimeout.inc();
      else ssl.connectionError.inc();
      // Node leaves a connection open whose handshake took too long.
      secure.destroy();
    });
    return server;
  }

  accept(socket: Socket, findings: Findings): void {
    const { hello } = findings;
    const key = connectionKey(socket);
    this.sockets.add(socket);
    this.findings.set(key, findings);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.findings.delete(key);
    });
    // The TLS side tells of them, too.
    socket.on('error', () => undefined);
    const offered = this.tls.applicationProtocols.some((one) => hello.applicationProtocols.includes(one));
    const server = offered ? this.alpnServer : undefined;
    (server ?? this.server).emit('connection', socket);
  }

  private onSecure(secure: TLSSocket): void {
    const { ssl, tls } = this;
    if (tls.requestsCertificate && !this.takesClient(secure)) {
      ssl.connectionError.inc();
      secure.destroy();
      return;
    }
    if (!tls.requestsCertificate) ssl.noCertificate.inc();
    ssl.handshake.inc();
    if (secure.isSessionReused()) ssl.sessionReused.inc();
    ssl.countSession(secure.getCipher().name, secure.getProtocol() ?? '');
    const { alpnProtocol, servername } = secure as TLSSocket & { readonly servername?: unknown };
    const findings = this.findings.get(connectionKey(secure)) ?? noFindings();
    const info = connectionInfo(
      secure,
      true,
      textOf(servername).toLowerCase(),
      textOf(alpnProtocol),
      findings,
    );
    this.filters.onConnection(secure, info);
  }

  /** `require_client_certificate` and the verification by `trusted_ca`. */
  private takesClient(secure: TLSSocket): boolean {
    const { ssl, tls } = this;
    const hasCertificate = Object.keys(secure.getPeerCertificate()).length > 0;
    if (!hasCertificate) {
      if (tls.requiresCertificate) ssl.failVerifyNoCert.inc();
      else ssl.noCertificate.inc();
      return !tls.requiresCertificate;
    }
    if (!tls.verifiesCertificate || secure.authorized) return true;
    ssl.failVerifyError.inc();
    return false;
  }

  get isIdle(): boolean {
    return this.sockets.size === 0 && this.filter.activeConnections === 0;
  }

  close(): void {
    this.filters.close();
    for (const socket of this.sockets) socket.destroy();
  }
}

/** @throws ConfigError with the path inside the listener */
export function createFilterChain(
  config: FilterChainConfig,
  context: FactoryContext,
  stats: ListenerStats,
): FilterChain {
  const mark: DrainMark = { isSet: false };
  const own: FactoryContext = { ...context, isDraining: () => mark.isSet || context.isDraining() };
  const filter = under(() => config.factory(config.filterConfig, own), ...config.filterPath);
  const readFilters = config.readFilters.map((one) => under(() => one.factory(one.config, own), ...one.path));
  const filters = new FilterSequence(readFilters, filter);
  const { tls } = config;
  if (tls === undefined) return new PlainChain(config, filters, mark);
  return new TlsChain(
    config,
    filters,
    tls,
    mark,
    stats,
    createSslStats(context.listenerStatPrefix, context.stats),
  );
}
