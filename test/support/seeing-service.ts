/**
 * A service that answers with what it saw, so that what a proxy makes of a request is compared as well.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { withoutIds } from './raw-exchange.js';

export interface SeeingService {
  readonly port: number;
  /** What `/healthz` says. */
  isWell: boolean;
  /** Fulfilled when so many requests for paths with `/hold` wait for their answers. */
  holds(count: number): Promise<void>;
  /** Gives them their answers. */
  release(): void;
  close(): void;
}

/** @param pem certificate and key; without it, it speaks plain text */
export async function startSeeingService(name: string, pem?: string): Promise<SeeingService> {
  const held: (() => void)[] = [];
  let look = (): void => undefined;
  const answer: RequestListener = (request, response) => {
    const seen = withoutIds(request.rawHeaders.join('|'));
    let body = '';
    request.setEncoding('utf8').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const { method, url = '' } = request;
      if (url === '/healthz') send(response, service.isWell ? 200 : 503, 'health');
      else if (url.includes('/hold')) {
        held.push(() => send(response, 200, `${name} held ${url}`));
        look();
      } else send(response, 200, `${name} ${method} ${url} ${seen} ${body}`);
    });
  };
  const server = pem === undefined ? createServer(answer) : createTlsServer({ cert: pem, key: pem }, answer);
  const port = await new Promise<number>((done) => {
    server.listen(0, '127.0.0.1', () => done((server.address() as { port: number }).port));
  });
  const service: SeeingService = {
    port,
    isWell: true,
    holds: (count) =>
      new Promise((done) => {
        look = () => {
          if (held.length >= count) done();
        };
        look();
      }),
    release() {
      for (const one of held.splice(0)) one();
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return service;
}

function send(response: ServerResponse, status: number, text: string): void {
  response.sendDate = false;
  response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
  response.end(text);
}
