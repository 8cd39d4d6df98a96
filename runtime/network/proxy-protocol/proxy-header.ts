/**
 * The PROXY protocol (https://www.haproxy.org/download/2.9/doc/proxy-protocol.txt): what a proxy in front says of the
 * connection that it passes on.
 */

/** A type-length-value vector of version 2. */
export interface ProxyTlv {
  readonly type: number;
  readonly value: Buffer;
}

/** Addresses of the connection to the proxy in front. */
export interface ProxiedAddresses {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
}

export interface ProxyHeader {
  readonly version: 1 | 2;
  /** Octets of the header. */
  readonly length: number;
  /** undefined: the proxy speaks for itself (LOCAL, UNKNOWN), or of an address that is no IP. */
  readonly addresses: ProxiedAddresses | undefined;
  readonly tlvs: readonly ProxyTlv[];
}

/** The first octets of version 2. */
export const signature2: Buffer = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
