import type { Host } from '../host/host.js';
import type { ConnectionPool } from './connection-pool.js';

/** A pool that has no stream for anybody: what a cluster is not built for. @param reason as of `transportFailure` */
export function createRefusingPool(host: Host, reason: string): ConnectionPool {
  return {
    host,
    newStream(_decoder, callbacks) {
      callbacks.onPoolFailure('local connection failure', reason);
      return undefined;
    },
    drain() {},
    close() {},
  };
}
