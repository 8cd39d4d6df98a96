/**
 * What probes of HTTP and gRPC have in common: one request at a time on a connection that is kept, or made anew.
 */
import type { HeaderList } from '../../common/header-list.js';
import type {
  ClientConnection,
  RequestEncoder,
  RequestHead,
  ResetReason,
  ResponseDecoder,
  ResponseHead,
} from '../../http/codec.js';
import type { Host } from '../host/host.js';
import type { CheckCodec } from './check-connection.js';
import { CheckConnection } from './check-connection.js';
import type { CheckConnector } from './check-connector.js';
import type { HealthProbe, ProbeCallbacks } from './health-checker.js';

export interface ExchangeOptions {
  readonly createCodec: CheckCodec;
  readonly connect: CheckConnector;
  /** Offered by ALPN instead of what the cluster offers. */
  readonly protocols: readonly string[] | undefined;
  readonly reuseConnection: boolean;
  /** The answer was none: `upstream_cx_protocol_error`. */
  readonly onProtocolError: () => void;
}

export abstract class ExchangeProbe implements HealthProbe, ResponseDecoder {
  protected readonly callbacks: ProbeCallbacks;
  private readonly host: () => Host;
  private readonly options: ExchangeOptions;
  private connection: CheckConnection | undefined = undefined;
  private encoder: RequestEncoder | undefined = undefined;
  private inFlight = false;

  constructor(host: () => Host, callbacks: ProbeCallbacks, options: ExchangeOptions) {
    this.host = host;
    this.callbacks = callbacks;
    this.options = options;
  }

  /** What is asked. */
  protected abstract request(host: Host): { readonly head: RequestHead; readonly body: Buffer | undefined };
  /** The check begins: forget the answer of the one before. */
  protected abstract forget(): void;
  abstract onHeaders(head: ResponseHead, endStream: boolean): void;
  abstract onData(data: Buffer, endStream: boolean): void;
  abstract onTrailers(trailers: HeaderList): void;

  check(): void {
    const host = this.host();
    this.inFlight = true;
    this.forget();
    let { connection } = this;
    if (connection !== undefined && (connection.isLeaving || !connection.leadsTo(host))) {
      this.drop();
      connection = undefined;
    }
    if (connection?.codec !== undefined) {
      this.send(connection.codec);
      return;
    }
    this.connect(host);
  }

  abandon(): void {
    this.inFlight = false;
    this.drop();
  }

  close(): void {
    this.abandon();
  }

  private connect(host: Host): void {
    const { connect, createCodec, protocols } = this.options;
    const connection: CheckConnection = new CheckConnection(host, connect, protocols, createCodec, {
      onConnected: (codec) => this.send(codec),
      onGoAway: () => {
        // The answer under way is waited for, and the next check has a connection of its own.
        if (!this.inFlight && this.connection === connection) this.drop();
      },
      onClosed: () => {
        if (this.connection !== connection) return;
        this.connection = undefined;
        this.fail();
      },
    });
    this.connection = connection;
  }

  private drop(): void {
    const { connection } = this;
    this.connection = undefined;
    this.encoder = undefined;
    connection?.close();
  }

  private send(codec: ClientConnection): void {
    const { body, head } = this.request(this.host());
    const encoder = codec.newStream(this);
    this.encoder = encoder;
    encoder.encodeHeaders(head, body === undefined);
    if (body !== undefined) encoder.encodeData(body, true);
  }

  private fail(): void {
    if (!this.inFlight) return;
    this.inFlight = false;
    this.callbacks.onFailure('NETWORK', false, 0);
  }

  /** True while an answer is waited for; what comes afterwards belongs to nobody. */
  protected get isWaiting(): boolean {
    return this.inFlight;
  }

  /**
   * The answer is known.
   * @param isWhole false: the rest of the stream is not waited for
   */
  protected finish(isWhole: boolean, tell: () => void): void {
    this.inFlight = false;
    const { connection, encoder } = this;
    tell();
    if (this.connection !== connection || connection === undefined) return;
    if (!this.options.reuseConnection || connection.isLeaving) this.drop();
    else if (!isWhole) encoder?.resetStream('local reset');
  }

  on1xx(): void {}

  onReset(reason: ResetReason): void {
    if (reason === 'protocol error') this.options.onProtocolError();
    if (!this.options.reuseConnection || this.connection?.isLeaving === true) this.drop();
    this.fail();
  }

  onAboveWriteBufferHighWatermark(): void {}

  onBelowWriteBufferLowWatermark(): void {}
}
