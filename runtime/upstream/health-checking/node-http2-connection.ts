/**
 * HTTP/2 for health checks, on `node:http2`: a check is one small exchange now and then, far from the data path. It keeps
 * the contract of codecs, so that any other codec can take its place.
 */
import type { Duplex } from 'node:stream';
import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from 'node:http2';
import { connect, constants } from 'node:http2';
import type { HeaderList } from '../../common/header-list.js';
import type {
  ClientConnection,
  ClientConnectionCallbacks,
  Protocol,
  RequestEncoder,
  RequestHead,
  ResetReason,
  ResponseDecoder,
} from '../../http/codec.js';

const endOfStream = 0x1;

function toList(headers: IncomingHttpHeaders): HeaderList {
  const list: HeaderList = [];
  for (const [name, value] of Object.entries(headers)) {
    if (name.startsWith(':') || value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) list.push(name, String(one));
  }
  return list;
}

function toHeaders({ authority, headers, method, path, scheme }: RequestHead) {
  const all: Record<string, string | string[]> = {
    ':method': method,
    ':scheme': scheme,
    ':authority': authority,
    ':path': path,
  };
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    if (name === 'host') continue;
    const before = all[name];
    all[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return all;
}

class Exchange implements RequestEncoder {
  private readonly session: ClientHttp2Session;
  private readonly decoder: ResponseDecoder;
  private readonly onOver: (exchange: Exchange) => void;
  private stream: ClientHttp2Stream | undefined = undefined;
  private over = false;

  constructor(session: ClientHttp2Session, decoder: ResponseDecoder, onOver: (exchange: Exchange) => void) {
    this.session = session;
    this.decoder = decoder;
    this.onOver = onOver;
  }

  encodeHeaders(head: RequestHead, endStream: boolean): void {
    if (this.session.closed || this.session.destroyed) {
      this.reset('connection termination');
      return;
    }
    let stream: ClientHttp2Stream;
    try {
      stream = this.session.request(toHeaders(head), { endStream });
    } catch {
      // The peer has just said that it goes away, or Node does not write such a header.
      this.reset('local reset');
      return;
    }
    this.stream = stream;
    stream.on('response', (headers, flags) => {
      const isLast = (flags & endOfStream) !== 0;
      if (this.over) return;
      if (isLast) this.end();
      const status = Number(headers[':status']);
      this.decoder.onHeaders({ status, headers: toList(headers), protocol: 'HTTP/2' }, isLast);
    });
    stream.on('data', (data: Buffer) => {
      if (!this.over) this.decoder.onData(data, false);
    });
    stream.on('trailers', (trailers) => {
      if (this.over) return;
      this.end();
      this.decoder.onTrailers(toList(trailers));
    });
    stream.on('end', () => {
      if (this.over || stream.rstCode !== constants.NGHTTP2_NO_ERROR) return;
      this.end();
      this.decoder.onData(Buffer.alloc(0), true);
    });
    stream.on('error', () => undefined);
    stream.on('close', () => this.reset('remote reset'));
  }

  encodeData(data: Buffer, endStream: boolean): void {
    if (endStream) this.stream?.end(data);
    else this.stream?.write(data);
  }

  encodeTrailers(): void {
    this.stream?.end();
  }

  resetStream(): void {
    this.end();
    this.stream?.close(constants.NGHTTP2_CANCEL);
  }

  setReadDisabled(disabled: boolean): void {
    if (disabled) this.stream?.pause();
    else this.stream?.resume();
  }

  reset(reason: ResetReason): void {
    if (this.over) return;
    this.end();
    this.decoder.onReset(reason, '');
  }

  private end(): void {
    this.over = true;
    this.onOver(this);
  }
}

class NodeHttp2Connection implements ClientConnection {
  readonly protocol: Protocol = 'HTTP/2';
  readonly maxStreams = 1;
  private readonly session: ClientHttp2Session;
  private readonly exchanges = new Set<Exchange>();

  constructor(socket: Duplex, callbacks: ClientConnectionCallbacks) {
    this.session = connect('http://host', { createConnection: () => socket });
    this.session.on('error', () => undefined);
    this.session.on('goaway', () => callbacks.onGoAway(this));
    this.session.on('close', () => {
      const cut = [...this.exchanges];
      for (const exchange of cut) exchange.reset('connection termination');
      callbacks.onClosed(this, cut.length);
    });
  }

  get activeStreams(): number {
    return this.exchanges.size;
  }

  newStream(decoder: ResponseDecoder): RequestEncoder {
    const exchange = new Exchange(this.session, decoder, (over) => this.exchanges.delete(over));
    this.exchanges.add(exchange);
    return exchange;
  }

  close(how: 'now' | 'flush'): void {
    if (how === 'now') this.session.destroy();
    else this.session.close();
  }
}

/** @param socket connected; owned by it from now on */
export function createNodeHttp2Connection(
  socket: Duplex,
  callbacks: ClientConnectionCallbacks,
): ClientConnection {
  return new NodeHttp2Connection(socket, callbacks);
}
