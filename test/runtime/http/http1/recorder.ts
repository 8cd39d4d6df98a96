/** Decoders that write down what they are told, one line per call, with consecutive data joined. */
import type { HeaderList } from '../../../../runtime/common/header-list.js';
import type {
  ClientConnection,
  ClientConnectionCallbacks,
  ProtocolError,
  RequestDecoder,
  RequestHead,
  ResetReason,
  ResponseDecoder,
  ResponseEncoder,
  ResponseHead,
  ServerConnection,
  ServerConnectionCallbacks,
} from '../../../../runtime/http/codec.js';
import { createHttp1ClientConnection } from '../../../../runtime/http/http1/client-connection.js';
import type { Http1ClientOptions, Http1ServerOptions } from '../../../../runtime/http/http1/http1-options.js';
import { http1ClientDefaults, http1ServerDefaults } from '../../../../runtime/http/http1/http1-options.js';
import { createHttp1ServerConnection } from '../../../../runtime/http/http1/server-connection.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { FakeSocket } from './fake-socket.js';

export class Recorder {
  readonly calls: string[] = [];
  private inData = false;

  add(call: string): void {
    this.inData = false;
    this.calls.push(call);
  }

  /** Data in one line, however it was cut. */
  data(octets: Buffer, endStream: boolean): void {
    const text = octets.toString('latin1') + (endStream ? '$' : '');
    if (this.inData) this.calls[this.calls.length - 1] += text;
    else this.add(`data ${text}`);
    this.inData = !endStream;
  }
}

function list(headers: HeaderList): string {
  const lines: string[] = [];
  for (let at = 0; at < headers.length; at += 2) lines.push(`${headers[at]}=${headers[at + 1]}`);
  return lines.join('|');
}

export class RequestRecorder extends Recorder implements RequestDecoder {
  readonly encoder: ResponseEncoder;
  head: RequestHead | undefined;
  /** Called when the request is complete. */
  onEnd: ((stream: RequestRecorder) => void) | undefined;
  onError: ((stream: RequestRecorder, error: ProtocolError) => void) | undefined;
  onHead: ((stream: RequestRecorder) => void) | undefined;

  constructor(encoder: ResponseEncoder) {
    super();
    this.encoder = encoder;
  }

  onHeaders(head: RequestHead, endStream: boolean): void {
    this.head = head;
    const upgrade = head.upgrade === '' ? '' : ` upgrade=${head.upgrade}`;
    this.add(
      `${head.method} ${head.path} ${head.protocol} [${list(head.headers)}]${upgrade}${endStream ? '$' : ''}`,
    );
    this.onHead?.(this);
    if (endStream) this.onEnd?.(this);
  }

  onData(octets: Buffer, endStream: boolean): void {
    this.data(octets, endStream);
    if (endStream) this.onEnd?.(this);
  }

  onTrailers(trailers: HeaderList): void {
    this.add(`trailers [${list(trailers)}]$`);
    this.onEnd?.(this);
  }

  onProtocolError(error: ProtocolError): void {
    this.add(`error ${error.status} ${error.details}`);
    this.onError?.(this, error);
  }

  onReset(reason: ResetReason): void {
    this.add(`reset ${reason}`);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.add('above');
  }

  onBelowWriteBufferLowWatermark(): void {
    this.add('below');
  }
}

export class ResponseRecorder extends Recorder implements ResponseDecoder {
  head: ResponseHead | undefined;

  on1xx(head: ResponseHead): void {
    this.add(`1xx ${head.status} [${list(head.headers)}]`);
  }

  onHeaders(head: ResponseHead, endStream: boolean): void {
    this.head = head;
    this.add(`${head.status} ${head.protocol} [${list(head.headers)}]${endStream ? '$' : ''}`);
  }

  onData(octets: Buffer, endStream: boolean): void {
    this.data(octets, endStream);
  }

  onTrailers(trailers: HeaderList): void {
    this.add(`trailers [${list(trailers)}]$`);
  }

  onReset(reason: ResetReason): void {
    this.add(`reset ${reason}`);
  }

  onAboveWriteBufferHighWatermark(): void {
    this.add('above');
  }

  onBelowWriteBufferLowWatermark(): void {
    this.add('below');
  }
}

export interface ServerUnderTest {
  readonly socket: FakeSocket;
  readonly clock: FakeClock;
  readonly connection: ServerConnection;
  readonly streams: RequestRecorder[];
  closed: number;
}

/** A server connection on a socket without network. @param prepare of each new stream */
export function serverUnderTest(
  options: Partial<Http1ServerOptions> = {},
  prepare: (stream: RequestRecorder) => void = () => {},
): ServerUnderTest {
  const socket = new FakeSocket();
  const clock = new FakeClock();
  const streams: RequestRecorder[] = [];
  const callbacks: ServerConnectionCallbacks = {
    newStream(encoder) {
      const stream = new RequestRecorder(encoder);
      streams.push(stream);
      prepare(stream);
      return stream;
    },
    onPrematureResets: () => {},
    onClosed: () => void under.closed++,
  };
  const connection = createHttp1ServerConnection(
    socket,
    { ...http1ServerDefaults, clock, scheme: 'http', ...options },
    callbacks,
  );
  const under: ServerUnderTest = { socket, clock, connection, streams, closed: 0 };
  return under;
}

export interface ClientUnderTest {
  readonly socket: FakeSocket;
  readonly clock: FakeClock;
  readonly connection: ClientConnection;
  /** `free`, `goaway`, `closed`. */
  readonly events: string[];
}

export function clientUnderTest(options: Partial<Http1ClientOptions> = {}): ClientUnderTest {
  const socket = new FakeSocket();
  const clock = new FakeClock();
  const events: string[] = [];
  const callbacks: ClientConnectionCallbacks = {
    onStreamSlotFree: () => void events.push('free'),
    onGoAway: () => void events.push('goaway'),
    onClosed: () => void events.push('closed'),
  };
  const connection = createHttp1ClientConnection(
    socket,
    { ...http1ClientDefaults, clock, ...options },
    callbacks,
  );
  return { socket, clock, connection, events };
}

/** A request head as the connection manager would hand it to an encoder. */
export function requestHead(changes: Partial<RequestHead> = {}): RequestHead {
  return {
    method: 'GET',
    path: '/',
    scheme: 'http',
    authority: 'a',
    headers: ['host', 'a'],
    upgrade: '',
    protocol: 'HTTP/1.1',
    ...changes,
  };
}
