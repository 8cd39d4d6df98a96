/**
 * The part that a process has in a proxy: it serves alone, or it is the primary of several workers, or one of these.
 */
import type { LimitShare } from '../common/limit-share.js';
import type { SharedFacts } from '../common/shared-facts.js';
import type { CreateSocket } from '../listener/listener-socket.js';

export interface ProcessPart {
  /** Default: sockets of this process. */
  readonly createSocket?: CreateSocket;
  /** Default: nobody shares anything. */
  readonly sharedFacts?: SharedFacts;
  /** Of limits that hold for all processes. Default: all of them. */
  readonly shareOfLimit?: LimitShare;
  /** Of a worker, from 0 on. */
  readonly workerIndex?: number;
  /** Takes lines of the log. Default: where the options say. */
  readonly writeLog?: (line: string) => void;
}

/** The only process. */
export const servesAlone: ProcessPart = {};
