/**
 * Reads the first octets of a connection, before a chain is chosen, and puts them back: Envoy's
 * `envoy.filters.listener.tls_inspector`, within `listener_filters_timeout`.
 */
import type { Socket } from 'node:net';
import type { TimeoutOwner, TimeoutQueue } from '../common/timeout-queue.js';
import { Timeout } from '../common/timeout-queue.js';
import type { ClientHello } from './client-hello.js';
import { readClientHello } from './client-hello.js';
import type { InspectorStats, ListenerStats } from './listener-stats.js';

export interface InspectionResult {
  readonly isTls: boolean;
  readonly hello: ClientHello;
}

/** What a connection is taken for of which nothing was read. */
export const notInspected: ClientHello = { serverName: '', applicationProtocols: [] };

export interface InspectorOptions {
  readonly stats: ListenerStats;
  readonly inspector: InspectorStats;
  /** `listener_filters_timeout`, default 15 s; undefined for 0, no limit. */
  readonly timeout: TimeoutQueue | undefined;
  /** `continue_on_listener_filters_timeout`: a silent connection goes on as plain text instead of being closed. */
  readonly continuesOnTimeout: boolean;
}

class Inspection implements TimeoutOwner {
  private readonly socket: Socket;
  private readonly options: InspectorOptions;
  private readonly done: (socket: Socket, result: InspectionResult) => void;
  private readonly timeout = new Timeout(this, 0);
  private octets: Buffer = Buffer.alloc(0);

  constructor(
    socket: Socket,
    options: InspectorOptions,
    done: (socket: Socket, result: InspectionResult) => void,
  ) {
    this.socket = socket;
    this.options = options;
    this.done = done;
    options.stats.preCxActive.inc();
    options.timeout?.add(this.timeout);
    socket.on('error', this.onError).on('close', this.onClose).on('end', this.onEnd);
    socket.on('data', this.onData);
  }

  private readonly onData = (chunk: Buffer): void => {
    this.octets = this.octets.length === 0 ? chunk : Buffer.concat([this.octets, chunk]);
    const { inspector, stats } = this.options;
    const found = readClientHello(this.octets);
    if (found === 'more') return;
    if (found === 'too-large') {
      inspector.clientHelloTooLarge.inc();
      stats.filterError.inc();
      this.stop();
      this.socket.destroy();
      return;
    }
    if (found === 'not-tls') {
      inspector.tlsNotFound.inc();
      this.finish({ isTls: false, hello: notInspected });
      return;
    }
    inspector.tlsFound.inc();
    (found.serverName === '' ? inspector.sniNotFound : inspector.sniFound).inc();
    (found.applicationProtocols.length === 0 ? inspector.alpnNotFound : inspector.alpnFound).inc();
    this.finish({ isTls: true, hello: found });
  };

  private readonly onError = (): void => undefined;

  private readonly onClose = (): void => this.stop();

  /** It has said all that it will say, and that is no TLS. */
  private readonly onEnd = (): void => {
    this.options.stats.filterRemoteClose.inc();
    this.stop();
    this.socket.destroy();
  };

  onTimeout(): void {
    const { continuesOnTimeout, stats } = this.options;
    stats.preCxTimeout.inc();
    if (continuesOnTimeout) this.finish({ isTls: false, hello: notInspected });
    else {
      this.stop();
      this.socket.destroy();
    }
  }

  private finish(result: InspectionResult): void {
    const { octets, socket } = this;
    this.stop();
    // Paused, so that what is put back waits for the next reader; whoever that is resumes.
    socket.pause();
    if (octets.length > 0) socket.unshift(octets);
    this.done(socket, result);
  }

  private stop(): void {
    this.options.stats.preCxActive.dec();
    this.timeout.clear();
    this.socket.off('data', this.onData).off('end', this.onEnd);
    this.socket.off('close', this.onClose).off('error', this.onError);
  }
}

/**
 * @param done gets the socket paused, with all octets in it. Called at most once;
 * not at all when the connection ends before anything is known of it
 */
export function inspectConnection(
  socket: Socket,
  options: InspectorOptions,
  done: (socket: Socket, result: InspectionResult) => void,
): void {
  new Inspection(socket, options, done);
}
