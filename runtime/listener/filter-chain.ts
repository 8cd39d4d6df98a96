/**
 * One filter chain: TLS or plain text in front of its terminal network filter. It is replaced as a whole when something
 * changes that connections depend on; otherwise its filter takes the change (`NetworkFilter.prepareUpdate`).
 */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContext, Server as TlsServer, TLSSocket } from 'node:tls';
import { createServer as createTlsServer } from 'node:tls';
import { nextConnectionId } from '../common/connection-id.js';
import type { Fields } from '../common/message-fields.js';
import { hostPort } from '../common/address-text.js';
import type { Logger } from '../common/logger.js';
import { durationOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import type { ConnectionTls } from '../common/connection-tls.js';
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
import { expiredCertificates } from '../network/tls/expired-certificates.js';
import { HandshakeFacts } from '../network/tls/handshake-facts.js';
import type { RotatingTls } from '../network/tls/material.js';
import type { StaticSecrets } from '../network/tls/secrets.js';
import { noCertificateText, tlsErrorText } from '../network/tls/tls-error-text.js';
import type { SslStats } from '../network/tls/ssl-stats.js';
import { createSslStats } from '../network/tls/ssl-stats.js';
import { chainErrorText, VerifyError } from '../network/tls/verify-error.js';
import type { ClientHello } from './client-hello.js';
import type { InspectorOptions } from './connection-inspector.js';
import { inspectConnection } from './connection-inspector.js';
import type { Findings } from './listener-filter.js';
import { noFindings } from './listener-filter.js';
import type { ListenerStats } from './listener-stats.js';
import { SessionStore } from './session-store.js';
import type { DownstreamTls, HandshakePlan } from './tls-context.js';
import { downstreamTls } from './tls-context.js';
import { helloReader } from './tls-inspector.js';

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
  /** Reads the TLS context again, files included. @throws ConfigError with the path inside the listener */
  readTls(): DownstreamTls | undefined;
  readonly handshakeTimeoutMs: number;
}

/**
 * @param path of the chain inside the listener
 * @param secrets of the bootstrap
 * @throws ConfigError with the path inside the listener
 */
export function readFilterChain(
  chain: Fields,
  path: Path,
  bufferLimitBytes: number,
  factories: FilterFactories,
  secrets: StaticSecrets,
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
  const readTls = () => under(() => downstreamTls(chain.transport_socket, secrets), ...path);
  const tls = readTls();
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
    readTls,
    handshakeTimeoutMs: timeout,
  };
}

/** Node says null where its types say there is always an error. */
const isSet = (value: unknown): boolean => value !== undefined && value !== null;

/** IPv4 addresses that a dual-stack socket reports in IPv6 form, in their own form. */
export function plainIp(address: string | undefined): string {
  return address?.startsWith('::ffff:') ? address.slice(7) : (address ?? '');
}

function connectionInfo(
  socket: Socket,
  serverName: string,
  alpn: string,
  ssl: ConnectionTls | undefined,
  { dynamicMetadata, pipePath, proxied, tlvs }: Findings,
): ConnectionInfo {
  return {
    id: nextConnectionId(),
    remoteAddress: proxied?.remoteAddress ?? plainIp(socket.remoteAddress),
    remotePort: proxied?.remotePort ?? socket.remotePort ?? 0,
    localAddress: proxied?.localAddress ?? plainIp(socket.localAddress),
    localPort: proxied?.localPort ?? socket.localPort ?? 0,
    tls: ssl !== undefined,
    serverName,
    alpn,
    directRemoteAddress: proxied === undefined ? undefined : plainIp(socket.remoteAddress),
    directRemotePort: proxied === undefined ? undefined : (socket.remotePort ?? 0),
    proxyTlvs: tlvs,
    pipePath,
    terminationDetails: undefined,
    dynamicMetadata,
    ssl,
  };
}

/** What Node found wrong with the chain of a client that it refused by itself; at which depth it does not tell. */
function chainError(secure: TLSSocket): VerifyError | undefined {
  const { authorizationError } = secure;
  if (!isSet(authorizationError)) return undefined;
  const detail = chainErrorText(String(authorizationError), 0);
  return detail === undefined ? undefined : new VerifyError('failVerifyError', detail);
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
  /** In force; undefined for plain text. */
  readonly tls: DownstreamTls | undefined;
  /** For handshakes from now on. Of an equal identity; connections stay. @returns whether it differs */
  setTls(tls: DownstreamTls | undefined): boolean;
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
  readonly tls = undefined;
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

  setTls(): boolean {
    return false;
  }

  accept(socket: Socket, findings: Findings): void {
    const { serverName } = findings.hello;
    this.filters.onConnection(socket, connectionInfo(socket, serverName, '', undefined, findings));
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
  private inForce: DownstreamTls;
  private readonly ssl: SslStats;
  private readonly stats: ListenerStats;
  private readonly inspection: InspectorOptions;
  private readonly wallTime: () => number;
  private readonly warn: (text: string) => void;
  /** Envoy's `connection`. */
  private readonly log: Logger;
  /** One for each plan of a handshake, made when it is needed first. */
  private servers = new Map<string, TlsServer>();
  private sessions = new SessionStore();
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
    context: FactoryContext,
  ) {
    this.config = config;
    this.filter = filters.terminal;
    this.filters = filters;
    this.mark = mark;
    this.inForce = tls;
    this.stats = stats;
    this.ssl = createSslStats(context.listenerStatPrefix, context.stats, 'server');
    this.wallTime = () => context.clock.wallTime();
    this.inspection = {
      stats: undefined,
      timedOut: stats.handshakeTimeout,
      filters: [helloReader],
      timeout: context.timeouts.get(config.handshakeTimeoutMs),
      continuesOnTimeout: false,
    };
    this.log = context.loggers.get('connection');
    this.warn = (text) => context.loggers.get('config').warning(text);
    this.ssl.updateBySds.add(tls.fileSecrets);
    this.tellExpirations();
  }

  private tellExpirations(): void {
    const { certificates, secretNames, trusted } = this.inForce;
    this.ssl.showExpirations(certificates, trusted, secretNames);
    for (const text of expiredCertificates([...certificates, ...trusted], this.wallTime())) this.warn(text);
  }

  askToClose(): void {
    this.mark.isSet = true;
  }

  get tls(): DownstreamTls {
    return this.inForce;
  }

  setTls(tls: DownstreamTls | undefined): boolean {
    if (tls === undefined || tls.digest === this.inForce.digest) return false;
    // Handshakes under way end with what they began with.
    this.inForce = tls;
    this.servers = new Map();
    this.sessions = new SessionStore();
    this.tellExpirations();
    if (tls.fileSecrets > 0) this.ssl.updateBySds.inc();
    return true;
  }

  accept(socket: Socket, findings: Findings): void {
    const key = connectionKey(socket);
    this.sockets.add(socket);
    this.findings.set(key, findings);
    socket.once('close', () => {
      this.sockets.delete(socket);
      this.findings.delete(key);
    });
    // The TLS side tells of them, too.
    socket.on('error', () => undefined);
    if (findings.isTls) this.shake(socket, findings.hello, true);
    else {
      const found = noFindings();
      inspectConnection(socket, this.inspection, found, (one) => this.shake(one, found.hello, false));
    }
  }

  /** @param tellsName the listener has asked for the name; else, as in Envoy, only the handshake knows it */
  private shake(socket: Socket, hello: ClientHello, tellsName: boolean): void {
    const plan = this.inForce.plan(hello);
    const key = `${plan.key},${tellsName}`;
    let server = this.servers.get(key);
    if (server === undefined) {
      server = this.createServer(plan, tellsName);
      this.servers.set(key, server);
    }
    if (hello.asksForStaple && !this.countStaple(plan)) {
      this.ssl.connectionError.inc();
      socket.destroy();
      return;
    }
    server.emit('connection', socket);
  }

  /** @returns false when the policy refuses the handshake */
  private countStaple({ pair: { staple } }: HandshakePlan): boolean {
    const { ssl } = this;
    ssl.ocspStapleRequests.inc();
    if (staple === undefined) ssl.ocspStapleOmitted.inc();
    else if (staple.expiresAt > this.wallTime()) ssl.ocspStapleResponses.inc();
    else if (this.inForce.requiresFreshStaple) {
      ssl.ocspStapleFailed.inc();
      return false;
    } else ssl.ocspStapleOmitted.inc();
    return true;
  }

  private createServer(plan: HandshakePlan, tellsName: boolean): TlsServer {
    const { config, inForce, sessions, ssl, stats } = this;
    const server = createTlsServer(
      { ...plan.options, handshakeTimeout: config.handshakeTimeoutMs },
      (secure) => this.onSecure(secure, plan, tellsName, inForce),
    );
    server.on('tlsClientError', (error: NodeJS.ErrnoException, secure) => {
      const { authorizationError } = secure as TLSSocket;
      if (error.code === 'ERR_TLS_HANDSHAKE_TIMEOUT') stats.handshakeTimeout.inc();
      else if (error.code === 'ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE') ssl.failVerifyNoCert.inc();
      else if (isSet(authorizationError)) ssl.failVerifyError.inc();
      else ssl.connectionError.inc();
      this.tellError(secure as TLSSocket, tlsErrorText(chainError(secure as TLSSocket) ?? error));
      // Node leaves a connection open whose handshake took too long.
      secure.destroy();
    });
    // What `createServer` makes of its options leaves `allowPartialTrustChain` out in Node 20.
    (server as unknown as { _sharedCreds: SecureContext })._sharedCreds = plan.secureContext;
    const { staple } = plan.pair;
    if (staple !== undefined) {
      server.on('OCSPRequest', (_certificate, _issuer, done) =>
        done(null, staple.expiresAt > this.wallTime() ? staple.response : (null as unknown as Buffer)),
      );
    }
    if (inForce.keepsSessions) sessions.serve(server);
    return server;
  }

  /** @param text `''` for what is no error of TLS */
  private tellError({ remoteAddress, remotePort = 0 }: Socket, text: string): void {
    if (text !== '') this.log.debug(`remote address:${hostPort(plainIp(remoteAddress), remotePort)},${text}`);
  }

  private onSecure(secure: TLSSocket, plan: HandshakePlan, tellsName: boolean, tls: DownstreamTls): void {
    const { ssl } = this;
    const { alpnProtocol, servername } = secure as TLSSocket & { readonly servername?: unknown };
    const serverName = textOf(servername).toLowerCase();
    const facts = new HandshakeFacts(secure, {
      serverName,
      local: plan.pair.facts,
      group: plan.group,
      asksPeer: tls.requestsCertificate,
      isVerified: secure.authorized && tls.trusted.length > 0,
    });
    if (!this.takesClient(secure, facts, tls)) {
      secure.destroy();
      return;
    }
    ssl.countHandshake(facts, secure.isSessionReused());
    const findings = this.findings.get(connectionKey(secure)) ?? noFindings();
    const told = tellsName ? serverName : '';
    this.filters.onConnection(secure, connectionInfo(secure, told, textOf(alpnProtocol), facts, findings));
  }

  /** `require_client_certificate` and the validation context; counts. */
  private takesClient(
    secure: TLSSocket,
    facts: HandshakeFacts,
    { requestsCertificate, requiresCertificate, validation }: DownstreamTls,
  ): boolean {
    const { ssl } = this;
    if (!requestsCertificate || !facts.hasPeer) {
      (requiresCertificate ? ssl.failVerifyNoCert : ssl.noCertificate).inc();
      if (requiresCertificate) this.tellError(secure, noCertificateText);
      return !requiresCertificate;
    }
    const { authorizationError, authorized } = secure;
    const chainError = authorized ? undefined : String(authorizationError);
    const { error, isAccepted } = validation.verify({
      chainError,
      get chain() {
        return facts.peerChain;
      },
    });
    if (error !== undefined) ssl[error.counter].inc();
    if (!isAccepted) this.tellError(secure, tlsErrorText(error));
    return isAccepted;
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
  const own: FactoryContext = {
    ...context,
    filterChainName: config.name,
    isDraining: () => mark.isSet || context.isDraining(),
  };
  const filter = under(() => config.factory(config.filterConfig, own), ...config.filterPath);
  const readFilters = config.readFilters.map((one) => under(() => one.factory(one.config, own), ...one.path));
  const filters = new FilterSequence(readFilters, filter);
  const { tls } = config;
  if (tls === undefined) return new PlainChain(config, filters, mark);
  return new TlsChain(config, filters, tls, mark, stats, context);
}

/** @param listener its name. @returns undefined for plain text */
export function rotatingTls(chain: FilterChain, listener: string): RotatingTls | undefined {
  if (chain.tls === undefined) return undefined;
  const { name } = chain.config;
  return {
    key: chain,
    name: name === '' ? `listener '${listener}'` : `listener '${listener}', filter chain '${name}'`,
    get files() {
      return chain.tls?.files ?? [];
    },
    prepare() {
      const tls = chain.config.readTls();
      return () => chain.setTls(tls);
    },
  };
}
