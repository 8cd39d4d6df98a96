/** The connections of a terminal filter that needs to know no more of them than that they are there. */
import type { Duplex } from 'node:stream';

export class OpenConnections {
  private readonly sockets = new Set<Duplex>();

  get size(): number {
    return this.sockets.size;
  }

  add(socket: Duplex): void {
    this.sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => this.sockets.delete(socket));
  }

  close(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}
