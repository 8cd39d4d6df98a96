/**
 * What HTTP filters see of a client connection, and keep with it.
 */
import type { ConnectionInfo } from '../network/filter.js';
import type { StreamConnection } from './filter.js';

export class ConnectionState implements StreamConnection {
  readonly info: ConnectionInfo;
  private kept: Map<unknown, unknown> | undefined = undefined;

  constructor(info: ConnectionInfo) {
    this.info = info;
  }

  get peerCertificate(): Buffer | undefined {
    return this.info.ssl?.peerChain[0]?.der;
  }

  /** Made when a filter first asks: most connections have none. */
  get filterState(): Map<unknown, unknown> {
    this.kept ??= new Map();
    return this.kept;
  }
}
