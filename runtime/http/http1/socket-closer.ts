/**
 * The end of a socket's life (Envoy's `ConnectionCloseType`): at once, after what waits is written, or after the peer had
 * the time to read it.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Clock, Timer } from '../../common/clock.js';
import type { WriteQueue } from '../write-queue.js';

export class SocketCloser {
  private readonly socket: Duplex;
  private readonly queue: WriteQueue;
  private readonly clock: Clock;
  /** `delayed_close_timeout` in milliseconds; 0 means no waiting. */
  private readonly delayMs: number;
  private timer: Timer | undefined = undefined;
  private waitingBefore = 0;

  constructor(socket: Duplex, queue: WriteQueue, clock: Clock, delayMs: number) {
    this.socket = socket;
    this.queue = queue;
    this.clock = clock;
    this.delayMs = delayMs;
  }

  /** Drops what waits. */
  now(): void {
    this.timer?.cancel();
    this.queue.close();
    this.socket.destroy();
  }

  /** Drops what waits and tells the peer so (RST): for a message whose end is told by the close alone. */
  abort(): void {
    this.timer?.cancel();
    this.queue.flush();
    this.queue.close();
    const { socket } = this;
    // Only a bare TCP socket can be reset; TLS shows the cut by the missing close_notify, and a pipe has nothing of it.
    // While our half is being closed libuv refuses a reset, and Node would forget the socket without closing it.
    const isEnding = socket.writableEnded && !socket.writableFinished;
    if (!isEnding && isBareTcp(socket)) {
      socket.resetAndDestroy();
    } else socket.destroy();
  }

  /** Writes what waits, then closes. A peer that takes nothing for the delay is cut. */
  flush(): void {
    this.timer?.cancel();
    this.queue.flush();
    this.queue.close();
    const { socket } = this;
    socket.end(() => socket.destroy());
    if (this.delayMs > 0) this.watch();
  }

  /** Writes what waits and leaves the closing to the peer for the delay: a close with unread input destroys the answer. */
  flushAndDelay(): void {
    if (this.delayMs === 0) {
      this.flush();
      return;
    }
    this.queue.flush();
    this.queue.close();
    // What still comes is read and dropped, so that the kernel has no unread input at the close.
    this.socket.resume();
    this.watch();
  }

  /** The socket is gone. */
  stop(): void {
    this.timer?.cancel();
    this.queue.close();
  }

  private watch(): void {
    this.waitingBefore = this.socket.writableLength;
    this.timer = this.clock.setTimer(this.delayMs, () => this.onTimer());
  }

  private onTimer(): void {
    const waiting = this.socket.writableLength;
    if (waiting > 0 && waiting < this.waitingBefore) this.watch();
    else this.socket.destroy();
  }
}

function isBareTcp(socket: Duplex): socket is Socket {
  return (
    !(socket instanceof TLSSocket) &&
    'resetAndDestroy' in socket &&
    'remoteAddress' in socket &&
    socket.remoteAddress !== undefined
  );
}
