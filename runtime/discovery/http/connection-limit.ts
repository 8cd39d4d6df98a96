import type { Server } from 'node:http';
import type { Socket } from 'node:net';

const defaultMaxConnections = 200;
const defaultMaxLocalConnections = 4096;

/** Closes connections of an address that has too many already. */
export function limitConnections(server: Server, given: number | undefined): void {
  const counts = new Map<string, number>();
  server.on('connection', (socket: Socket) => {
    const from = socket.remoteAddress ?? '';
    const count = (counts.get(from) ?? 0) + 1;
    const isLocal = /^(?:::ffff:)?127\.|^::1$/.test(from);
    if (count > (given ?? (isLocal ? defaultMaxLocalConnections : defaultMaxConnections))) {
      socket.end('HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    counts.set(from, count);
    socket.on('close', () => {
      const left = (counts.get(from) ?? 1) - 1;
      if (left > 0) counts.set(from, left);
      else counts.delete(from);
    });
  });
}
