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
    | { readonly kind: 'tcp'; readonly host: string; readonly port: number };
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
}

/** Who owns an entry: a reload of the services file touches only its own. */
export type Origin = 'api' | 'file' | 'built-in';

interface Indexed {
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface Service extends ServiceDefinition, Indexed {
  readonly origin: Origin;
}

export interface Check extends CheckDefinition, Indexed {
  /** '' for a check of the node, which counts for all of its services. */
  readonly serviceId: string;
  readonly serviceName: string;
  readonly serviceTags: readonly string[];
  /** What the last report said. */
  readonly output: string;
}

/** A service with the checks that decide about it: the node's and its own. */
export interface CheckedService {
  readonly service: Service;
  readonly checks: readonly Check[];
}

/** The one node that everything is registered on. */
export interface CatalogNode extends Indexed {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly datacenter: string;
  readonly meta: Readonly<Record<string, string>>;
}

export interface Catalog {
  readonly node: CatalogNode;

  /** Of the last change. */
  readonly index: number;
  /** Of the last change in which services there are and what they say of themselves. */
  readonly servicesIndex: number;
  /**
   * Of the last change that a look-up of this name can see, checks included. A name that is not there has the index of
   * the last removal, so that the index of a name never goes back.
   */
  indexOf(serviceName: string): number;

  service(id: string): Service | undefined;
  check(id: string): Check | undefined;
  /** All services, in the order of their first registration. */
  services(): readonly CheckedService[];
  /** Instances of one service. */
  instances(serviceName: string): readonly CheckedService[];
  checks(): readonly Check[];

  /** Adds a service or replaces the one of that id, keeping its checks. Equal: nothing changes, the index included. */
  putService(definition: ServiceDefinition, origin: Origin): void;
  /** Removes a service with its checks. @returns false when there is none */
  removeService(id: string): boolean;
  /**
   * Adds a check or replaces the one of that id, which keeps its status and output.
   * @param serviceId of a service that is there, or '' for the node
   */
  putCheck(definition: CheckDefinition, serviceId: string): void;
  removeCheck(id: string): boolean;
  /** A report. Another output alone does not raise the index. @returns false when there is no such check */
  report(id: string, status: CheckStatus, output: string): boolean;

  /** Called after each change that raised the index. @returns a function that stops it */
  onChange(listener: () => void): () => void;
}
