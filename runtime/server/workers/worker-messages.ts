/**
 * What the primary and its workers say to each other. Messages of one direction arrive in their order.
 *
 *     primary: start, socket.., prepare -> worker: prepared | refused
 *     primary: commit | discard
 *     both:    fact, at any time
 */
import type { DrainListenersOptions } from '../../admin/admin-host.js';
import type { LogLevel } from '../../common/logger.js';
import type { Fact } from '../../common/shared-facts.js';
import type { StatsReport } from '../../stats/stats-transfer.js';
import type { HostReport } from '../../upstream/host/host-stats-transfer.js';
import type { ServerOptions } from '../server-options.js';

/** What of the options can be sent. */
export type SentOptions = Omit<ServerOptions, 'writeLog' | 'signal' | 'onPhase' | 'environment'>;

export interface StartWorker {
  readonly kind: 'start';
  readonly options: SentOptions;
  /** From 0 on. */
  readonly index: number;
  readonly workers: number;
  /** Of the keys of session tickets. */
  readonly ticketSeed: Uint8Array;
  readonly facts: readonly (readonly [string, Fact])[];
}

/** A listening socket comes with this message. */
export interface GiveSocket {
  readonly kind: 'socket';
  readonly id: number;
}

export interface PrepareConfiguration {
  readonly kind: 'prepare';
  readonly turn: number;
  readonly text: string;
  /** Ids of sockets, by the place of the listener and of its address. */
  readonly sockets: readonly (readonly number[])[];
}

/** Something that every worker does when the primary is asked for it. */
export type WorkerAction =
  | { readonly kind: 'reopen logs' }
  | { readonly kind: 'fail health checks'; readonly failed: boolean }
  | { readonly kind: 'drain listeners'; readonly how: DrainListenersOptions }
  | { readonly kind: 'log levels'; readonly levels: readonly (readonly [string, LogLevel])[] }
  | { readonly kind: 'drain and end' }
  | { readonly kind: 'end' };

export interface FactMessage {
  readonly kind: 'fact';
  readonly key: string;
  readonly fact: Fact | undefined;
}

export type ToWorker =
  | StartWorker
  | GiveSocket
  | { readonly kind: 'take back socket'; readonly id: number }
  | PrepareConfiguration
  | { readonly kind: 'commit' | 'discard' }
  | { readonly kind: 'report'; readonly turn: number }
  | FactMessage
  | WorkerAction;

/** What a worker has counted since its last report. */
export interface WorkerReport {
  readonly kind: 'report';
  /** Of the question; 0: nobody has asked. */
  readonly turn: number;
  readonly stats: StatsReport;
  readonly hosts: readonly HostReport[];
  /** Open ones of clients. */
  readonly connections: number;
}

export type FromWorker =
  | { readonly kind: 'ready' }
  | { readonly kind: 'prepared'; readonly turn: number }
  | { readonly kind: 'refused'; readonly turn: number; readonly message: string }
  | { readonly kind: 'log'; readonly line: string }
  | FactMessage
  | WorkerReport;
