/**
 * The part that a process has in a proxy: it serves alone, or it is the primary of several workers, or one of these.
 */
import type { LimitShare } from '../common/limit-share.js';
import type { SharedFacts } from '../common/shared-facts.js';
import type { CreateSocket } from '../listener/listener-socket.js';
import { ListenerSocket } from '../listener/listener-socket.js';
import { inheritedSockets, takeInherited } from './inherited-sockets.js';

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

/** The only process. @param environment in which a service manager may have passed sockets */
export function servesAlone(environment: Readonly<Record<string, string | undefined>> = {}): ProcessPart {
  const inherited = inheritedSockets(environment);
  if (inherited.size === 0) return {};
  return {
    createSocket(address, options) {
      const handle = takeInherited(inherited, address);
      return new ListenerSocket(address, handle === undefined ? options : { ...options, handle });
    },
  };
}
