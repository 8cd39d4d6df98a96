/**
 * The smallest proxy that the two codecs make: no routes, no filters, no retries. What it adds to the codecs is what the
 * connection manager does in the cases that the tests replay, and nothing of headers.
 */
import type { Duplex } from 'node:stream';
import type { HeaderList } from '../../../../runtime/common/header-list.js';
import { getHeader, removeHeader } from '../../../../runtime/common/header-list.js';
import type {
  ClientConnection,
  ClientConnectionCallbacks,
  ProtocolError,
  RequestDecoder,
  RequestEncoder,
  RequestHead,
  ResetReason,
  ResponseDecoder,
  ResponseEncoder,
  ResponseHead,
  ServerConnection,
} from '../../../../runtime/http/codec.js';
import { createHttp1ClientConnection } from '../../../../runtime/http/http1/client-connection.js';
import type { Http1ClientOptions, Http1ServerOptions } from '../../../../runtime/http/http1/http1-options.js';
import { createHttp1ServerConnection } from '../../../../runtime/http/http1/server-connection.js';

export interface RelayLog {
  status: number;
  details: string;
}

export interface Relay {
  readonly server: ServerConnection;
  readonly log: RelayLog[];
  /** Requests that were sent on. */
  forwarded: number;
}

export interface RelayOptions {
  readonly server: Http1ServerOptions;
  readonly client: Http1ClientOptions;
  /** Upgrades that are allowed, lower case. */
  readonly upgrades?: readonly string[];
  connect(): Duplex;
}

/** Serves one client socket. */
export function relay(socket: Duplex, options: RelayOptions): Relay {
  const log: RelayLog[] = [];
  const idle: ClientConnection[] = [];
  const callbacks: ClientConnectionCallbacks = {
    onStreamSlotFree: (connection) => void idle.push(connection),
    onGoAway: () => {},
    onClosed: (connection) => {
      const at = idle.indexOf(connection);
      if (at >= 0) idle.splice(at, 1);
    },
  };
  const upstream = (decoder: ResponseDecoder): RequestEncoder => {
    made.forwarded++;
    const connection =
      idle.pop() ?? createHttp1ClientConnection(options.connect(), options.client, callbacks);
    return connection.newStream(decoder);
  };
  const server = createHttp1ServerConnection(socket, options.server, {
    newStream: (encoder) => new RelayStream(encoder, upstream, log, options.upgrades ?? []),
    onPrematureResets: () => {},
    onClosed: () => {},
  });
  const made: Relay = { server, log, forwarded: 0 };
  return made;
}

/** One request, decoded and answered. */
class RelayStream implements RequestDecoder {
  readonly encoder: ResponseEncoder;
  private readonly connect: (decoder: ResponseDecoder) => RequestEncoder;
  private readonly log: RelayLog[];
  private readonly upgrades: readonly string[];
  private upstream: RequestEncoder | undefined;
  ended = false;

  constructor(
    encoder: ResponseEncoder,
    connect: (decoder: ResponseDecoder) => RequestEncoder,
    log: RelayLog[],
    upgrades: readonly string[],
  ) {
    this.encoder = encoder;
    this.connect = connect;
    this.log = log;
    this.upgrades = upgrades;
  }

  onHeaders(head: RequestHead, endStream: boolean): void {
    const [status, details, close] = this.refusal(head);
    if (status !== 0) {
      this.reply(status, '', details, close);
      return;
    }
    if (getHeader(head.headers, 'expect')?.toLowerCase() === '100-continue') {
      removeHeader(head.headers, 'expect');
      this.encoder.encode1xx({ status: 100, headers: [], protocol: 'HTTP/1.1' });
    }
    this.upstream = this.connect(new RelayResponse(this));
    this.upstream.encodeHeaders(head, endStream);
  }

  /** What the connection manager refuses of what the codec lets pass: status (0: nothing), details, closing. */
  private refusal(head: RequestHead): [number, string, boolean] {
    if (head.headers[0] !== 'host') return [400, 'missing_host_header', true];
    if (head.method === 'CONNECT') return [404, 'route_not_found', true];
    if (!head.path.startsWith('/')) return [404, 'absolute_path_rejected', false];
    if (head.path.includes('#')) return [400, 'path_normalization_failed', true];
    if (head.upgrade !== '' && !this.upgrades.includes(head.upgrade)) return [403, 'upgrade_failed', true];
    if (head.method === 'QUERY') return [400, 'query_missing_content_type', true];
    return [0, '', false];
  }

  onData(data: Buffer, endStream: boolean): void {
    this.upstream?.encodeData(data, endStream);
  }

  onTrailers(trailers: HeaderList): void {
    this.upstream?.encodeTrailers(trailers);
  }

  onProtocolError(error: ProtocolError): void {
    this.upstream?.resetStream('local reset');
    this.reply(error.status, error.body, error.details, false);
  }

  onReset(): void {
    this.ended = true;
    this.upstream?.resetStream('local reset');
  }

  onAboveWriteBufferHighWatermark(): void {
    this.upstream?.setReadDisabled(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.upstream?.setReadDisabled(false);
  }

  respond(status: number, headers: HeaderList, endStream: boolean): void {
    this.log.push({ status, details: 'via_upstream' });
    this.ended ||= endStream;
    this.encoder.encodeHeaders(status, headers, endStream);
  }

  reply(status: number, body: string, details: string, close: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.log.push({ status, details });
    const headers = body === '' ? [] : ['content-length', String(body.length), 'content-type', 'text/plain'];
    if (close) headers.push('connection', 'close');
    this.encoder.encodeHeaders(status, headers, body === '');
    if (body !== '') this.encoder.encodeData(Buffer.from(body), true);
  }
}

/** The response to it. */
class RelayResponse implements ResponseDecoder {
  private readonly stream: RelayStream;
  private started = false;

  constructor(stream: RelayStream) {
    this.stream = stream;
  }

  on1xx(): void {}

  onHeaders(head: ResponseHead, endStream: boolean): void {
    this.started = true;
    this.stream.respond(head.status, head.headers, endStream);
  }

  onData(data: Buffer, endStream: boolean): void {
    this.stream.ended ||= endStream;
    this.stream.encoder.encodeData(data, endStream);
  }

  onTrailers(trailers: HeaderList): void {
    this.stream.ended = true;
    this.stream.encoder.encodeTrailers(trailers);
  }

  onReset(reason: ResetReason): void {
    if (this.stream.ended) return;
    if (this.started) this.stream.encoder.resetStream('local reset');
    else this.stream.reply(reason === 'protocol error' ? 502 : 503, `reset: ${reason}`, reason, false);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.stream.encoder.setReadDisabled(true);
  }

  onBelowWriteBufferLowWatermark(): void {
    this.stream.encoder.setReadDisabled(false);
  }
}
