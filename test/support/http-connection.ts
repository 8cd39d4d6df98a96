/** One client connection that sends requests by hand and reads whole responses. */
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { connect as connectTls } from 'node:tls';

export interface Response {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export class HttpConnection {
  readonly socket: Socket;
  /** Resolves with what was not read as a response when the connection is closed, by whoever. */
  readonly closed: Promise<string>;
  private received = '';
  private ended = false;
  private wake: () => void = () => undefined;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.setEncoding('latin1');
    socket.on('data', (text: string) => {
      this.received += text;
      this.wake();
    });
    socket.on('error', () => undefined);
    this.closed = new Promise((done) => {
      socket.on('close', () => {
        this.ended = true;
        this.wake();
        done(this.received);
      });
    });
  }

  send(path: string, more = ''): void {
    this.socket.write(`GET ${path} HTTP/1.1\r\nhost: test\r\n${more}\r\n`);
  }

  /** The next response, which must have a content-length. @throws Error when the connection ends before */
  async response(): Promise<Response> {
    while (true) {
      const end = this.received.indexOf('\r\n\r\n');
      if (end >= 0) {
        const [first = '', ...lines] = this.received.slice(0, end).split('\r\n');
        const headers = new Map(
          lines.map((line) => {
            const colon = line.indexOf(':');
            return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
          }),
        );
        const length = Number(headers.get('content-length') ?? 0);
        if (this.received.length >= end + 4 + length) {
          const body = this.received.slice(end + 4, end + 4 + length);
          this.received = this.received.slice(end + 4 + length);
          return { status: Number(first.split(' ')[1]), headers, body };
        }
      }
      if (this.ended) throw new Error(`the connection ended; received: ${JSON.stringify(this.received)}`);
      await new Promise<void>((done) => {
        this.wake = done;
      });
    }
  }

  async get(path: string, more = ''): Promise<Response> {
    this.send(path, more);
    return this.response();
  }

  close(): void {
    this.socket.destroy();
  }
}

export function openConnection(port: number, host = '127.0.0.1'): Promise<HttpConnection> {
  return new Promise((done, fail) => {
    const socket = connect({ port, host }, () => {
      socket.off('error', fail);
      done(new HttpConnection(socket));
    });
    socket.once('error', fail);
  });
}

export interface TlsConnection {
  readonly http: HttpConnection;
  readonly socket: TLSSocket;
}

/** The server's certificate is not verified. */
export function openTlsConnection(port: number, options: ConnectionOptions = {}): Promise<TlsConnection> {
  return new Promise((done, fail) => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false, ...options }, () => {
      socket.off('error', fail);
      done({ http: new HttpConnection(socket), socket });
    });
    socket.once('error', fail);
  });
}

/** One request on a connection of its own. */
export async function get(port: number, path: string): Promise<Response> {
  const connection = await openConnection(port);
  try {
    return await connection.get(path);
  } finally {
    connection.close();
  }
}
