/** An upstream on loopback that answers as its test says, and whose connections the test can see and end. */
import { once } from 'node:events';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer } from 'node:net';

const answer = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';

export class UpstreamServer {
  readonly sockets: Socket[] = [];
  /** Heads of requests, in the order in which they came. */
  requests = 0;
  /** Undefined: the test answers by itself. */
  respond: string | undefined = answer;
  private readonly server: Server;
  private readonly waiting: (() => void)[] = [];

  constructor() {
    this.server = createServer((socket) => {
      this.sockets.push(socket);
      socket.on('error', () => {});
      socket.on('data', (data) => {
        this.requests += data.toString('latin1').split('\r\n\r\n').length - 1;
        if (this.respond !== undefined) socket.write(this.respond);
        for (const go of this.waiting.splice(0)) go();
      });
    });
  }

  async listen(port = 0, ip = '127.0.0.1'): Promise<number> {
    this.server.listen(port, ip);
    await once(this.server, 'listening');
    return (this.server.address() as AddressInfo).port;
  }

  /** Resolves when that many requests have come in all. */
  async hasRequests(count: number): Promise<void> {
    while (this.requests < count) await new Promise<void>((resolve) => this.waiting.push(resolve));
  }

  answer(at: number, text = answer): void {
    this.sockets[at]?.write(text);
  }

  close(): void {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
