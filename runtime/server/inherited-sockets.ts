/**
 * Listening sockets that a service manager has bound (`sd_listen_fds(3)`): they are taken by the listeners with their
 * address, so that no connection is refused while the proxy is started anew.
 */
import net from 'node:net';
import type { ListenerAddress } from '../listener/listener-address.js';
import { addressText } from '../listener/listener-address.js';
import type { SocketHandle } from './workers/shared-socket.js';

/** The first file descriptor that is passed. */
const firstFd = 3;

type OpenHandle = (address: null, port: 0, addressType: -1, fd: number, flags: 0) => SocketHandle | number;

// Only Node's own handle tells the address of a file descriptor (see shared-socket.ts).
const openHandle = (net as unknown as { _createServerHandle?: OpenHandle })._createServerHandle;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * @param environment `LISTEN_PID` and `LISTEN_FDS`
 * @returns a handle for `Server.listen` by `127.0.0.1:80` or `[::]:80`; empty when nothing was passed to this process
 */
export function inheritedSockets({ LISTEN_FDS, LISTEN_PID }: Environment): Map<string, SocketHandle> {
  const found = new Map<string, SocketHandle>();
  if (LISTEN_PID !== String(process.pid) || openHandle === undefined) return found;
  for (let fd = firstFd; fd < firstFd + Number(LISTEN_FDS ?? 0); fd++) {
    const handle = openHandle(null, 0, -1, fd, 0);
    if (typeof handle === 'number') continue;
    const bound: { address?: string; port?: number } = {};
    handle.getsockname?.(bound);
    const { address: ip, port } = bound;
    if (ip !== undefined && port !== undefined)
      found.set(addressText({ ip, port, dualStack: false }), handle);
  }
  return found;
}

/** A socket of that address, which nobody else gets then. */
export function takeInherited(
  sockets: Map<string, SocketHandle>,
  address: ListenerAddress,
): SocketHandle | undefined {
  const text = addressText(address);
  const handle = sockets.get(text);
  sockets.delete(text);
  return handle;
}
