/**
 * What HTTP filters see of a client connection, and keep with it.
 */
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { DownstreamTls } from '../common/stream-info.js';
import type { ConnectionInfo } from '../network/filter.js';
import type { StreamConnection } from './filter.js';

export class ConnectionState implements StreamConnection, DownstreamTls {
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

  get localCertificate(): Buffer | undefined {
    const shown = (this.socket as TLSSocket).getCertificate();
    return shown !== null && 'raw' in shown ? shown.raw : undefined;
  }

  get version(): string {
    return (this.socket as TLSSocket).getProtocol() ?? '';
  }

  get cipher(): string {
    return (this.socket as TLSSocket).getCipher()?.name ?? '';
  }

  /** Itself, where the connection has TLS. */
  get tls(): DownstreamTls | undefined {
    return this.info.tls ? this : undefined;
  }

  /** Made when a filter first asks: most connections have none. */
  get filterState(): Map<unknown, unknown> {
    this.kept ??= new Map();
    return this.kept;
  }
}
