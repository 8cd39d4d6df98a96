/** DNS over UDP: one datagram in, at most one out. */
import type { RemoteInfo, Socket } from 'node:dgram';
import type { Clock } from '../../common/clock.js';
import { RateLimit } from './rate-limit.js';
import type { Responder, Transport } from './reply.js';

export interface DatagramOptions {
  readonly responder: Responder;
  readonly clock: Clock;
  /** Questions of one address in a second; further ones get no answer. Default 0: no limit. */
  readonly maxQueriesPerSecond?: number;
  readonly onQuery?: (query: Buffer, reply: Buffer | undefined, from: string, transport: Transport) => void;
}

/** Nobody waits for what cannot be sent. */
function ignoreSent(): void {}

/** @returns a function after which nothing is sent any more: the socket is about to be closed */
export function answerDatagrams(socket: Socket, options: DatagramOptions): () => void {
  const { responder, onQuery, clock, maxQueriesPerSecond = 0 } = options;
  const limit = maxQueriesPerSecond > 0 ? new RateLimit(clock, maxQueriesPerSecond) : undefined;
  let isOver = false;
  const send = (query: Buffer, reply: Buffer | undefined, from: RemoteInfo): void => {
    onQuery?.(query, reply, `${from.address}:${from.port}`, 'udp');
    if (reply === undefined || isOver) return;
    socket.send(reply, 0, reply.length, from.port, from.address, ignoreSent);
  };
  socket.on('message', (octets, from) => {
    // Nobody can be reached at port 0, and a packet can be made to look as if it came from there.
    if (from.port === 0) return;
    if (limit !== undefined && !limit.allows(from.address)) return;
    const reply = responder.reply(octets, 'udp');
    if (reply instanceof Promise) void reply.then((late) => send(octets, late, from));
    else send(octets, reply, from);
  });
  return () => {
    isOver = true;
  };
}
