/**
 * Reads the first octets of a connection, before a chain is chosen, and puts them back: Envoy's
 * `envoy.filters.listener.tls_inspector`, within `listener_filters_timeout`.
 */
import type { Socket } from 'node:net';
import type { TimeoutOwner, TimeoutQueue } from '../common/timeout-queue.js';
import { Timeout } from '../common/timeout-queue.js';
import type { Counter } from '../stats/stat.js';
import type { ClientHello } from './client-hello.js';
import { emptyClientHello, readClientHello } from './client-hello.js';
import type { InspectorStats, ListenerStats } from './listener-stats.js';

export interface InspectionResult {
  readonly isTls: boolean;
  readonly hello: ClientHello;
}

export interface InspectorOptions {
  /** Of the listener and its inspector; a chain that looks for itself has none, and leaves it to TLS what is too large. */
  readonly counts: { readonly stats: ListenerStats; readonly inspector: InspectorStats } | undefined;
  readonly timedOut: Counter;
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
    options.counts?.stats.preCxActive.inc();
    options.timeout?.add(this.timeout);
    socket.on('error', this.onError).on('close', this.onClose).on('end', this.onEnd);
    socket.on('data', this.onData);
    // By hand, by who has looked before: that does not end by a reader.
    if (socket.isPaused()) socket.resume();
  }

  private readonly onData = (chunk: Buffer): void => {
    this.octets = this.octets.length === 0 ? chunk : Buffer.concat([this.octets, chunk]);
    const found = readClientHello(this.octets);
    if (found === 'more') return;
    const { counts } = this.options;
    if (counts !== undefined) this.count(counts, found);
    if (found === 'too-large' && counts !== undefined) {
      this.stop();
      this.socket.destroy();
      return;
    }
    if (typeof found === 'string') this.finish({ isTls: false, hello: emptyClientHello });
    else this.finish({ isTls: true, hello: found });
  };

  private count(
    { inspector, stats }: NonNullable<InspectorOptions['counts']>,
    found: ReturnType<typeof readClientHello>,
  ): void {
    if (found === 'too-large') {
      inspector.clientHelloTooLarge.inc();
      stats.filterError.inc();
    } else if (typeof found === 'string') inspector.tlsNotFound.inc();
    else {
      inspector.tlsFound.inc();
      (found.serverName === '' ? inspector.sniNotFound : inspector.sniFound).inc();
      (found.applicationProtocols.length === 0 ? inspector.alpnNotFound : inspector.alpnFound).inc();
    }
  }

  private readonly onError = (): void => undefined;

  private readonly onClose = (): void => this.stop();

  /** It has said all that it will say, and that is no TLS. */
  private readonly onEnd = (): void => {
    this.options.counts?.stats.filterRemoteClose.inc();
    this.stop();
    this.socket.destroy();
  };

  onTimeout(): void {
    const { continuesOnTimeout, timedOut } = this.options;
    timedOut.inc();
    if (continuesOnTimeout) this.finish({ isTls: false, hello: emptyClientHello });
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
    this.options.counts?.stats.preCxActive.dec();
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
