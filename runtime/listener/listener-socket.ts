/**
 * One bound address. It outlives the configurations: who takes its connections is one reference that a reload replaces,
 * so that no connection attempt is ever refused meanwhile.
 */
import { chmodSync, lstatSync, unlinkSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import { createServer } from 'node:net';
import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { ListenerAddress } from './listener-address.js';
import { addressText } from './listener-address.js';

/** Takes accepted sockets; they are read by nobody yet. */
export interface SocketAcceptor {
  /** @param address where it came in */
  accept(socket: Socket, address: ListenerAddress): void;
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

/** A socket file that a process before left behind is in the way of `bind`. Envoy removes it, too. */
export function removeStalePipe(path: string): void {
  try {
    if (lstatSync(path).isSocket()) unlinkSync(path);
  } catch {
    // Nothing there: that is what is wanted.
  }
}

/** Errors of `accept` come by the thousand: one line for so many milliseconds. */
const quietMs = 10_000;

export interface ListenerSocketOptions {
  /** Length of the kernel's queue of connections that wait to be accepted (`tcp_backlog_size`). */
  readonly backlog: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** A socket that another process has bound already. */
  readonly handle?: object;
}

/** A bound address, whoever accepts there. */
export interface BoundSocket {
  readonly address: ListenerAddress;
  /** With the real port, where port 0 was asked for. */
  readonly addressText: string;
  readonly isListening: boolean;
  /** @throws Error with the words of Envoy when the address cannot be had */
  listen(): Promise<void>;
  /** From now on connections go there, those that wait as well. */
  setAcceptor(acceptor: SocketAcceptor): void;
  /** Accepted connections stay. */
  close(): void;
}

/**
 * Makes a socket that is not bound yet.
 * @param at place of its listener in the configuration, and of its address in the listener
 */
export type CreateSocket = (
  address: ListenerAddress,
  options: ListenerSocketOptions,
  at: readonly [listener: number, address: number],
) => BoundSocket;

export class ListenerSocket implements BoundSocket {
  readonly address: ListenerAddress;
  private readonly options: ListenerSocketOptions;
  private readonly server: Server;
  private acceptor: SocketAcceptor | undefined = undefined;
  /** Accepted between the binding and the commit of the configuration. */
  private waiting: Socket[] = [];
  private silentUntil = 0;

  constructor(address: ListenerAddress, options: ListenerSocketOptions) {
    this.address = address;
    this.options = options;
    // What becomes of a connection of which the client has closed its half is the matter of who reads it.
    this.server = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
      if (this.acceptor === undefined) this.waiting.push(socket);
      else this.acceptor.accept(socket, this.address);
    });
  }

  setAcceptor(acceptor: SocketAcceptor): void {
    this.acceptor = acceptor;
    const { waiting } = this;
    this.waiting = [];
    for (const socket of waiting) acceptor.accept(socket, this.address);
  }

  listen(): Promise<void> {
    const { address, server } = this;
    const { backlog, handle } = this.options;
    if (handle !== undefined) return this.listening(() => server.listen(handle, backlog));
    if ('path' in address) removeStalePipe(address.path);
    const where =
      'path' in address
        ? { path: address.path }
        : { host: address.ip, port: address.port, ipv6Only: !address.dualStack };
    return this.listening(() => server.listen({ ...where, backlog, exclusive: true })).then(() => {
      if ('path' in address && address.mode !== 0) chmodSync(address.path, address.mode);
    });
  }

  private listening(listen: () => unknown): Promise<void> {
    const { server } = this;
    return new Promise((done, fail) => {
      const failed = (error: NodeJS.ErrnoException): void =>
        fail(bindError(addressText(this.address), error));
      server.once('error', failed);
      server.once('listening', () => {
        server.off('error', failed);
        server.on('error', (error) => this.onAcceptError(error));
        done();
      });
      listen();
    });
  }

  /** Out of file descriptors, above all: that connection is lost, the listener and all others go on. */
  private onAcceptError(error: Error): void {
    const { clock, log } = this.options;
    const now = clock.now();
    if (now < this.silentUntil) return;
    this.silentUntil = now + quietMs;
    log.warning(`accept on ${this.addressText} failed: ${error.message}`);
  }

  get addressText(): string {
    const bound = this.server.address();
    if (bound === null || typeof bound === 'string') return addressText(this.address);
    return addressText({ ip: bound.address, port: bound.port, dualStack: false });
  }

  get isListening(): boolean {
    return this.server.listening;
  }

  close(): void {
    if (this.server.listening) this.server.close();
    for (const socket of this.waiting) socket.destroy();
    this.waiting = [];
  }
}
