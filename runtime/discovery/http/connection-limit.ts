import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { ConnectionCount } from '../connection-count.js';

const defaultLimits = { each: 200, local: 4096 };

/** Closes connections of an address that has too many already. */
export function limitConnections(server: Server, given: number | undefined): void {
  const counts = new ConnectionCount(given === undefined ? defaultLimits : { each: given, local: given });
  server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? '';
    if (!counts.take(from)) {
      socket.end('HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    socket.on('close', () => counts.free(from));
  });
}
