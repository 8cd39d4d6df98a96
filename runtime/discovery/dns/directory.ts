/**
 * What DNS asks for: the contract between finding and the DNS server. Names come in lower case.
 */

/** One place to send a client to. */
export interface ServiceEndpoint {
  /** IP address or host name. */
  readonly address: string;
  /** Other address for one family (`lan_ipv4`, `lan_ipv6`), which goes before `address`. */
  readonly addressV4?: string | undefined;
  readonly addressV6?: string | undefined;
  /** False: it was registered without an address, and `address` is its node's. */
  readonly ownAddress: boolean;
  readonly node: string;
  readonly port: number;
  /** 1 to 65535. */
  readonly weight: number;
}

export interface DirectoryNode {
  readonly name: string;
  readonly address: string;
}

export interface Directory {
  readonly datacenter: string;
  /** The node that answers. */
  readonly self: DirectoryNode;
  /** Instances to give out; empty when there is no such service or none that may be given. */
  service(name: string, tag: string | undefined): readonly ServiceEndpoint[];
  /** By name or id. */
  node(name: string): DirectoryNode | undefined;
  /** Who is at an IP address. */
  reverse(address: string): { readonly kind: 'node' | 'service'; readonly name: string } | undefined;
}
