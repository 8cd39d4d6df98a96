/**
 * `TcpHealthCheck`: a connection that can be made, or an answer that contains what is expected.
 */
import type { Socket } from 'node:net';
import { addressText } from '../host/create-host.js';
import type { Host } from '../host/host.js';
import type { CheckConnector } from './check-connector.js';
import type { HealthProbe, ProbeCallbacks } from './health-checker.js';
import { containsInOrder } from './payload.js';

/** More is not read of one answer; the check then runs into its time-out. Octets. */
const answerLimit = 1024 * 1024;

export interface TcpCheckOptions {
  readonly connect: CheckConnector;
  /** Offered by ALPN instead of what the cluster offers. */
  readonly protocols: readonly string[] | undefined;
  readonly reuseConnection: boolean;
  readonly send: Buffer | undefined;
  /** Empty: a connection is enough, nothing is sent on it. */
  readonly receive: readonly Buffer[];
  /** What goes before each check on the connection (`proxy_protocol_config`). */
  readonly proxyProtocolHeader: ((socket: Socket) => Buffer) | undefined;
}

export class TcpProbe implements HealthProbe {
  private readonly host: () => Host;
  private readonly callbacks: ProbeCallbacks;
  private readonly options: TcpCheckOptions;
  private socket: Socket | undefined = undefined;
  private target = '';
  private connected = false;
  private answer: Buffer = Buffer.alloc(0);

  constructor(host: () => Host, callbacks: ProbeCallbacks, options: TcpCheckOptions) {
    this.host = host;
    this.callbacks = callbacks;
    this.options = options;
  }

  check(): void {
    const { address } = this.host().healthCheck;
    if (this.socket !== undefined && this.target !== addressText(address)) this.drop();
    if (this.socket === undefined) this.connect();
    else if (this.connected) this.write(this.socket);
  }

  abandon(): void {
    this.drop();
  }

  close(): void {
    this.drop();
  }

  private connect(): void {
    const { connect, protocols } = this.options;
    const host = this.host();
    this.target = addressText(host.healthCheck.address);
    this.connected = false;
    const socket = connect(host, protocols, () => {
      if (this.socket === socket) this.onConnected(socket);
    });
    this.socket = socket;
    socket.on('error', () => undefined);
    socket.on('data', (data: Buffer) => {
      if (this.socket === socket) this.onData(data);
    });
    // Whenever it is: Envoy counts a connection that ends between two checks as a failure, too.
    socket.once('close', () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.answer = Buffer.alloc(0);
      this.callbacks.onFailure('NETWORK', false, 0);
    });
  }

  private onConnected(socket: Socket): void {
    this.connected = true;
    if (this.options.receive.length > 0) {
      this.write(socket);
      return;
    }
    this.drop();
    this.callbacks.onSuccess(false);
  }

  private write(socket: Socket): void {
    const { proxyProtocolHeader, send } = this.options;
    if (proxyProtocolHeader !== undefined) socket.write(proxyProtocolHeader(socket));
    if (send !== undefined) socket.write(send);
  }

  private onData(data: Buffer): void {
    const { receive, reuseConnection } = this.options;
    if (receive.length === 0) return;
    this.answer = this.answer.length === 0 ? data : Buffer.concat([this.answer, data]);
    if (!containsInOrder(this.answer, receive)) {
      if (this.answer.length > answerLimit) this.socket?.pause();
      return;
    }
    this.answer = Buffer.alloc(0);
    if (!reuseConnection) this.drop();
    this.callbacks.onSuccess(false);
  }

  private drop(): void {
    const { socket } = this;
    this.socket = undefined;
    this.answer = Buffer.alloc(0);
    socket?.destroy();
  }
}
