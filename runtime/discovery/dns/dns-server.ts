/**
 * The sockets of the DNS server: UDP, and TCP with a length before each message (RFC 1035 section 4.2, RFC 7766).
 */
import type { Socket as UdpSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import { createServer, isIPv6 } from 'node:net';
import type { Clock, Timer } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { ConnectionCount } from '../connection-count.js';
import { answerDatagrams } from './answer-datagrams.js';
import type { Responder, Transport } from './reply.js';

export interface DnsServerOptions {
  readonly responder: Responder;
  /** IP address to listen on. */
  readonly bind: string;
  /** The same for UDP and TCP; 0 takes a free one. */
  readonly port: number;
  readonly clock: Clock;
  readonly logger?: Pick<Logger, 'warning'>;
  /** A TCP connection without a question for that long is closed. Default 8,000. */
  readonly idleTimeoutMs?: number;
  /** Further TCP connections are closed at once. Default 512. */
  readonly maxConnections?: number;
  /** Of those, for one address. Default 64, and all of them for an address of this machine. */
  readonly maxConnectionsPerClient?: number;
  /** Questions of one address in a second; further ones over UDP get no answer. Default 0: no limit. */
  readonly maxQueriesPerSecond?: number;
  /** Called for each question with the reply, when there is one. Default: nobody is told. */
  readonly onQuery?: (query: Buffer, reply: Buffer | undefined, from: string, transport: Transport) => void;
}

export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** No message is shorter (RFC 1035 section 4.1.1). */
const headerBytes = 12;
const defaultMaxConnections = 512;
/** Of those, for one address of another machine. */
const defaultMaxConnectionsPerClient = 64;
/** Room for a burst of questions while others are answered. */
const udpBufferBytes = 1_048_576;
/** Replies of one connection that are not sent yet: beyond this, questions wait. */
const maxUnsentBytes = 262_144;
/** Questions of one connection that wait for other servers. */
const maxWaiting = 128;
/** Tries to find a number that is free for both, when any will do. */
const portTries = 20;

/** Serves one TCP connection. Questions may come without waiting for replies; replies keep their order. */
function serveConnection(socket: Socket, options: DnsServerOptions): void {
  const { clock, responder, onQuery } = options;
  const from = `${socket.remoteAddress}:${socket.remotePort}`;
  const idleMs = options.idleTimeoutMs ?? 8000;
  let received: Buffer = Buffer.alloc(0);
  let timer: Timer | undefined;
  const restart = (): void => {
    timer?.cancel();
    timer = clock.setTimer(idleMs, () => socket.destroy());
  };
  /** Questions whose answers others have to give; their replies come out of order (RFC 7766 section 6.2.1.1). */
  let waiting = 0;
  let ended = false;
  const send = (query: Buffer, reply: Buffer | undefined): void => {
    onQuery?.(query, reply, from, 'tcp');
    if (reply === undefined || socket.destroyed) return;
    const framed = Buffer.allocUnsafe(reply.length + 2);
    framed.writeUInt16BE(reply.length);
    framed.set(reply, 2);
    socket.write(framed);
  };
  /** Half-closed after its last question: what was asked is answered before the end (RFC 7766 section 6.2.4). */
  const endWhenAnswered = (): void => {
    const isWhole = received.length >= 2 && received.length >= 2 + received.readUInt16BE(0);
    if (ended && waiting === 0 && !isWhole) socket.end();
  };
  const readAll = (): void => {
    let at = 0;
    while (received.length - at >= 2 && socket.writableLength <= maxUnsentBytes) {
      const length = received.readUInt16BE(at);
      if (length < headerBytes) {
        // Nobody who speaks DNS sends that, and each one would give the connection another time to live.
        socket.destroy();
        return;
      }
      const end = at + 2 + length;
      if (received.length < end) break;
      const query = received.subarray(at + 2, end);
      const reply = responder.reply(query, 'tcp');
      at = end;
      restart();
      if (reply instanceof Promise) {
        waiting++;
        void reply.then((late) => {
          waiting--;
          send(query, late);
          socket.resume();
          endWhenAnswered();
        });
      } else send(query, reply);
    }
    received = received.subarray(at);
    if (socket.writableLength > maxUnsentBytes || waiting > maxWaiting) socket.pause();
  };
  restart();
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    readAll();
  });
  socket.on('drain', () => {
    socket.resume();
    readAll();
    endWhenAnswered();
  });
  socket.on('end', () => {
    ended = true;
    endWhenAnswered();
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', () => timer?.cancel());
}

function listenTcp(server: Server, bind: string, port: number): Promise<number> {
  return new Promise((done, fail) => {
    server.once('error', fail);
    server.listen(port, bind, () => {
      server.off('error', fail);
      done((server.address() as { port: number }).port);
    });
  });
}

function listenUdp(socket: UdpSocket, bind: string, port: number): Promise<void> {
  return new Promise((done, fail) => {
    socket.once('error', fail);
    socket.bind(port, bind, () => {
      socket.off('error', fail);
      done();
    });
  });
}

function closeTcp(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  return new Promise((done) => {
    for (const socket of connections) socket.destroy();
    server.close(() => done());
  });
}

/** TCP first: its free ports are the scarcer ones. */
async function listen(
  options: DnsServerOptions,
  onConnection: (socket: Socket) => void,
  tries: number,
): Promise<{ port: number; tcp: Server; udp: UdpSocket }> {
  const { bind } = options;
  const tcp = createServer({ noDelay: true, allowHalfOpen: true }, onConnection);
  const port = await listenTcp(tcp, bind, options.port);
  const family = isIPv6(bind) ? 6 : 4;
  const udp = createSocket({
    type: family === 6 ? 'udp6' : 'udp4',
    recvBufferSize: udpBufferBytes,
    sendBufferSize: udpBufferBytes,
    // Answers go to addresses: asking the resolver for each of them takes longer than the answer.
    lookup: (address, _options, done) => done(null, address, family),
  });
  try {
    await listenUdp(udp, bind, port);
  } catch (error) {
    await closeTcp(tcp, new Set());
    if (options.port !== 0 || tries <= 1) throw error;
    return listen(options, onConnection, tries - 1);
  }
  return { port, tcp, udp };
}

/**
 * Starts to answer.
 * @throws the error of the socket when the port cannot be had
 */
export async function createDnsServer(options: DnsServerOptions): Promise<DnsServer> {
  const { logger } = options;
  const connections = new Set<Socket>();
  const maxConnections = options.maxConnections ?? defaultMaxConnections;
  const perClient = new ConnectionCount({
    each: options.maxConnectionsPerClient ?? defaultMaxConnectionsPerClient,
    local: options.maxConnectionsPerClient ?? maxConnections,
  });
  const onConnection = (socket: Socket): void => {
    const from = socket.remoteAddress ?? '';
    if (connections.size >= maxConnections || !perClient.take(from)) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.on('close', () => {
      connections.delete(socket);
      perClient.free(from);
    });
    serveConnection(socket, options);
  };
  let closing: Promise<void> | undefined;
  const { port, tcp, udp } = await listen(options, onConnection, portTries);
  const warn = (error: Error): void => logger?.warning(`DNS socket: ${error.message}`);
  tcp.on('error', warn);
  udp.on('error', warn);
  const stopSending = answerDatagrams(udp, options);
  const close = async (): Promise<void> => {
    await Promise.all([closeTcp(tcp, connections), new Promise<void>((done) => udp.close(() => done()))]);
  };
  return {
    port,
    close() {
      stopSending();
      closing ??= close();
      return closing;
    },
  };
}
