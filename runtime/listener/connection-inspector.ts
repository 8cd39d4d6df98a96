/**
 * Reads the first octets of a connection, before a chain is chosen, shows them to one listener filter after the other and
 * puts back what none has taken, within `listener_filters_timeout`.
 */
import type { Socket } from 'node:net';
import type { TimeoutOwner, TimeoutQueue } from '../common/timeout-queue.js';
import { Timeout } from '../common/timeout-queue.js';
import type { Counter } from '../stats/stat.js';
import type { Findings, ListenerFilter } from './listener-filter.js';
import type { ListenerStats } from './listener-stats.js';

export interface InspectorOptions {
  /** Of the listener; undefined for a chain that looks for itself. */
  readonly stats: ListenerStats | undefined;
  readonly timedOut: Counter;
  /** In their order; at least one. */
  readonly filters: readonly ListenerFilter[];
  /** `listener_filters_timeout`, default 15 s; undefined for 0, no limit. */
  readonly timeout: TimeoutQueue | undefined;
  /** `continue_on_listener_filters_timeout`: a silent connection goes on with what is known instead of being closed. */
  readonly continuesOnTimeout: boolean;
}

const nothing = Buffer.alloc(0);

class Inspection implements TimeoutOwner {
  private readonly socket: Socket;
  private readonly options: InspectorOptions;
  private readonly done: (socket: Socket) => void;
  private readonly findings: Findings;
  private readonly timeout = new Timeout(this, 0);
  /** Those that no filter has taken. */
  private octets: Buffer = nothing;
  private current = 0;

  constructor(socket: Socket, options: InspectorOptions, findings: Findings, done: (socket: Socket) => void) {
    this.socket = socket;
    this.options = options;
    this.findings = findings;
    this.done = done;
    options.stats?.preCxActive.inc();
    options.timeout?.add(this.timeout);
    socket.on('error', this.onError).on('close', this.onClose).on('end', this.onEnd);
    socket.on('data', this.onData);
    // By hand, by who has looked before: that does not end by a reader.
    if (socket.isPaused()) socket.resume();
  }

  private readonly onData = (chunk: Buffer): void => {
    this.octets = this.octets.length === 0 ? chunk : Buffer.concat([this.octets, chunk]);
    const { filters, stats } = this.options;
    while (this.current < filters.length) {
      // What a filter before has taken may have been all.
      if (this.octets.length === 0) return;
      const outcome = (filters[this.current] as ListenerFilter).inspect(this.octets, this.findings);
      if (outcome === 'more') return;
      if (outcome === 'reject' || outcome === 'close') {
        if (outcome === 'reject') stats?.filterError.inc();
        this.stop();
        this.socket.destroy();
        return;
      }
      this.octets = this.octets.subarray(outcome);
      this.current++;
    }
    this.finish();
  };

  private readonly onError = (): void => undefined;

  private readonly onClose = (): void => this.stop();

  /** It has said all that it will say, and that was not enough. */
  private readonly onEnd = (): void => {
    this.options.filters[this.current]?.onUndecided?.(this.octets);
    this.options.stats?.filterRemoteClose.inc();
    this.stop();
    this.socket.destroy();
  };

  onTimeout(): void {
    const { continuesOnTimeout, filters, timedOut } = this.options;
    timedOut.inc();
    filters[this.current]?.onUndecided?.(this.octets);
    if (continuesOnTimeout) this.finish();
    else {
      this.stop();
      this.socket.destroy();
    }
  }

  private finish(): void {
    const { octets, socket } = this;
    this.stop();
    // Paused, so that what is put back waits for the next reader; whoever that is resumes.
    socket.pause();
    if (octets.length > 0) socket.unshift(octets);
    this.done(socket);
  }

  private stop(): void {
    this.options.stats?.preCxActive.dec();
    this.timeout.clear();
    this.socket.off('data', this.onData).off('end', this.onEnd);
    this.socket.off('close', this.onClose).off('error', this.onError);
  }
}

/**
 * @param findings filled in by the filters
 * @param done gets the socket paused, with all octets in it that no filter has taken. Called at most once;
 * not at all when the connection ends before enough is known of it
 */
export function inspectConnection(
  socket: Socket,
  options: InspectorOptions,
  findings: Findings,
  done: (socket: Socket) => void,
): void {
  new Inspection(socket, options, findings, done);
}
