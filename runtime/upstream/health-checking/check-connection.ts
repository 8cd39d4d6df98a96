/**
 * The connection of a host's checks, over which probes of HTTP and gRPC ask. It belongs to no pool and counts for no limit
 * of the cluster: a host that is full has to be told from one that is ill.
 */
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { ClientConnection, ClientConnectionCallbacks } from '../../http/codec.js';
import { addressText } from '../host/create-host.js';
import type { UpstreamHandshake, UpstreamTls } from '../cluster/upstream-tls.js';
import type { Host } from '../host/host.js';

/** Puts a codec on a connected socket: HTTP/1.1, or HTTP/2. */
export type CheckCodec = (socket: Duplex, callbacks: ClientConnectionCallbacks) => ClientConnection;

export interface CheckConnectionCallbacks {
  /** A stream may be opened. Called once. */
  onConnected(codec: ClientConnection): void;
  /** The peer takes no further request on it. */
  onGoAway(): void;
  /** It is gone, or was never made. Called once, and not after `close`. */
  onClosed(): void;
}

/** TLS of the cluster, as checks use it. */
export interface CheckTls {
  readonly connect: UpstreamTls['connect'];
  /** `tls_options.alpn_protocols`: offered instead of what the cluster offers; undefined for the cluster's. */
  readonly protocols: UpstreamHandshake['protocolsInstead'];
}

/**
 * @param tls undefined: plain text
 * @param onConnected the TLS handshake is over, too, and the host's certificate is good
 */
export function connectForCheck(
  { healthCheck: { address }, hostname }: Host,
  tls: CheckTls | undefined,
  onConnected: () => void,
): Socket {
  const target = address.kind === 'ip' ? { host: address.ip, port: address.port } : { path: address.path };
  // As in Envoy no protocol is offered where none is configured, while pools offer the one that they speak.
  const handshake = { hostname, protocols: [], protocolsInstead: tls?.protocols };
  const socket =
    tls === undefined ? connect(target, onConnected) : tls.connect(target, handshake, onConnected);
  socket.setNoDelay(true);
  return socket;
}

export class CheckConnection {
  codec: ClientConnection | undefined = undefined;
  /** No further check may use it. */
  isLeaving = false;
  private readonly target: string;
  private readonly socket: Socket;
  private readonly callbacks: CheckConnectionCallbacks;
  private over = false;

  constructor(
    host: Host,
    tls: CheckTls | undefined,
    createCodec: CheckCodec,
    callbacks: CheckConnectionCallbacks,
  ) {
    this.target = addressText(host.healthCheck.address);
    this.callbacks = callbacks;
    const socket = connectForCheck(host, tls, () => {
      if (this.over) return;
      const codec = createCodec(socket, {
        onStreamSlotFree: () => undefined,
        onGoAway: () => {
          this.isLeaving = true;
          if (!this.over) callbacks.onGoAway();
        },
        onClosed: () => this.end(),
      });
      this.codec = codec;
      callbacks.onConnected(codec);
    });
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.once('close', () => this.end());
  }

  /** Whether it leads to where the host's checks go now. */
  leadsTo({ healthCheck: { address } }: Host): boolean {
    return addressText(address) === this.target;
  }

  close(): void {
    this.over = true;
    if (this.codec === undefined) this.socket.destroy();
    else this.codec.close('now');
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.callbacks.onClosed();
  }
}
