/**
 * Service definitions, in the form that Consul's configuration and `envoy3 discovery --services` read.
 */

export interface ServiceCheckInput {
  readonly id?: string;
  readonly name?: string;
  /** Reports on itself at least that often: `'30s'`. */
  readonly ttl?: string;
  /** Probed by a request; 2xx is passing. */
  readonly http?: string;
  readonly tcp?: string;
  /** `host:port` or `host:port/service`, by the gRPC health checking protocol. */
  readonly grpc?: string;
  /** Between probes. */
  readonly interval?: string;
  readonly timeout?: string;
  /** Before the first report, default critical. */
  readonly status?: 'passing' | 'warning' | 'critical';
  /** Removed when it is critical that long, at least a minute. */
  readonly deregister_critical_service_after?: string;
}

export interface ServiceInput<Name extends string = string> {
  readonly name: Name;
  /** Default the name; two instances of one service need ids. */
  readonly id?: string;
  readonly address?: string;
  readonly port?: number;
  readonly tags?: readonly string[];
  readonly meta?: Readonly<Record<string, string>>;
  readonly check?: ServiceCheckInput;
  readonly checks?: readonly ServiceCheckInput[];
  readonly weights?: { readonly passing: number; readonly warning: number };
  readonly enable_tag_override?: boolean;
  readonly tagged_addresses?: Readonly<Record<string, { readonly address: string; readonly port: number }>>;
}

/** What `envoy3 discovery --services` takes, written as JSON. */
export interface ServiceDefinitions<Name extends string = string> {
  readonly services: readonly ServiceInput<Name>[];
}

/** Names of a list of definitions. */
export type ServiceName<Definitions> = Definitions extends ServiceDefinitions<infer Name> ? Name : never;

/**
 * Definitions whose names the type-checker knows.
 * @throws RangeError for what discovery would refuse: a name or id that is there twice, a check of no kind
 */
export function defineServices<const Name extends string>(
  services: readonly ServiceInput<Name>[],
): ServiceDefinitions<Name> {
  const ids = new Set<string>();
  for (const { checks = [], check, id, name } of services) {
    const own = id ?? name;
    if (name === '') throw new RangeError('a service has no name');
    if (ids.has(own)) throw new RangeError(`the service '${own}' is there twice; give each an id of its own`);
    ids.add(own);
    for (const one of [...checks, ...(check === undefined ? [] : [check])]) {
      const kinds = [one.ttl, one.http, one.tcp, one.grpc].filter((kind) => kind !== undefined);
      if (kinds.length !== 1) {
        throw new RangeError(`a check of the service '${own}' needs one of ttl, http, tcp and grpc`);
      }
      if (one.ttl === undefined && one.interval === undefined) {
        throw new RangeError(`a check of the service '${own}' has no interval`);
      }
    }
  }
  return { services };
}
