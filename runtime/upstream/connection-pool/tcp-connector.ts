/**
 * The contract of plain connections to a host, for filters that carry octets and no requests. Each belongs to one
 * downstream connection from its first octet to its last and is never used for another one, as in Envoy.
 */
import type { ConnectionTls } from '../../common/connection-tls.js';
import type { ProxiedAddresses, ProxyTlv } from '../../network/proxy-protocol/proxy-header.js';
import type { Host } from '../host/host.js';
import type { PoolFailureReason } from './connection-pool.js';

/** Who uses a connection. All are called from the event loop, never from within `connect`, but for `onConnectFailed`. */
export interface TcpConnectionUser {
  /**
   * It can be written to, and octets may come.
   * @param localAddress `ip:port` of our end, `''` on a Unix socket
   * @param tls of its handshake; undefined for plain text
   */
  onConnected(localAddress: string, tls: ConnectionTls | undefined): void;
  /**
   * There is no connection, and nothing else will be called. May be called from within `connect`.
   * @param transportFailureReason as of `transportFailure`
   */
  onConnectFailed(reason: PoolFailureReason, transportFailureReason: string): void;
  /**
   * @param octets belong to the user; where there is a `release`, only until it is called, which the user does when they
   *   are written
   */
  onOctets(octets: Buffer, release: (() => void) | undefined): void;
  /** The host has closed its half. */
  onEnd(): void;
  /** What was written has left, after a `write` that said no. */
  onDrain(): void;
  /** The connection is gone; not called after `close`. @param byReset cut, not ended */
  onClosed(byReset: boolean): void;
}

export interface TcpConnection {
  /**
   * @param written called when the octets have left, or never will
   * @returns false when more than the buffer limit of the cluster waits: `onDrain` follows
   */
  write(octets: Buffer, written?: () => void): boolean;
  /** Closes our half. */
  end(): void;
  pause(): void;
  resume(): void;
  /** What waits to be sent, in octets. */
  readonly bufferedOctets: number;
  /**
   * Ends it; the user hears nothing more of it.
   * @param how `flush`: what was written leaves first, and `done` is called when it has; `reset`: the host sees it cut
   */
  close(how: 'now' | 'flush' | 'reset', done?: () => void): void;
}

/** Addresses of the client connection, for clusters that tell their hosts (`upstream_proxy_protocol`). */
export interface DownstreamAddresses extends ProxiedAddresses {
  readonly proxyTlvs?: readonly ProxyTlv[] | undefined;
}

export interface TcpConnector {
  /** Starts to connect; counts what the cluster and the host count. The circuit breakers are the user's to ask first. */
  connect(host: Host, user: TcpConnectionUser, downstream: DownstreamAddresses): TcpConnection;
}
