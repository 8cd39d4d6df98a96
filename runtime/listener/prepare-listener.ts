/**
 * The `Listener` message -> a listener beside those that serve. Chains that connections cannot tell from those of the
 * listener before are kept with their connections, and only told their new configuration at the commit.
 */
import type { Clock } from '../common/clock.js';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf, typeNameOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import type { FactoryContext } from '../network/filter.js';
import { ConfigError } from '../network/filter.js';
import type { InspectorOptions } from './connection-inspector.js';
import { createListenerFilters, proxyProtocolType, tlsInspectorType } from './create-listener-filters.js';
import type { FilterChain, FilterChainConfig, FilterFactories } from './filter-chain.js';
import { createFilterChain, readFilterChain } from './filter-chain.js';
import type { ConnectionLimit, ConnectionLimits, OpenCount } from './connection-limits.js';
import { compileChainMatch, needsClientHello } from './filter-chain-match.js';
import { Listener } from './listener.js';
import type { ListenerAddress } from './listener-address.js';
import { addressText, listenerAddresses } from './listener-address.js';
import type { ListenerStats } from './listener-stats.js';
import { createListenerStats } from './listener-stats.js';

/** What filters get, but for what depends on the listener. */
export type ListenerContext = Omit<FactoryContext, 'listenerStatPrefix' | 'bufferLimitBytes'> & {
  /** Absent: none. */
  readonly connectionLimits?: ConnectionLimits;
  /** Of several processes, from 0 on. Default 0. */
  readonly workerIndex?: number;
};

export interface PreparedListener {
  readonly listener: Listener;
  /** Tells the kept chains their new configuration. */
  commit(): void;
  /** Closes what was built for nothing. */
  discard(): void;
}

const oneMiB = 1024 * 1024;
/** Linux begins after two hours when `keepalive_time` (seconds) is not set. */
const keepaliveTimeMs = (config: unknown): number => numberOf(messageOf(config).keepalive_time, 7200) * 1000;
const listenerFiltersTimeoutMs = 15_000;

interface ChainPlace {
  readonly message: Fields;
  readonly path: readonly (string | number)[];
}

function chainPlaces(config: Fields): ChainPlace[] {
  const chains = messagesOf(config.filter_chains).map(
    (message, index): ChainPlace => ({ message, path: ['filter_chains', index] }),
  );
  const { default_filter_chain } = config;
  if (default_filter_chain !== undefined) {
    chains.push({ message: messageOf(default_filter_chain), path: ['default_filter_chain'] });
  }
  if (chains.length === 0) throw new ConfigError('no filter chains specified');
  return chains;
}

/** Through TLS, connections of a Unix socket cannot be told apart, nor what was said of them before. */
function refuseProxiedPipes(
  config: Fields,
  addresses: readonly ListenerAddress[],
  chains: readonly FilterChainConfig[],
): void {
  const at = messagesOf(config.listener_filters).findIndex(
    ({ typed_config }) => typeNameOf(typed_config) === proxyProtocolType,
  );
  const isOnPipe = addresses.some((address) => 'path' in address);
  if (at < 0 || !isOnPipe || chains.every(({ tls }) => tls === undefined)) return;
  const path = ['listener_filters', at];
  throw new ConfigError('the PROXY protocol before TLS on a Unix socket needs real Envoy', path, true);
}

function limitsOf(
  config: Fields,
  own: OpenCount,
  all: OpenCount,
  limits: ConnectionLimits | undefined,
  stats: ListenerStats,
): ConnectionLimit[] {
  const ofListener = limits?.ofListener.get(textOf(config.name));
  const global = config.ignore_global_conn_limit === true ? undefined : limits?.global;
  return [
    ...(ofListener === undefined ? [] : [{ max: ofListener, count: own, refused: stats.cxOverflow }]),
    ...(global === undefined ? [] : [{ max: global, count: all, refused: stats.globalCxOverflow }]),
  ];
}

function inspectionOf(
  config: Fields,
  context: FactoryContext,
  stats: ListenerStats,
): InspectorOptions | undefined {
  const listenerFilters = messagesOf(config.listener_filters);
  const filters = createListenerFilters(listenerFilters, context.stats);
  const readsHello = listenerFilters.some((one) => typeNameOf(one.typed_config) === tlsInspectorType);
  if (!readsHello && needsClientHello(messagesOf(config.filter_chains))) {
    // Envoy does not look by itself, and says nothing.
    context.loggers
      .get('config')
      .warning(
        `listener '${textOf(config.name)}' chooses filter chains by what only a TLS inspector tells, and has none: add envoy.filters.listener.tls_inspector to listener_filters`,
      );
  }
  if (filters.length === 0) return undefined;
  return {
    stats,
    timedOut: stats.preCxTimeout,
    filters,
    timeout: context.timeouts.get(durationOf(config.listener_filters_timeout, listenerFiltersTimeoutMs)),
    continuesOnTimeout: config.continue_on_listener_filters_timeout === true,
  };
}

/** Old chains by what connections depend on; each is taken once, one of the same name first. */
class KeptChains {
  private readonly left: Set<FilterChain>;

  constructor(chains: readonly FilterChain[]) {
    this.left = new Set(chains);
  }

  take({ identity, name }: FilterChainConfig): FilterChain | undefined {
    const same = [...this.left].filter((one) => one.config.identity === identity);
    const chosen = same.find((one) => one.config.name === name) ?? same[0];
    if (chosen !== undefined) this.left.delete(chosen);
    return chosen;
  }
}

/**
 * @param before the listener whose place it takes
 * @param allOpen connections of all listeners
 * @throws ConfigError with the path inside the listener; nothing has changed then
 */
export function prepareListener(
  config: Fields,
  before: Listener | undefined,
  factories: FilterFactories,
  context: ListenerContext,
  clock: Clock,
  allOpen: OpenCount,
): PreparedListener {
  const addresses = listenerAddresses(config);
  const places = chainPlaces(config);
  const messages = messagesOf(config.filter_chains);
  const selectChain = compileChainMatch(messages);
  const prefixName = textOf(config.stat_prefix) || addressText(addresses[0] as ListenerAddress);
  const full: FactoryContext = {
    ...context,
    listenerStatPrefix: `listener.${prefixName.replaceAll(':', '_')}.`,
    isOutbound: config.traffic_direction === 'OUTBOUND',
    bufferLimitBytes: numberOf(config.per_connection_buffer_limit_bytes, oneMiB),
  };
  const read = places.map(({ message, path }) =>
    readFilterChain(message, path, full.bufferLimitBytes, factories, context.secrets ?? []),
  );
  refuseProxiedPipes(config, addresses, read);
  const stats = createListenerStats(full.listenerStatPrefix, context.stats, context.workerIndex);
  const kept = new KeptChains(before?.allChains ?? []);
  const commits: (() => void)[] = [];
  const built: FilterChain[] = [];
  const chainOf = (chain: FilterChainConfig): FilterChain => {
    const old = kept.take(chain);
    if (old !== undefined) {
      const commit = updateOf(old, chain, full);
      if (commit !== undefined) {
        // What its files hold may have changed while the configuration is the same.
        commits.push(commit, () => old.setTls(chain.tls));
        return old;
      }
    }
    const made = createFilterChain(chain, full, stats);
    built.push(made);
    return made;
  };
  const discard = (): void => {
    for (const chain of built) chain.close();
  };
  try {
    const chains = read.map(chainOf);
    const defaultChain = config.default_filter_chain === undefined ? undefined : chains.pop();
    const openCount = before?.parts.openCount ?? { open: 0 };
    const isPlainChoice = chains.length === 1 && messages[0]?.filter_chain_match === undefined;
    const listener = new Listener({
      config,
      addresses,
      chains,
      defaultChain,
      selectChain: isPlainChoice ? undefined : selectChain,
      inspection: inspectionOf(config, full, stats),
      stats,
      clock,
      log: context.loggers.get('conn_handler'),
      limits: limitsOf(config, openCount, allOpen, context.connectionLimits, stats),
      openCount,
      keepaliveTimeMs: config.tcp_keepalive === undefined ? 0 : keepaliveTimeMs(config.tcp_keepalive),
    });
    return {
      listener,
      commit() {
        for (const commit of commits) commit();
      },
      discard,
    };
  } catch (error) {
    discard();
    throw error;
  }
}

function updateOf(
  old: FilterChain,
  chain: FilterChainConfig,
  context: FactoryContext,
): (() => void) | undefined {
  const own = { ...context, filterChainName: chain.name };
  return under(() => old.filter.prepareUpdate(chain.filterConfig, own), ...chain.filterPath);
}
