/**
 * Clients of the suite `edge-tls-parity`: each tells what it met as a text that two engines can be compared by.
 */
import type { ClientHttp2Session, OutgoingHttpHeaders } from 'node:http2';
import { connect as connectHttp2 } from 'node:http2';
import type { Server } from 'node:https';
import { createServer } from 'node:https';
import { connect as connectTls } from 'node:tls';
import { WebSocket } from 'ws';
import type { Edge } from './edge-tls-rig.js';

/** Tells what it was sent. */
export function webServer(pem: Buffer): Promise<{ server: Server; port: number }> {
  const server = createServer({ cert: pem, key: pem, ALPNProtocols: ['http/1.1'] }, (request, response) => {
    let body = '';
    request.setEncoding('latin1').on('data', (chunk: string) => {
      body += chunk;
    });
    request.on('end', () => {
      const text = `${request.method} ${request.url} ${request.rawHeaders.join('|')} ${body}`;
      response.sendDate = false;
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
      response.end(text);
    });
  });
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => done({ server, port: (server.address() as { port: number }).port }));
  });
}

/** A connection of its own for each request: some end it. */
export async function onSession(
  edge: Edge,
  use: (session: ClientHttp2Session) => Promise<string>,
): Promise<string> {
  const session = connectHttp2(`https://localhost:${edge.port}`, { rejectUnauthorized: false });
  session.on('error', () => undefined);
  // Whether CONNECT may be extended is known then.
  await new Promise((done) => session.once('remoteSettings', done));
  try {
    return await use(session);
  } finally {
    session.destroy();
  }
}

export function askHttp2(session: ClientHttp2Session, headers: OutgoingHttpHeaders): Promise<string> {
  return new Promise((done) => {
    const stream = session.request(
      { ':authority': 'localhost:8080', ':scheme': 'https', ...headers },
      { endStream: true },
    );
    let text = '';
    const line = (given: object): string =>
      Object.entries(given)
        .map(([name, value]) => `${name}: ${value}\r\n`)
        .join('');
    stream.on('response', (given) => {
      text += line(given);
    });
    stream.on('trailers', (given) => {
      text += `trailers ${line(given)}`;
    });
    stream.setEncoding('latin1').on('data', (chunk: string) => {
      text += chunk;
    });
    stream.on('error', ({ message }) => {
      text += message;
    });
    stream.on('close', () => done(text));
    setTimeout(() => stream.close(), 3000).unref();
  });
}

/** @param toSend one after the other's answer @returns how it went, without the number of the worker */
export function overWebSocket(edge: Edge, path: string, toSend: readonly string[]): Promise<string> {
  return new Promise((done) => {
    const options = { rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] };
    const socket = new WebSocket(`wss://127.0.0.1:${edge.port}${path}`, options);
    const met: string[] = [];
    const left = [...toSend];
    const next = (): void => {
      const text = left.shift();
      if (text === undefined) socket.close(4000, 'enough');
      else socket.send(text);
    };
    socket.on('open', next);
    socket.on('message', (data) => {
      met.push(String(data).replace(/^worker-\d: /, ''));
      next();
    });
    socket.on('error', ({ message }) => void met.push(message));
    socket.on('close', (code, reason) => done([...met, code, String(reason)].join('|')));
  });
}

/** A WebSocket in a stream of HTTP/2 (RFC 8441): a masked frame there, a frame back, and the end. */
export function overExtendedConnect(session: ClientHttp2Session): Promise<string> {
  return new Promise((done) => {
    const stream = session.request(
      {
        ':method': 'CONNECT',
        ':protocol': 'websocket',
        ':scheme': 'https',
        ':authority': 'localhost',
        ':path': '/worker',
        'sec-websocket-version': '13',
        // Not sent by browsers here; the library behind the workers insists on it.
        'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      },
      { endStream: false },
    );
    let met = '';
    let closing = false;
    stream.on('response', (headers) => {
      met += `${headers[':status']} `;
      const mask = Buffer.from([1, 2, 3, 4]);
      const octets = Buffer.from('hi').map((octet, at) => octet ^ (mask[at] as number));
      stream.write(Buffer.concat([Buffer.from([0x81, 0x82]), mask, octets]));
    });
    stream.on('data', (chunk: Buffer) => {
      met += chunk.toString('latin1').replace(/worker-\d/, 'worker');
      // To a frame that closes, the worker answers with one, and ends.
      if (!closing) stream.write(Buffer.from([0x88, 0x80, 0, 0, 0, 0]));
      closing = true;
    });
    stream.on('end', () => stream.end());
    stream.on('error', ({ message }) => {
      met += message;
    });
    stream.on('close', () => done(met));
    setTimeout(() => stream.close(), 3000).unref();
  });
}

export function shownSerial(port: number): Promise<string> {
  return new Promise((done, fail) => {
    const socket = connectTls(
      { port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] },
      () => {
        done(socket.getPeerCertificate().serialNumber);
        socket.destroy();
      },
    ).on('error', fail);
  });
}
