/**
 * The connection of a host's checks, over which probes of HTTP and gRPC ask.
 */
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import type { ClientConnection, ClientConnectionCallbacks } from '../../http/codec.js';
import { addressText } from '../host/create-host.js';
import type { Host } from '../host/host.js';
import type { CheckConnector } from './check-connector.js';

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

export class CheckConnection {
  codec: ClientConnection | undefined = undefined;
  /** No further check may use it. */
  isLeaving = false;
  private readonly target: string;
  private readonly socket: Socket;
  private readonly callbacks: CheckConnectionCallbacks;
  private over = false;

  /** @param protocols what the check offers by ALPN instead of what the cluster offers */
  constructor(
    host: Host,
    connect: CheckConnector,
    protocols: readonly string[] | undefined,
    createCodec: CheckCodec,
    callbacks: CheckConnectionCallbacks,
  ) {
    this.target = addressText(host.healthCheck.address);
    this.callbacks = callbacks;
    const socket = connect(host, protocols, () => {
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
