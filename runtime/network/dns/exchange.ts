/** One question to one server, over UDP or TCP. */

import { createSocket } from 'node:dgram';
import { createConnection } from 'node:net';
import type { Clock } from '../../common/clock.js';
import { decodeMessage } from './decode.js';
import type { DnsMessage, Question } from './message.js';
import { sameName } from './name.js';

export interface DnsServerAddress {
  readonly ip: string;
  readonly port: number;
}

export interface Exchange {
  readonly reply: Promise<DnsMessage>;
  /** Ends the exchange at once; `reply` is then rejected. */
  cancel(): void;
}

/** Whether a decoded message answers the question that was sent: guards against strays and guesses. */
function answers(reply: DnsMessage, id: number, question: Question): boolean {
  const asked = reply.questions[0];
  if (!reply.response || reply.id !== id) return false;
  // A server that cannot read the question may leave it out (RFC 1035 FORMERR, RFC 6891 section 7).
  if (asked === undefined) return reply.rcode !== 0;
  return (
    asked.type === question.type && asked.class === question.class && sameName(asked.name, question.name)
  );
}

interface Request {
  readonly server: DnsServerAddress;
  readonly query: Buffer;
  readonly id: number;
  readonly question: Question;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

function exchange(
  request: Request,
  start: (done: (error: Error | undefined, reply?: DnsMessage) => void) => () => void,
): Exchange {
  let cancel = (): void => {};
  const reply = new Promise<DnsMessage>((resolve, reject) => {
    let open = true;
    const finish = (error: Error | undefined, message?: DnsMessage): void => {
      if (!open) return;
      open = false;
      timer.cancel();
      stop();
      if (message) resolve(message);
      else reject(error ?? new Error('no reply'));
    };
    const timer = request.clock.setTimer(request.timeoutMs, () => finish(new Error('timed out')));
    cancel = () => finish(new Error('cancelled'));
    const stop = start(finish);
  });
  return { reply, cancel: () => cancel() };
}

/** Asks over UDP from a fresh socket, so that the source port is a random one. */
export function askUdp(request: Request): Exchange {
  return exchange(request, (done) => {
    const socket = createSocket(request.server.ip.includes(':') ? 'udp6' : 'udp4');
    // Handlers stay until the socket is closed: an error after the end must not be thrown.
    socket.on('error', (error) => done(error));
    socket.on('message', (octets) => {
      let reply: DnsMessage;
      try {
        reply = decodeMessage(octets);
      } catch {
        return; // A broken datagram may come from anybody; the right one may still follow.
      }
      if (answers(reply, request.id, request.question)) done(undefined, reply);
    });
    // Connected, so that the kernel drops datagrams of others and tells of a closed port.
    socket.connect(request.server.port, request.server.ip, (error?: Error) => {
      if (error) done(error);
      else socket.send(request.query);
    });
    return () => {
      try {
        socket.close();
      } catch {
        // Closed by its own error already.
      }
    };
  });
}

/** Asks over TCP: two octets of length before each message (RFC 1035 section 4.2.2). */
export function askTcp(request: Request): Exchange {
  return exchange(request, (done) => {
    const socket = createConnection({ host: request.server.ip, port: request.server.port });
    let received: Buffer = Buffer.alloc(0);
    socket.on('error', (error) => done(error));
    socket.on('close', () => done(new Error('connection closed before the reply')));
    socket.on('connect', () => {
      const length = Buffer.alloc(2);
      length.writeUInt16BE(request.query.length);
      socket.write(Buffer.concat([length, request.query]));
    });
    socket.on('data', (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 2) return;
      const size = received.readUInt16BE(0);
      if (received.length < size + 2) return;
      try {
        const reply = decodeMessage(received.subarray(2, size + 2));
        if (answers(reply, request.id, request.question)) done(undefined, reply);
        else done(new Error('reply to another question'));
      } catch (error) {
        done(error as Error);
      }
    });
    return () => socket.destroy();
  });
}
