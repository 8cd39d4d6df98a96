/**
 * How a connection ends at once. The kernel tells the peer by FIN, or by RST when something that the peer sent was never
 * read; what Node has read ahead counts as read to the kernel and was not read by anybody here.
 */
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';

/**
 * Sends RST where that is possible: neither through TLS nor on Unix sockets. Nor while our half is being closed: libuv
 * refuses that (`uv_tcp_close_reset`), and Node would then forget the socket without closing it.
 */
function cut(socket: Duplex): void {
  const isEnding = socket.writableEnded && !socket.writableFinished;
  const isTcp =
    socket instanceof Socket && !(socket instanceof TLSSocket) && socket.remoteFamily !== undefined;
  if (isTcp && !isEnding) socket.resetAndDestroy();
  else socket.destroy();
}

/** @param how `now`: as the kernel would close it; `reset`: the peer sees it cut */
export function endConnection(socket: Duplex, how: 'now' | 'reset'): void {
  if (socket.destroyed) return;
  if (how === 'reset' || socket.readableLength > 0) cut(socket);
  else socket.destroy();
}
