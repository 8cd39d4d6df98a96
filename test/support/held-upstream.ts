/** An upstream that answers when the test says so. */
import type { AddressInfo } from 'node:net';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';

export interface HeldUpstream {
  readonly port: number;
  /** Waits for the next request that nobody has taken yet. */
  next(): Promise<{ readonly request: IncomingMessage; readonly response: ServerResponse }>;
  close(): void;
}

/** @param answer instead of holding */
export async function startUpstream(
  answer?: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<HeldUpstream> {
  const queue: { request: IncomingMessage; response: ServerResponse }[] = [];
  let wake: () => void = () => undefined;
  const server = createServer((request, response) => {
    if (answer !== undefined) {
      answer(request, response);
      return;
    }
    queue.push({ request, response });
    wake();
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    port: (server.address() as AddressInfo).port,
    async next() {
      while (true) {
        const first = queue.shift();
        if (first !== undefined) return first;
        await new Promise<void>((done) => {
          wake = done;
        });
      }
    },
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
