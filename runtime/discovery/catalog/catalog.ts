/**
 * What is known of services: the contract of discovery's middle. Registration writes it, finding reads it. A catalog is
 * pure state: it reads no clock, does no I/O and knows neither HTTP nor DNS.
 *
 * Everything that is handed out is a snapshot: a change puts a new object in the place of the old one. Each change
 * raises the index by one, and the objects it touched carry that index (Consul's `CreateIndex`, `ModifyIndex`), which
 * is what blocking queries wait for.
 */

/** Status of one check, best first. A new check is critical until something says otherwise. */
export const checkStatuses = ['passing', 'warning', 'critical'] as const;
export type CheckStatus = (typeof checkStatuses)[number];

/** How discovery itself finds out about a service. */
export interface ProbeDefinition {
  readonly target:
    | {
        readonly kind: 'http';
        /** `http:` or `https:`. */
        readonly url: string;
        readonly method: string;
        readonly headers: Readonly<Record<string, readonly string[]>>;
        readonly body: string;
        readonly followRedirects: boolean;
        /** Take any certificate. */
        readonly skipVerify: boolean;
        /** Name to ask for and to verify, when it is not the URL's; '' for none. */
        readonly serverName: string;
      }
    /** Connecting is enough. */
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number }
    /** `grpc.health.v1.Health/Check` says SERVING, over HTTP/2 without TLS or with it. */
    | {
        readonly kind: 'grpc';
        readonly host: string;
        readonly port: number;
        /** '' asks for the server as a whole. */
        readonly service: string;
        readonly tls: boolean;
        readonly skipVerify: boolean;
        readonly serverName: string;
      };
  /** From the end of one probe to the start of the next, at least 1,000. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Results in a row that it takes to change the status; the first result of all counts at once. */
  readonly successBeforePassing: number;
  readonly failuresBeforeWarning: number;
  readonly failuresBeforeCritical: number;
}

/** A check as it is registered. */
export interface CheckDefinition {
  /** Unique on the node, not only in the service. */
  readonly id: string;
  readonly name: string;
  readonly notes: string;
  /** Before the first report. */
  readonly status: CheckStatus;
  /** Longest time between two reports before the check is critical; undefined: it never expires. */
  readonly ttlMs: number | undefined;
  /** undefined: others report on it. */
  readonly probe: ProbeDefinition | undefined;
  /** Mirrors the worst status of another service (by id, '' for the node alone) on some node ('' for this one). */
  readonly alias?: { readonly service: string; readonly node: string } | undefined;
  /** What kind it is called in the API; default: by what the fields above say. */
  readonly type?: string;
  /** A service whose check is critical for that long is removed. */
  readonly deregisterAfterMs: number | undefined;
}

export interface Weights {
  readonly passing: number;
  readonly warning: number;
}

/** `TaggedAddresses` of a service: `lan`, `lan_ipv4`, `lan_ipv6`, `wan`, ... */
export interface TaggedAddress {
  readonly address: string;
  readonly port: number;
}

/** A service instance as it is registered. */
export interface ServiceDefinition {
  /** Unique on the node. */
  readonly id: string;
  /** What it is looked up by; case does not count. */
  readonly name: string;
  readonly tags: readonly string[];
  /** An IP address, a host name, or '' for the node's address. */
  readonly address: string;
  readonly port: number;
  readonly meta: Readonly<Record<string, string>>;
  readonly taggedAddresses: Readonly<Record<string, TaggedAddress>>;
  readonly weights: Weights;
  readonly enableTagOverride: boolean;
  /** `Kind`: '' for a typical service. */
  readonly kind?: string;
  /** `SocketPath`: a Unix socket; DNS does not know it. */
  readonly socketPath?: string;
}

/** A node as it is registered. */
export interface NodeDefinition {
  /** A UUID, or ''. */
  readonly id: string;
  /** What it is looked up by; case does not count. */
  readonly name: string;
  /** An IP address or a host name. */
  readonly address: string;
  /** null when none were given, which the API tells apart from none. */
  readonly taggedAddresses: Readonly<Record<string, string>> | null;
  readonly meta: Readonly<Record<string, string>> | null;
}

/**
 * Who owns an entry: a reload of the services file touches only its own, and the agent answers for all but those that
 * came by `/v1/catalog/register`.
 */
export type Origin = 'api' | 'file' | 'built-in' | 'catalog';

interface Indexed {
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface Service extends ServiceDefinition, Indexed {
  readonly origin: Origin;
  /** Name of the node that it is on. */
  readonly node: string;
}

export interface Check extends CheckDefinition, Indexed {
  /** Name of the node that it is on. */
  readonly node: string;
  readonly origin: Origin;
  /** '' for a check of the node, which counts for all of its services. */
  readonly serviceId: string;
  readonly serviceName: string;
  readonly serviceTags: readonly string[];
  /** What the last report said. */
  readonly output: string;
}

/** A service with its node and the checks that decide about it: the node's and its own. */
export interface CheckedService {
  readonly node: CatalogNode;
  readonly service: Service;
  readonly checks: readonly Check[];
}

export interface CatalogNode extends NodeDefinition, Indexed {
  readonly datacenter: string;
}

export interface Catalog {
  /** The node that this service runs on. */
  readonly node: CatalogNode;

  /** Of the last change. */
  readonly index: number;
  /** Of the last change in which services there are and what they say of themselves. */
  readonly servicesIndex: number;
  /** Of the last change of a node. */
  readonly nodesIndex: number;
  /** Of the last change of a check. */
  readonly checksIndex: number;
  /**
   * Of the last change that a look-up of this name can see, checks included. A name that is not there has the index of
   * the last removal, so that the index of a name never goes back.
   */
  indexOf(serviceName: string): number;

  /** By name, sorted. */
  nodes(): readonly CatalogNode[];
  /** By name or id. */
  findNode(nameOrId: string): CatalogNode | undefined;
  /** @param node name of one; default: this node */
  service(id: string, node?: string): Service | undefined;
  /** @param node name of one; default: this node */
  check(id: string, node?: string): Check | undefined;
  /** All services of one node or of all, in the order of their first registration. */
  services(node?: string): readonly CheckedService[];
  /** Instances of one service. */
  instances(serviceName: string): readonly CheckedService[];
  /** Names of all services as they were registered. */
  serviceNames(): Iterable<string>;
  checks(node?: string): readonly Check[];
  /** Checks of one service, or of the node itself for ''. */
  checksOf(serviceId: string, node?: string): readonly Check[];
  /** Who is at an IP address: the first node by name, else the service that was there first. */
  at(address: string): { readonly kind: 'node' | 'service'; readonly name: string } | undefined;

  /**
   * Adds a node or replaces the one of that name; a node of that id under another name goes,
   * with all that is on it (its id moved).
   * Equal: nothing changes, the index included.
   */
  putNode(definition: NodeDefinition): void;
  /** Removes a node with all that is on it. @returns false when there is none, or when it is this one */
  removeNode(name: string): boolean;
  /** Adds a service or replaces the one of that id, keeping its checks. Equal: nothing changes, the index included. */
  putService(definition: ServiceDefinition, origin: Origin, node?: string): void;
  /** Changes the tags of a service and nothing else. */
  setTags(id: string, tags: readonly string[], node?: string): void;
  /** Removes a service with its checks. @returns false when there is none */
  removeService(id: string, node?: string): boolean;
  /**
   * Adds a check or replaces the one of that id, which keeps its status and output.
   * @param serviceId of a service that is there, or '' for the node
   */
  putCheck(definition: CheckDefinition, serviceId: string, origin?: Origin, node?: string): void;
  removeCheck(id: string, node?: string): boolean;
  /** A report. Another output alone does not raise the index. @returns false when there is no such check */
  report(id: string, status: CheckStatus, output: string, node?: string): boolean;
  /** Raises the index for a change elsewhere (keys, sessions), which shares it. @returns the new one */
  raise(): number;
  /** Tells of a change elsewhere, once it is made. */
  tell(): void;

  /** Called after each change that raised the index. @returns a function that stops it */
  onChange(listener: () => void): () => void;

  /** All of it, to be put back by `restore`. */
  dump(): CatalogDump;
  /** Puts a dump in the place of what is there. Nobody is told. */
  restore(dump: CatalogDump): void;
}

/** The state of a catalog as plain JSON. */
export interface CatalogDump {
  readonly index: number;
  readonly servicesIndex: number;
  readonly nodesIndex: number;
  readonly checksIndex: number;
  readonly removalIndex: number;
  readonly indexes: readonly (readonly [name: string, index: number])[];
  readonly nodes: readonly {
    readonly node: CatalogNode;
    readonly services: readonly Service[];
    readonly checks: readonly Check[];
  }[];
}
