/**
 * A listener in force: its socket, and the chain that new connections meet.
 */
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Fields } from '../common/message-fields.js';
import { messageOf, numberOf, textOf } from '../common/message-fields.js';
import type { StatsScope } from '../stats/stat.js';
import type { ListenerChain } from './listener-chain.js';

/** Where a listener is bound. */
export type ListenerAddress =
  | { readonly ip: string; readonly port: number; readonly dualStack: boolean }
  | { readonly path: string };

export function listenerAddress(listener: Fields): ListenerAddress {
  const address = messageOf(listener.address);
  if (address.pipe !== undefined) return { path: textOf(messageOf(address.pipe).path) };
  const socket = messageOf(address.socket_address);
  return {
    ip: textOf(socket.address),
    port: numberOf(socket.port_value, 0),
    dualStack: socket.ipv4_compat === true,
  };
}

export function listenerAddressText(address: ListenerAddress): string {
  if ('path' in address) return address.path;
  return address.ip.includes(':') ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;
}

const bindErrors: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Address already in use',
  EACCES: 'Permission denied',
  EADDRNOTAVAIL: 'Cannot assign requested address',
};

/** Envoy's words: `cannot bind '127.0.0.1:80': Address already in use`. */
export function bindError(address: string, error: NodeJS.ErrnoException): Error {
  return new Error(`cannot bind '${address}': ${bindErrors[error.code ?? ''] ?? error.message}`);
}

/** Queue of connections that the kernel has accepted; Envoy's own default is the machine's limit. */
const defaultBacklog = 4096;

export class Listener {
  readonly name: string;
  readonly address: ListenerAddress;
  chain: ListenerChain;
  private readonly server: Server;
  /** Chains that were replaced and have connections still. */
  private readonly draining = new Set<ListenerChain>();
  private readonly backlog: number;

  constructor(listener: Fields, chain: ListenerChain, statPrefix: string, stats: StatsScope) {
    this.address = listenerAddress(listener);
    this.name = textOf(listener.name) || listenerAddressText(this.address);
    this.chain = chain;
    this.backlog = numberOf(listener.tcp_backlog_size, defaultBacklog);
    const total = stats.counter(`${statPrefix}downstream_cx_total`);
    const active = stats.gauge(`${statPrefix}downstream_cx_active`);
    const destroyed = stats.counter(`${statPrefix}downstream_cx_destroy`);
    const lengths = stats.histogram(`${statPrefix}downstream_cx_length_ms`);
    this.server = createServer({ noDelay: true, pauseOnConnect: false }, (socket: Socket) => {
      total.inc();
      active.inc();
      const startedAt = performance.now();
      socket.once('close', () => {
        active.dec();
        destroyed.inc();
        lengths.record(Math.floor(performance.now() - startedAt));
      });
      this.chain.accept(socket);
    });
  }

  /** @throws Error with the words of Envoy when the address cannot be had */
  listen(): Promise<void> {
    const { address, backlog, server } = this;
    return new Promise((done, fail) => {
      const failed = (error: NodeJS.ErrnoException): void =>
        fail(bindError(listenerAddressText(address), error));
      server.once('error', failed);
      const where =
        'path' in address
          ? { path: address.path }
          : { host: address.ip, port: address.port, ipv6Only: !address.dualStack };
      server.listen({ ...where, backlog }, () => {
        server.off('error', failed);
        // Out of file descriptors and the like: the connection is lost, the listener is not.
        server.on('error', () => undefined);
        done();
      });
    });
  }

  /** With the real port. */
  get addressText(): string {
    const bound = this.server.address();
    if (bound === null || typeof bound === 'string') return bound ?? listenerAddressText(this.address);
    return listenerAddressText({ ip: bound.address, port: bound.port, dualStack: false });
  }

  get isListening(): boolean {
    return this.server.listening;
  }

  /** New connections meet the new chain; those of the old one are asked to end. */
  replaceChain(next: ListenerChain): void {
    const old = this.chain;
    this.chain = next;
    this.draining.add(old);
    old.filter.drain();
  }

  stopListening(): void {
    if (this.server.listening) this.server.close();
  }

  drain(): void {
    this.chain.filter.drain();
  }

  get activeConnections(): number {
    let sum = this.chain.filter.activeConnections;
    for (const { filter } of this.draining) sum += filter.activeConnections;
    return sum;
  }

  /** The time of the chains that were replaced is over. */
  closeReplaced(): void {
    for (const chain of this.draining) chain.close();
    this.draining.clear();
  }

  close(): void {
    this.stopListening();
    this.closeReplaced();
    this.chain.close();
  }
}
