/**
 * The contract of HTTP connection pools: one per cluster and host. A pool connects when a stream needs it, keeps
 * connections for the next one, and counts what its cluster and its host count.
 */
import type { ConnectionTls } from '../../common/connection-tls.js';
import type { Protocol, RequestEncoder, ResponseDecoder } from '../../http/codec.js';
import type { Host } from '../host/host.js';

/** Why there is no stream, in the words of the local reply's body. */
export type PoolFailureReason =
  | 'overflow'
  | 'remote connection failure'
  | 'connection timeout'
  | 'local connection failure';

export interface PoolCallbacks {
  /** The stream may be encoded. Called at most once, also from within `newStream`. */
  onPoolReady(encoder: RequestEncoder, connection: UpstreamConnectionInfo): void;
  /** @param transportFailureReason e.g. `delayed_connect_error:_Connection_refused`, `''` when nothing is known */
  onPoolFailure(reason: PoolFailureReason, transportFailureReason: string): void;
}

export interface UpstreamConnectionInfo {
  /** `ip:port` of our end. */
  readonly localAddress: string;
  /** Of its handshake; undefined for plain text. */
  readonly tls?: ConnectionTls | undefined;
  /** Absent: HTTP/1.1. */
  readonly protocol?: Protocol;
  /** Unlike those of all other connections of the process, those of clients included. */
  readonly id?: number;
}

/** A stream that waits for its connection. */
export interface PendingStream {
  /** Nobody waits any more (the client left, the time is over). Neither callback is called after it. */
  cancel(): void;
}

export interface ConnectionPool {
  readonly host: Host;
  /** @returns undefined when one of the callbacks was called already */
  newStream(decoder: ResponseDecoder, callbacks: PoolCallbacks): PendingStream | undefined;
  /** No new streams; idle connections close at once, the others after their stream. */
  drain(): void;
  /** Closes everything. */
  close(): void;
}
