/**
 * What DNS asks for: the contract between finding and the DNS server. Names come in lower case.
 */

export interface DirectoryNode {
  readonly name: string;
  /** IP address or host name. */
  readonly address: string;
  /** Other address for one family (`lan_ipv4`, `lan_ipv6`), which goes before `address`. */
  readonly addressV4?: string | undefined;
  readonly addressV6?: string | undefined;
  /** What TXT records tell; none by default. */
  readonly meta?: Readonly<Record<string, string>>;
}

/** One place to send a client to. */
export interface ServiceEndpoint {
  /** IP address or host name; '' when it was registered without one, and its node's counts. */
  readonly address: string;
  readonly addressV4?: string | undefined;
  readonly addressV6?: string | undefined;
  readonly node: DirectoryNode;
  readonly port: number;
  /** 0 to 65535. */
  readonly weight: number;
}

/** What a prepared query gives. */
export interface QueryResult {
  readonly service: string;
  /** Seconds; undefined: the service's. */
  readonly ttl: number | undefined;
  readonly endpoints: readonly ServiceEndpoint[];
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
  /** undefined: there is no such query. Case is kept, as templates tell it apart. */
  query(name: string): QueryResult | undefined;
  /** A number that moves whenever an answer about this service may be another. */
  serviceVersion(name: string): number;
  /** The same for nodes. */
  nodeVersion(): number;
}
