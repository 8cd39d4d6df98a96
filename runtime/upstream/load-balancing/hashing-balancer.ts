/**
 * The balancer of the consistent policies, `RING_HASH` and `MAGLEV`: one table for each priority level, and the hash of the
 * request chooses level and host. A request without a hash comes anywhere.
 */
import type { HashPolicy } from '../../route/route-table.js';
import type { Host } from '../host/host.js';
import type { HashTable, TableHost } from './hash-table.js';
import { hashKeyOf } from './hash-table.js';
import type { LevelHosts, LocalityHosts } from './level-hosts.js';
import type { BalancerEnvironment, LoadBalancer, LoadBalancerContext } from './load-balancer.js';
import type { LevelChoice, LevelOptions, LevelStates } from './priority-load.js';
import { chooseLevel, levelStates } from './priority-load.js';

export interface HashingOptions {
  readonly level: LevelOptions;
  readonly localityWeighted: boolean;
  readonly useHostname: boolean;
  /** Instead of that of the route. */
  readonly hashPolicy: HashPolicy | undefined;
  readonly createTable: (hosts: readonly TableHost[]) => HashTable;
}

/** @param part of all weights that the list has together */
function weighted(hosts: readonly Host[], part: number, useHostname: boolean): TableHost[] {
  const sum = hosts.reduce((total, { weight }) => total + weight, 0);
  return hosts.map((host) => ({
    host,
    key: hashKeyOf(host, useHostname),
    weight: (host.weight * part) / sum,
  }));
}

/** Localities without weight have no hosts here. */
function weightedByLocality(
  localities: readonly LocalityHosts[],
  kind: 'hosts' | 'healthyHosts',
  useHostname: boolean,
): TableHost[] {
  const sum = localities.reduce((total, { weight }) => total + weight, 0);
  return localities.flatMap((locality) =>
    locality.weight === 0 ? [] : weighted(locality[kind], locality.weight / sum, useHostname),
  );
}

function tableHosts(level: LevelHosts, inPanic: boolean, options: HashingOptions): TableHost[] {
  const kind = inPanic ? 'hosts' : 'healthyHosts';
  const { localityWeighted, useHostname } = options;
  return localityWeighted
    ? weightedByLocality(level.localities, kind, useHostname)
    : weighted(level[kind], 1, useHostname);
}

export class HashingBalancer implements LoadBalancer {
  private readonly tables: readonly HashTable[];
  private readonly states: LevelStates;
  private readonly environment: BalancerEnvironment;
  private readonly hashPolicy: HashPolicy | undefined;
  private readonly choice: LevelChoice = { level: 0, degraded: false };

  /** @param levels at least one */
  constructor(levels: readonly LevelHosts[], options: HashingOptions, environment: BalancerEnvironment) {
    this.environment = environment;
    this.hashPolicy = options.hashPolicy;
    this.states = levelStates(levels, options.level);
    this.tables = levels.map((level, at) =>
      options.createTable(tableHosts(level, this.states.panic[at] === true, options)),
    );
  }

  chooseHost(context: LoadBalancerContext | undefined): Host | undefined {
    const { choice, states } = this;
    const { hashPolicy } = this;
    const found = hashPolicy === undefined ? context?.computeHash() : context?.hashBy(hashPolicy);
    const hash = found ?? this.randomHash();
    chooseLevel(states.loads, states.loads.healthy.length === 1 ? 0 : Number(hash % 100n), choice);
    if (states.panic[choice.level] === true) this.environment.stats.healthyPanic.inc();
    const table = this.tables[choice.level] as HashTable;
    const attempts = context?.hostSelectionRetryCount ?? 0;
    let host = table.choose(hash, 0);
    for (let attempt = 1; attempt <= attempts; attempt++) {
      if (host === undefined || context?.shouldSelectAnotherHost(host) !== true) return host;
      host = table.choose(hash, attempt);
    }
    return host;
  }

  private randomHash(): bigint {
    const { random } = this.environment;
    const half = (): bigint => BigInt(Math.floor(random() * 2 ** 32));
    return (half() << 32n) | half();
  }
}
