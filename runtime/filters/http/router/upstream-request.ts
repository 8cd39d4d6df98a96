/**
 * One try of a request on one host: waits for a stream of the pool, writes what there is of the request, and hands the
 * response to the router. Made by the router, and deaf once it was told to stop.
 */
import type { HeaderList } from '../../../common/header-list.js';
import type { RequestEncoder, ResetReason, ResponseDecoder, ResponseHead } from '../../../http/codec.js';
import type {
  ConnectionPool,
  PendingStream,
  PoolCallbacks,
  PoolFailureReason,
  UpstreamConnectionInfo,
} from '../../../upstream/connection-pool/connection-pool.js';
import type { UpstreamTrace } from '../../../tracing/request-trace.js';
import type { Host } from '../../../upstream/host/host.js';
import { flagOfReset } from './reset-flags.js';

/** What a try tells the router. */
export interface UpstreamRequestOwner {
  onUpstreamReady(request: UpstreamRequest, connection: UpstreamConnectionInfo): void;
  onUpstream1xx(head: ResponseHead): void;
  onUpstreamHeaders(request: UpstreamRequest, head: ResponseHead, endStream: boolean): void;
  onUpstreamData(data: Buffer, endStream: boolean): void;
  onUpstreamTrailers(trailers: HeaderList): void;
  onUpstreamReset(
    request: UpstreamRequest,
    reason: ResetReason | PoolFailureReason,
    transportFailureReason: string,
  ): void;
  onUpstreamAboveWatermark(): void;
  onUpstreamBelowWatermark(): void;
}

export class UpstreamRequest implements ResponseDecoder, PoolCallbacks {
  readonly host: Host;
  /** undefined while it waits for its connection. */
  encoder: RequestEncoder | undefined = undefined;
  /** undefined while there is none. */
  connection: UpstreamConnectionInfo | undefined = undefined;
  /** Another try has begun beside it: it gets no further one. */
  retried = false;
  /** Its span; undefined: tries have none. */
  trace: UpstreamTrace | undefined = undefined;
  private readonly owner: UpstreamRequestOwner;
  private pending: PendingStream | undefined = undefined;
  /** The response has ended, or nobody listens any more. */
  private over = false;

  constructor(owner: UpstreamRequestOwner, host: Host) {
    this.owner = owner;
    this.host = host;
  }

  start(pool: ConnectionPool): void {
    const pending = pool.newStream(this, this);
    // The router may have stopped it from within the call.
    if (this.over) pending?.cancel();
    else if (this.encoder === undefined) this.pending = pending;
  }

  /** The router wants nothing more of it: leaves the queue, or cuts the stream. */
  stop(): void {
    if (this.over) return;
    this.over = true;
    this.trace?.finish(this.tracedAddress, true);
    if (this.encoder !== undefined) this.encoder.resetStream('local reset');
    else this.pending?.cancel();
  }

  onPoolReady(encoder: RequestEncoder, connection: UpstreamConnectionInfo): void {
    if (this.over) {
      encoder.resetStream('local reset');
      return;
    }
    this.encoder = encoder;
    this.owner.onUpstreamReady(this, connection);
  }

  onPoolFailure(reason: PoolFailureReason, transportFailureReason: string): void {
    if (this.over) return;
    this.over = true;
    if (this.trace !== undefined) this.endTrace(this.trace, reason);
    this.owner.onUpstreamReset(this, reason, transportFailureReason);
  }

  on1xx(head: ResponseHead): void {
    if (!this.over) this.owner.onUpstream1xx(head);
  }

  onHeaders(head: ResponseHead, endStream: boolean): void {
    if (this.over) return;
    if (endStream) this.over = true;
    this.trace?.onResponse(head.status, head.headers);
    this.owner.onUpstreamHeaders(this, head, endStream);
    if (endStream) this.trace?.finish(this.tracedAddress, false);
  }

  onData(data: Buffer, endStream: boolean): void {
    if (this.over) return;
    if (endStream) this.over = true;
    this.owner.onUpstreamData(data, endStream);
    if (endStream) this.trace?.finish(this.tracedAddress, false);
  }

  onTrailers(trailers: HeaderList): void {
    if (this.over) return;
    this.over = true;
    this.trace?.onTrailers(trailers);
    this.owner.onUpstreamTrailers(trailers);
    this.trace?.finish(this.tracedAddress, false);
  }

  onReset(reason: ResetReason, transportFailureReason: string): void {
    if (this.over) return;
    this.over = true;
    if (this.trace !== undefined) this.endTrace(this.trace, reason);
    this.owner.onUpstreamReset(this, reason, transportFailureReason);
  }

  private get tracedAddress(): string {
    return this.host.addressText;
  }

  private endTrace(trace: UpstreamTrace, reason: ResetReason | PoolFailureReason): void {
    trace.onReset(flagOfReset[reason], reason);
    trace.finish(this.tracedAddress, false);
  }

  onAboveWriteBufferHighWatermark(): void {
    if (!this.over) this.owner.onUpstreamAboveWatermark();
  }

  onBelowWriteBufferLowWatermark(): void {
    if (!this.over) this.owner.onUpstreamBelowWatermark();
  }
}
