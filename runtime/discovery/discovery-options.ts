/**
 * What discovery can be told.
 */
import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { DnsCluster } from './dns-clusters.js';
import type { DnsOptions } from './dns/dns-config.js';
import type { ApiToken } from './http/access.js';
import type { ApiTls } from './http/api-server.js';

/** What discovery logs with; a `Logger` fits. */
export type DiscoveryLogger = Pick<Logger, 'info' | 'warning' | 'error'>;

export interface DiscoveryOptions {
  /** IP address to listen on, default 127.0.0.1. There is no authentication: think before changing it. */
  readonly bind?: string;
  /** Of the HTTP API, default 8500; 0 takes a free one. */
  readonly httpPort?: number;
  /** Of DNS over UDP and TCP, default 8600; 0 takes a free one. */
  readonly dnsPort?: number;
  /** Definitions in Consul's form (`{"services": [...]}`), read at the start and after each change. */
  readonly servicesFile?: string;
  /** The same as text, which does not change; `name` is for errors. */
  readonly definitions?: { readonly name: string; readonly text: string };
  /** A folder of such files, `*.json`. */
  readonly configDir?: string;
  /**
   * Folder that keeps what is registered; a change is answered when it is on the disk. Default: nothing is kept, and
   * after a restart services register again.
   */
  readonly dataDir?: string;
  /** Who may use the API; none: everybody. */
  readonly tokens?: readonly ApiToken[];
  /** Networks that may write (`10.0.0.0/8`); none: all. */
  readonly writeFrom?: readonly string[];
  /** PEM texts; the API then speaks HTTPS only. */
  readonly tls?: ApiTls;
  /** Default `dc1`. */
  readonly datacenter?: string;
  /** The zone, default `consul`. */
  readonly domain?: string;
  /** Name of the node that all services are on, default the machine's. */
  readonly node?: string;
  /** UUID of the node. Default: one that is made of its name. */
  readonly nodeId?: string;
  /** Meta data of the node, which DNS tells as TXT records. */
  readonly nodeMeta?: Readonly<Record<string, string>>;
  /** Address of services that are registered without one. Default: `bind`, or 127.0.0.1 when that is all addresses. */
  readonly nodeAddress?: string;
  /** Leave out instances with a warning, as well as critical ones. Default false, as in Consul. */
  readonly onlyPassing?: boolean;
  /** TTL of DNS answers, seconds, default 0. */
  readonly ttlSeconds?: number;
  /** How DNS answers; goes before the three above. `consulDnsDefaults` is real Consul's way. */
  readonly dns?: DnsOptions;
  /** Servers for names outside of the zone, as `ip:port`; default none: such questions are refused. */
  readonly recursors?: readonly string[];
  /** For one recursor. Default 2,000. */
  readonly recursorTimeoutMs?: number;
  readonly recursorStrategy?: 'sequential' | 'random';
  /** DNS questions of one address in a second; 0 for no limit, which is the default. */
  readonly maxQueriesPerSecond?: number;
  /** Log each DNS question. Default false. */
  readonly logQueries?: boolean;
  /**
   * Clusters whose use of services the page shows, asked for each page. Default: none are known. An error of it is shown
   * in its words.
   */
  readonly clusters?: () => readonly DnsCluster[] | undefined;
  /** Told in `/v1/agent/self`. */
  readonly version?: string;
  readonly clock?: Clock;
  /** 0 to below 1, for the order of DNS answers. Default Math.random. */
  readonly random?: () => number;
  readonly logger?: DiscoveryLogger;
}
