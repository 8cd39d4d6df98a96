/**
 * What HTTP filters see of a client connection, and keep with it.
 */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { ConnectionInfo } from '../network/filter.js';
import type { StreamConnection } from './filter.js';

export class ConnectionState implements StreamConnection {
  readonly info: ConnectionInfo;
  private readonly socket: Duplex;
  private kept: Map<unknown, unknown> | undefined = undefined;

  constructor(socket: Duplex, info: ConnectionInfo) {
    this.socket = socket;
    this.info = info;
  }

  get peerCertificate(): Buffer | undefined {
    if (!this.info.tls) return undefined;
    return (this.socket as TLSSocket).getPeerCertificate().raw;
  }

  /** Made when a filter first asks: most connections have none. */
  get filterState(): Map<unknown, unknown> {
    this.kept ??= new Map();
    return this.kept;
  }
}
