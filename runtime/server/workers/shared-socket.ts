/**
 * A listening socket that the primary has bound and all workers accept from.
 *
 * Measured on Node 20 with a new connection for each request, in CPU microseconds for all processes: one process 39, a socket
 * that is shared 42, connections that the primary accepts and hands over 95 (`node:cluster`) to 121. Shared sockets leave
 * it to the kernel which worker gets a connection; long-lived connections may be spread unevenly, and short ones are not.
 * SO_REUSEPORT, which Node has from 22.12 on, would lose the connections that wait for a worker that dies.
 */
import net from 'node:net';
import { chmodSync } from 'node:fs';
import type { ListenerAddress } from '../../listener/listener-address.js';
import { addressText } from '../../listener/listener-address.js';
import type { BoundSocket } from '../../listener/listener-socket.js';
import { bindError, removeStalePipe } from '../../listener/listener-socket.js';

/** `UV_TCP_IPV6ONLY` */
const ipv6Only = 1;

/** What Node keeps of a socket of the system: bound, but not listening. */
export interface SocketHandle {
  getsockname?(into: { address?: string; port?: number }): number;
  close(): void;
}

/**
 * `node:cluster` makes the sockets of its workers with it. It has no documented name, and no other function of Node binds a
 * socket without accepting from it, which is what somebody must do who wants to hold a socket while workers come and go.
 */
type CreateHandle = (
  address: string | null,
  port: number,
  addressType: 4 | 6 | -1,
  fd: undefined,
  flags: number,
) => SocketHandle | number;

const createHandle = (net as unknown as { _createServerHandle?: CreateHandle })._createServerHandle;

function bind(address: ListenerAddress): SocketHandle {
  if (createHandle === undefined)
    throw new Error('this version of Node cannot share sockets: use --concurrency 1');
  const text = addressText(address);
  const isIpv6 = 'ip' in address && address.ip.includes(':');
  const made =
    'path' in address
      ? createHandle(address.path, -1, -1, undefined, 0)
      : createHandle(
          address.ip,
          address.port,
          isIpv6 ? 6 : 4,
          undefined,
          isIpv6 && !address.dualStack ? ipv6Only : 0,
        );
  if (typeof made === 'number') throw bindError(text, systemError(made));
  // That the address is taken is told by the first question after `bind`.
  const failure = made.getsockname?.({}) ?? 0;
  if (failure === 0) return made;
  made.close();
  throw bindError(text, systemError(failure));
}

/** EADDRINUSE, EACCES, EADDRNOTAVAIL by their numbers of Linux and of macOS. */
const codes: Readonly<Record<number, string>> = {
  [-98]: 'EADDRINUSE',
  [-48]: 'EADDRINUSE',
  [-13]: 'EACCES',
  [-99]: 'EADDRNOTAVAIL',
  [-49]: 'EADDRNOTAVAIL',
};

function systemError(number: number): NodeJS.ErrnoException {
  return Object.assign(new Error(`error ${-number}`), { code: codes[number] ?? '' });
}

export interface SocketOwner {
  /** Bound: workers may have it. */
  give(socket: SharedSocket): void;
  takeBack(socket: SharedSocket): void;
}

export class SharedSocket implements BoundSocket {
  readonly address: ListenerAddress;
  readonly id: number;
  handle: SocketHandle | undefined = undefined;
  addressText: string;
  private readonly owner: SocketOwner;
  private readonly inherited: SocketHandle | undefined;

  /** @param inherited from a service manager: bound already */
  constructor(address: ListenerAddress, id: number, owner: SocketOwner, inherited?: SocketHandle) {
    this.inherited = inherited;
    this.address = address;
    this.id = id;
    this.owner = owner;
    this.addressText = addressText(address);
  }

  get isListening(): boolean {
    return this.handle !== undefined;
  }

  async listen(): Promise<void> {
    const { address } = this;
    if ('path' in address) removeStalePipe(address.path);
    const handle = this.inherited ?? bind(address);
    if ('path' in address && address.mode !== 0) chmodSync(address.path, address.mode);
    const bound: { address?: string; port?: number } = {};
    handle.getsockname?.(bound);
    const { address: ip, port } = bound;
    if (ip !== undefined && port !== undefined)
      this.addressText = addressText({ ip, port, dualStack: false });
    this.handle = handle;
    this.owner.give(this);
  }

  setAcceptor(): void {
    // Workers accept.
  }

  close(): void {
    const { handle } = this;
    if (handle === undefined) return;
    this.handle = undefined;
    this.owner.takeBack(this);
    handle.close();
  }
}
