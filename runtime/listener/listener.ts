/**
 * The listener of one configuration: counts accepted connections and hands each to its filter chain. It never changes; a
 * reload makes a new one, which takes over the sockets, and those chains that go on.
 */
import type { Socket } from 'node:net';
import { hostPort } from '../common/address-text.js';
import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { Fields } from '../common/message-fields.js';
import { textOf } from '../common/message-fields.js';
import type { ConnectionLimit, OpenCount } from './connection-limits.js';
import { admit } from './connection-limits.js';
import type { InspectorOptions } from './connection-inspector.js';
import { inspectConnection } from './connection-inspector.js';
import type { FilterChain } from './filter-chain.js';
import { plainIp } from './filter-chain.js';
import type { ChainSelector } from './filter-chain-match.js';
import type { ListenerAddress } from './listener-address.js';
import { addressText } from './listener-address.js';
import type { Findings } from './listener-filter.js';
import { noFindings } from './listener-filter.js';
import type { BoundSocket, SocketAcceptor } from './listener-socket.js';
import type { ListenerStats } from './listener-stats.js';

/** What a listener is made of. */
export interface ListenerParts {
  readonly config: Fields;
  readonly addresses: readonly ListenerAddress[];
  /** In the order of `filter_chains`. */
  readonly chains: readonly FilterChain[];
  readonly defaultChain: FilterChain | undefined;
  /** undefined: there is one chain, and it takes everything. */
  readonly selectChain: ChainSelector | undefined;
  /** undefined: nothing is read before the chain is chosen. */
  readonly inspection: InspectorOptions | undefined;
  readonly stats: ListenerStats;
  readonly clock: Clock;
  /** Envoy's `conn_handler`. */
  readonly log: Logger;
  /** That concern its connections, mostly none. */
  readonly limits: readonly ConnectionLimit[];
  /** Its own connections, those of the listener before included. */
  readonly openCount: OpenCount;
  /** TCP keepalive: time until the first probe, in milliseconds. 0: none. */
  readonly keepaliveTimeMs: number;
}

/** Where a connection comes from. */
function remoteText(socket: Socket, { pipePath, proxied }: Findings): string {
  if (pipePath !== undefined) return pipePath;
  const address = proxied?.remoteAddress ?? plainIp(socket.remoteAddress);
  return hostPort(address, proxied?.remotePort ?? socket.remotePort ?? 0);
}

export class Listener implements SocketAcceptor {
  readonly name: string;
  readonly parts: ListenerParts;
  /** One for each address; set before connections come. */
  sockets: readonly BoundSocket[] = [];

  constructor(parts: ListenerParts) {
    this.parts = parts;
    this.name = textOf(parts.config.name) || parts.addresses.map(addressText).join();
  }

  accept(socket: Socket, address: ListenerAddress): void {
    const { inspection, keepaliveTimeMs, limits } = this.parts;
    if (limits.length > 0 && !admit(socket, limits)) return;
    if (keepaliveTimeMs > 0) socket.setKeepAlive(true, keepaliveTimeMs);
    const findings = noFindings('path' in address ? address.path : undefined);
    if (inspection === undefined) this.choose(socket, findings);
    else inspectConnection(socket, inspection, findings, (one) => this.choose(one, findings));
  }

  private choose(socket: Socket, findings: Findings): void {
    const { chains, clock, defaultChain, log, selectChain, stats } = this.parts;
    let chain = selectChain === undefined ? chains[0] : this.select(selectChain, socket, findings);
    chain ??= defaultChain;
    if (chain === undefined) {
      stats.noFilterChainMatch.inc();
      log.debug(`closing connection from ${remoteText(socket, findings)}: no matching filter chain found`);
      // Envoy leaves what it looked at in the socket, which the system then resets.
      if (findings.pipePath === undefined && socket.bytesRead > 0) socket.resetAndDestroy();
      else socket.destroy();
      return;
    }
    stats.cxTotal.inc();
    stats.cxActive.inc();
    stats.workerCxTotal.inc();
    stats.workerCxActive.inc();
    const startedAt = clock.now();
    socket.once('close', () => {
      stats.cxActive.dec();
      stats.workerCxActive.dec();
      stats.cxDestroy.inc();
      stats.cxLengthMs.record(Math.floor(clock.now() - startedAt));
    });
    chain.accept(socket, findings);
  }

  private select(
    selectChain: ChainSelector,
    socket: Socket,
    { hello, isTls, proxied }: Findings,
  ): FilterChain | undefined {
    const index = selectChain({
      localAddress: proxied?.localAddress ?? plainIp(socket.localAddress),
      localPort: proxied?.localPort ?? socket.localPort ?? 0,
      remoteAddress: proxied?.remoteAddress ?? plainIp(socket.remoteAddress),
      remotePort: proxied?.remotePort ?? socket.remotePort ?? 0,
      directRemoteAddress: plainIp(socket.remoteAddress),
      transportProtocol: isTls ? 'tls' : 'raw_buffer',
      serverName: hello.serverName,
      applicationProtocols: hello.applicationProtocols,
    });
    return index === undefined ? undefined : this.parts.chains[index];
  }

  /** With real ports; the first one is that of `address`. */
  get addressTexts(): readonly string[] {
    return this.sockets.length === 0
      ? this.parts.addresses.map(addressText)
      : this.sockets.map((one) => one.addressText);
  }

  get allChains(): readonly FilterChain[] {
    const { chains, defaultChain } = this.parts;
    return defaultChain === undefined ? chains : [...chains, defaultChain];
  }

  get activeConnections(): number {
    return this.allChains.reduce((sum, { filter }) => sum + filter.activeConnections, 0);
  }

  /** Connections go on. */
  stopListening(): void {
    for (const socket of this.sockets) socket.close();
  }
}
