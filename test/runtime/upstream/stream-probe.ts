/** A stream of a pool as its router sees it: sends one request without a body and remembers what becomes of it. */
import type {
  RequestEncoder,
  ResetReason,
  ResponseDecoder,
  ResponseHead,
} from '../../../runtime/http/codec.js';
import type {
  ConnectionPool,
  PendingStream,
  PoolCallbacks,
  PoolFailureReason,
  UpstreamConnectionInfo,
} from '../../../runtime/upstream/connection-pool/connection-pool.js';

export class StreamProbe implements ResponseDecoder, PoolCallbacks {
  encoder: RequestEncoder | undefined;
  localAddress = '';
  pending: PendingStream | undefined;
  /** `ready`, `200`, `end`, `overflow`, `remote connection failure|...`, `reset: ...` */
  readonly events: string[] = [];
  private readonly waiting: { readonly event: string; readonly go: () => void }[] = [];

  constructor(pool: ConnectionPool) {
    this.pending = pool.newStream(this, this);
  }

  /** Resolves when an event that begins so has come; at once when it has. */
  saw(event: string): Promise<void> {
    if (this.events.some((one) => one.startsWith(event))) return Promise.resolve();
    return new Promise((go) => this.waiting.push({ event, go }));
  }

  private tell(event: string): void {
    this.events.push(event);
    for (const one of [...this.waiting]) if (event.startsWith(one.event)) one.go();
  }

  onPoolReady(encoder: RequestEncoder, { localAddress }: UpstreamConnectionInfo): void {
    this.encoder = encoder;
    this.localAddress = localAddress;
    this.tell('ready');
    encoder.encodeHeaders(
      {
        method: 'GET',
        path: '/',
        scheme: 'http',
        authority: 'a',
        headers: ['host', 'a'],
        upgrade: '',
        protocol: 'HTTP/1.1',
      },
      true,
    );
  }

  onPoolFailure(reason: PoolFailureReason, transportFailureReason: string): void {
    this.tell(transportFailureReason === '' ? reason : `${reason}|${transportFailureReason}`);
  }

  on1xx(): void {}

  onHeaders(head: ResponseHead, endStream: boolean): void {
    this.tell(String(head.status));
    if (endStream) this.tell('end');
  }

  onData(_data: Buffer, endStream: boolean): void {
    if (endStream) this.tell('end');
  }

  onTrailers(): void {
    this.tell('end');
  }

  onReset(reason: ResetReason): void {
    this.tell(`reset: ${reason}`);
  }

  onAboveWriteBufferHighWatermark(): void {}
  onBelowWriteBufferLowWatermark(): void {}
}
