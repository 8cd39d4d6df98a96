/**
 * STRICT_DNS: every name of the configuration is asked for anew at its rate, and all its addresses are hosts. As measured
 * on Envoy 1.40: an answer without addresses (NXDOMAIN, NODATA) empties the name's part, a failure keeps it.
 */
import { isIP } from 'node:net';
import type { Timer } from '../../common/clock.js';
import { durationOf, messageOf, textOf } from '../../common/message-fields.js';
import type { AddressFamily, DnsResolver, ResolvedAddresses } from '../../network/dns/dns-resolver.js';
import { DnsError } from '../../network/dns/dns-resolver.js';
import type { StatsScope } from '../../stats/stat.js';
import type { ConfiguredEndpoint } from './configured-endpoints.js';
import { configuredEndpoints } from './configured-endpoints.js';
import type { ClusterDependencies, HostChangingCluster, HostDescription } from './host-changing-cluster.js';

/** `dns_lookup_family`: families in the order of asking; `all` asks for both and joins the answers. */
const families: Readonly<
  Record<string, { readonly order: readonly AddressFamily[]; readonly all: boolean }>
> = {
  AUTO: { order: ['v6', 'v4'], all: false },
  V4_ONLY: { order: ['v4'], all: false },
  V6_ONLY: { order: ['v6'], all: false },
  V4_PREFERRED: { order: ['v4', 'v6'], all: false },
  ALL: { order: ['v4', 'v6'], all: true },
};

/** What a name resolves to: `undefined` when nobody could tell. */
type Answer = { readonly addresses: readonly string[]; readonly ttlSeconds: number } | undefined;

const empty: Answer = { addresses: [], ttlSeconds: 0 };

async function ask(resolver: DnsResolver, name: string, family: AddressFamily): Promise<Answer> {
  try {
    const found: ResolvedAddresses = await resolver.resolve(name, family);
    return found;
  } catch (error) {
    if (!(error instanceof DnsError)) throw error;
    return error.kind === 'not-found' || error.kind === 'no-data' ? empty : undefined;
  }
}

async function lookUp(resolver: DnsResolver, name: string, lookupFamily: string): Promise<Answer> {
  const { all, order } =
    families[lookupFamily] ?? (families.AUTO as { order: AddressFamily[]; all: boolean });
  if (all) {
    const answers = await Promise.all(order.map((family) => ask(resolver, name, family)));
    const good = answers.filter((answer) => answer !== undefined);
    // One family that fails never removes the hosts of the other: nothing changes then, unless the other has hosts.
    const found = good.filter(({ addresses }) => addresses.length > 0);
    if (found.length === 0) return good.length === answers.length ? empty : undefined;
    return {
      addresses: found.flatMap(({ addresses }) => addresses),
      ttlSeconds: Math.min(...found.map(({ ttlSeconds }) => ttlSeconds)),
    };
  }
  let failed = false;
  for (const family of order) {
    const answer = await ask(resolver, name, family);
    if (answer === undefined) failed = true;
    else if (answer.addresses.length > 0) return answer;
  }
  return failed ? undefined : empty;
}

function updateStats(name: string, stats: StatsScope) {
  const counter = (what: string) => stats.counter(`cluster.${name}.${what}`);
  return {
    attempt: counter('update_attempt'),
    success: counter('update_success'),
    failure: counter('update_failure'),
    empty: counter('update_empty'),
    noRebuild: counter('update_no_rebuild'),
  };
}

export interface RunningDns {
  /** Resolves when each name was asked for once; never rejects. */
  readonly warmed: Promise<void>;
  stop(): void;
}

/** Starts the look-ups of a cluster and feeds its hosts. */
export function runStrictDns(
  cluster: HostChangingCluster,
  resolver: DnsResolver,
  dependencies: ClusterDependencies,
): RunningDns {
  const config = messageOf(cluster.config);
  const endpoints = configuredEndpoints(config);
  const rateMs = durationOf(config.dns_refresh_rate, 5000);
  const failureRateMs = durationOf(messageOf(config.dns_failure_refresh_rate).base_interval, rateMs);
  const jitterMs = durationOf(config.dns_jitter, 0);
  const respectTtl = config.respect_dns_ttl === true;
  const lookupFamily = textOf(config.dns_lookup_family, 'AUTO');
  const stats = updateStats(cluster.name, dependencies.stats);
  const parts: (readonly HostDescription[])[] = endpoints.map(() => []);
  const timers = new Set<Timer>();
  let stopped = false;

  function apply(at: number, endpoint: ConfiguredEndpoint, addresses: readonly string[]): void {
    parts[at] = addresses.map((ip) => ({
      address: { kind: 'ip' as const, ip, port: endpoint.port },
      attributes: { ...endpoint.attributes, hostname: endpoint.attributes.hostname || endpoint.address },
    }));
    const before = cluster.hostSet;
    cluster.setHosts(parts.flat());
    if (cluster.hostSet === before) stats.noRebuild.inc();
  }

  async function refresh(at: number, endpoint: ConfiguredEndpoint): Promise<void> {
    stats.attempt.inc();
    const answer = isIP(endpoint.address)
      ? { addresses: [endpoint.address], ttlSeconds: 0 }
      : await lookUp(resolver, endpoint.address, lookupFamily);
    if (stopped) return;
    let delayMs = rateMs;
    if (answer === undefined) {
      stats.failure.inc();
      delayMs = failureRateMs;
    } else {
      stats.success.inc();
      if (respectTtl && answer.ttlSeconds > 0) delayMs = answer.ttlSeconds * 1000;
      // Names from the end first seen by the fast one must not wait for the slow one.
      apply(at, endpoint, answer.addresses);
    }
    if (isIP(endpoint.address)) return;
    const timer = dependencies.clock.setTimer(delayMs + dependencies.random() * jitterMs, () => {
      timers.delete(timer);
      void refresh(at, endpoint);
    });
    timers.add(timer);
  }

  return {
    warmed: Promise.all(endpoints.map((endpoint, at) => refresh(at, endpoint))).then(() => undefined),
    stop() {
      stopped = true;
      for (const timer of timers) timer.cancel();
      resolver.close();
    },
  };
}
