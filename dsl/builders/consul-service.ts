/**
 * Clusters of services that Consul, or `envoy3 discovery`, knows.
 */
import { parseHostPort } from './address.js';
import type { ClusterOptions, DnsOptions } from './cluster.js';
import { strictDns } from './cluster.js';
import { duration } from './duration.js';
import type { NamedCluster } from './names.js';
import type { ServiceDefinitions } from './services.js';

export interface ConsulLookUp {
  /** Name in the catalog, default the cluster's name. */
  readonly service?: string;
  /** Only instances with this tag. */
  readonly tag?: string;
  /** Another datacenter than the agent's. */
  readonly datacenter?: string;
  /**
   * A prepared query in the place of `service` and `tag`: `<query>.query.consul`. Only the agent can leave out instances
   * with a warning, or put the near ones first; a prepared query tells it to.
   */
  readonly query?: string;
  /** Only passing instances, which needs a `query` that says so. */
  readonly onlyPassing?: boolean;
  /** Sorted by nearness to a node, which needs a `query` that says so. */
  readonly near?: string;
}

/** Port of the instances. */
export type ConsulPort =
  /** All have the same: A records carry none. */
  | { readonly port: number; readonly defaultPort?: undefined }
  /**
   * Each has its own, told by SRV records, which the bundled runtime asks for. Real Envoy cannot, and takes `defaultPort`.
   */
  | { readonly port: 'srv'; readonly defaultPort: number };

export type ConsulServiceOptions = Omit<DnsOptions, 'lookupFamily'> &
  ConsulLookUp &
  ConsulPort & {
    /** Addresses to ask for, default IPv4 alone. */
    readonly family?: 'v4' | 'v6' | 'any';
    readonly lookupFamily?: DnsOptions['lookupFamily'];
    /** The zone, default `consul`. */
    readonly domain?: string;
    /**
     * Ask over TCP, which is the default: real Consul cuts answers over UDP short, to three hosts or to what a datagram
     * holds, other ones each time, without saying so.
     */
    readonly tcp?: boolean;
    /**
     * HTTP address of the agent. The bundled runtime listens there, and asks DNS at once when something changes. Default:
     * port 8500 of the first resolver; false to do without. Not of a `query`, which is asked each second and no sooner.
     */
    readonly agent?: string | false;
  };

/** Time between look-ups without news, and what is added at random so that not all proxies ask at once. */
const refreshRate = '1s';
const jitter = '0.1s';
/** Of an agent that does not answer. */
const failureRate = { base_interval: '1s', max_interval: '10s' } as const;

const families = { v4: 'V4_ONLY', v6: 'V6_ONLY', any: 'ALL' } as const;
const label = /^[A-Za-z0-9_-]{1,63}$/;

function dnsName(name: string, options: ConsulServiceOptions): string {
  const { datacenter, domain = 'consul', query, service = name, tag } = options;
  if (query === undefined && (options.onlyPassing === true || options.near !== undefined)) {
    throw new RangeError(
      `the cluster '${name}': onlyPassing and near are decided by the agent; name a prepared query that says so (query)`,
    );
  }
  if (query !== undefined && (tag !== undefined || options.service !== undefined)) {
    throw new RangeError(`the cluster '${name}': a query says which service and tag; give one or the other`);
  }
  const place = datacenter === undefined ? [] : [datacenter];
  const labels =
    query === undefined
      ? [...(tag === undefined ? [] : [tag]), service, 'service', ...place]
      : [query, 'query', ...place];
  const wrong = labels.find((one) => !label.test(one));
  if (wrong !== undefined) {
    throw new RangeError(`the cluster '${name}': '${wrong}' cannot be a part of a DNS name`);
  }
  return `${labels.join('.')}.${domain}`;
}

/** `ip:port` -> `http://ip:8500`. */
function agentOf({ agent, resolvers }: ConsulServiceOptions): string {
  if (agent === false) return '';
  if (agent !== undefined) return agent.includes('://') ? agent : `http://${agent}`;
  const host = /^(.*):\d+$/.exec(resolvers?.[0] ?? '')?.[1] ?? '127.0.0.1';
  return `http://${host}:8500`;
}

/**
 * The healthy instances of a service, by Consul's DNS: `[tag.]service.service[.datacenter].consul`. Without `resolvers`
 * it asks 127.0.0.1:8600, where `envoy3 discovery` and a Consul agent answer. A plain STRICT_DNS cluster, refreshed each
 * second, in real Envoy as well.
 * @throws RangeError for a name that DNS cannot carry, or options that exclude each other
 */
export function consulService<const Name extends string>(
  name: Name,
  options: ConsulServiceOptions,
): NamedCluster<Name> {
  const resolvers = options.resolvers ?? ['127.0.0.1:8600'];
  const port = options.port === 'srv' ? options.defaultPort : options.port;
  // Which service a prepared query asks for, and which of another datacenter instead, only the agent knows.
  const agent = options.query === undefined ? agentOf(options) : '';
  const isSrv = options.port === 'srv';
  const news =
    agent === '' && !isSrv
      ? {}
      : {
          metadata: {
            filter_metadata: {
              'envoy3.discovery': {
                ...(agent === '' ? {} : { agent }),
                service: options.query ?? options.service ?? name,
                ...(options.datacenter === undefined ? {} : { datacenter: options.datacenter }),
                ...(isSrv ? { srv: true } : {}),
              },
            },
          },
        };
  const shared: ClusterOptions = options;
  return strictDns(name, [`${dnsName(name, options)}:${port}`], {
    ...shared,
    resolvers,
    refreshRate: options.refreshRate ?? refreshRate,
    lookupFamily: options.lookupFamily ?? families[options.family ?? 'v4'],
    raw: {
      dns_jitter: duration(jitter),
      dns_failure_refresh_rate: failureRate,
      ...(options.tcp === false
        ? {}
        : {
            typed_dns_resolver_config: {
              name: 'envoy.network.dns_resolver.cares',
              typed_config: {
                '@type':
                  'type.googleapis.com/envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig',
                resolvers: resolvers.map(parseHostPort),
                dns_resolver_options: { use_tcp_for_dns_lookups: true, no_default_search_domain: true },
              },
            },
          }),
      ...news,
      ...options.raw,
    },
  });
}

/**
 * `consulService` for the services of a list alone: another name is a type error.
 *
 * ```ts
 * const known = consulServicesOf(services);
 * const orders = known('orders', { port: 8080 });
 * ```
 * @throws RangeError (the function that it gives) for a name that is not in the list
 */
export function consulServicesOf<Known extends string>(
  definitions: ServiceDefinitions<Known>,
): <const Name extends Known>(
  name: Name,
  options: ConsulServiceOptions & { readonly service?: undefined },
) => NamedCluster<Name> {
  const names = new Set<string>(definitions.services.map(({ name }) => name));
  return (name, options) => {
    if (!names.has(name)) throw new RangeError(`there is no service '${name}' in the definitions`);
    return consulService(name, options);
  };
}
