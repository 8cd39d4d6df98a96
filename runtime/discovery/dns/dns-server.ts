/**
 * The sockets of the DNS server: UDP, and TCP with a length before each message (RFC 1035 section 4.2, RFC 7766).
 */
import type { Socket as UdpSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import type { Server, Socket } from 'node:net';
import { createServer, isIPv6 } from 'node:net';
import type { Clock, Timer } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import { replyTo } from './reply.js';
import type { Zone } from './zone.js';

export interface DnsServerOptions {
  readonly zone: Zone;
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
}

export interface DnsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Replies of one connection that are not sent yet: beyond this, questions wait. */
const maxUnsentBytes = 262_144;
/** Tries to find a number that is free for both, when any will do. */
const portTries = 20;

/** Serves one TCP connection. Questions may come without waiting for replies; replies keep their order. */
function serveConnection(socket: Socket, options: DnsServerOptions): void {
  const { clock, zone } = options;
  const idleMs = options.idleTimeoutMs ?? 8000;
  let received: Buffer = Buffer.alloc(0);
  let timer: Timer | undefined;
  const restart = (): void => {
    timer?.cancel();
    timer = clock.setTimer(idleMs, () => socket.destroy());
  };
  const readAll = (): void => {
    let at = 0;
    while (received.length - at >= 2 && socket.writableLength <= maxUnsentBytes) {
      const end = at + 2 + received.readUInt16BE(at);
      if (received.length < end) break;
      const reply = replyTo(received.subarray(at + 2, end), 'tcp', zone);
      at = end;
      restart();
      if (reply === undefined) continue;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.write(Buffer.concat([length, reply]));
    }
    received = received.subarray(at);
    if (socket.writableLength > maxUnsentBytes) socket.pause();
  };
  restart();
  socket.on('data', (chunk: Buffer) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    readAll();
  });
  socket.on('drain', () => {
    socket.resume();
    readAll();
  });
  // Half-closed after its last question: what was asked is answered before the end (RFC 7766 section 6.2.4).
  socket.on('end', () => socket.end());
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
  const udp = createSocket({ type: isIPv6(bind) ? 'udp6' : 'udp4' });
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
  const { zone, logger } = options;
  const connections = new Set<Socket>();
  const onConnection = (socket: Socket): void => {
    if (connections.size >= (options.maxConnections ?? 512)) {
      socket.destroy();
      return;
    }
    connections.add(socket);
    socket.on('close', () => connections.delete(socket));
    serveConnection(socket, options);
  };
  const { port, tcp, udp } = await listen(options, onConnection, portTries);
  const warn = (error: Error): void => logger?.warning(`DNS socket: ${error.message}`);
  tcp.on('error', warn);
  udp.on('error', warn);
  udp.on('message', (octets, from) => {
    const reply = replyTo(octets, 'udp', zone);
    // Nobody waits for what cannot be sent.
    if (reply !== undefined) udp.send(reply, from.port, from.address, () => undefined);
  });
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([closeTcp(tcp, connections), new Promise<void>((done) => udp.close(() => done()))]);
  };
  return {
    port,
    close() {
      closing ??= close();
      return closing;
    },
  };
}
