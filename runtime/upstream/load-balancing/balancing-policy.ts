/**
 * The load balancing policy of a cluster, from either way to write it: `lb_policy` with its `*_lb_config` and
 * `common_lb_config`, or an extension of `load_balancing_policy`.
 */
import type { Fields } from '../../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf, typeNameOf } from '../../common/message-fields.js';
import { under } from '../../network/config-path.js';
import { ConfigError } from '../../network/filter.js';
import { compileHashPolicy } from '../../route/compile-hash-policy.js';
import type { HashPolicy } from '../../route/route-table.js';
import { defaultTableSize, isPrime } from './maglev.js';
import { defaultOverprovisioningFactor, defaultPanicThreshold } from './priority-load.js';
import type { LevelOptions } from './priority-load.js';
import type { SubsetOptions } from './subset-options.js';
import { readSubsetOptions } from './subset-options.js';
import type { ZoneAwareOptions } from './zone-routing.js';

interface Hashing {
  readonly useHostname: boolean;
  /** Percent of the average load that a host may have; 0: any. */
  readonly balanceFactor: number;
  /** Instead of that of the route; undefined when there is none. */
  readonly hashPolicy: HashPolicy | undefined;
}

type HostPolicy =
  | { readonly kind: 'ROUND_ROBIN'; readonly slowStart: unknown }
  | { readonly kind: 'RANDOM' }
  | {
      readonly kind: 'LEAST_REQUEST';
      readonly slowStart: unknown;
      readonly choices: number;
      readonly bias: number;
      readonly scansAll: boolean;
    }
  | ({
      readonly kind: 'RING_HASH';
      readonly minimumSize: number;
      readonly maximumSize: number;
      readonly hashFunction: 'XX_HASH' | 'MURMUR_HASH_2';
    } & Hashing)
  | ({ readonly kind: 'MAGLEV'; readonly tableSize: number } & Hashing);

interface Localities {
  readonly localityWeighted: boolean;
  readonly zoneAware: ZoneAwareOptions;
}

/** A policy with everything that it needs. */
export interface BalancingPolicy extends Localities {
  readonly hosts: HostPolicy;
  readonly level: LevelOptions;
  /** undefined: no subsets. */
  readonly subsets: SubsetOptions | undefined;
}

/** A percentage as a whole number, as Envoy takes it: of 0 to 100, cut. */
function wholePercent(percent: unknown, absent: number): number {
  return percent === undefined ? absent : Math.floor(numberOf(messageOf(percent).value, 0));
}

/** @param config of a cluster's `common_lb_config`, or a `LocalityLbConfig` */
function readLocalities(config: Fields): Localities {
  const zone = messageOf(config.zone_aware_lb_config);
  return {
    localityWeighted: config.locality_weighted_lb_config !== undefined,
    zoneAware: {
      routingEnabled: wholePercent(zone.routing_enabled, 100),
      minClusterSize: numberOf(zone.min_cluster_size, 6),
      failTrafficOnPanic: zone.fail_traffic_on_panic === true,
      forcedFrom: forcedFrom(zone),
      byWeight: zone.locality_basis === 'HEALTHY_HOSTS_WEIGHT',
    },
  };
}

/** `force_local_zone`, and the older field that it takes the place of. */
function forcedFrom(zone: Fields): number | undefined {
  if (zone.force_local_zone !== undefined) return numberOf(messageOf(zone.force_local_zone).min_size, 1);
  return zone.force_locality_direct_routing === true ? 1 : undefined;
}

function readLevel(cluster: Fields): LevelOptions {
  const policy = messageOf(messageOf(cluster.load_assignment).policy);
  const { healthy_panic_threshold } = messageOf(cluster.common_lb_config);
  return {
    panicThreshold: Math.min(100, wholePercent(healthy_panic_threshold, defaultPanicThreshold)),
    overprovisioningFactor: numberOf(policy.overprovisioning_factor, defaultOverprovisioningFactor),
    weightedHealth: policy.weighted_priority_health === true,
  };
}

function readRing(config: Fields, hashing: Hashing): HostPolicy {
  const minimumSize = numberOf(config.minimum_ring_size, 1024);
  const maximumSize = numberOf(config.maximum_ring_size, 8 * 1024 * 1024);
  if (minimumSize > maximumSize) {
    throw new ConfigError(
      `ring hash: minimum_ring_size (${minimumSize}) > maximum_ring_size (${maximumSize})`,
      ['minimum_ring_size'],
    );
  }
  const hashFunction = config.hash_function === 'MURMUR_HASH_2' ? 'MURMUR_HASH_2' : 'XX_HASH';
  return { kind: 'RING_HASH', minimumSize, maximumSize, hashFunction, ...hashing };
}

function readMaglev(config: Fields, hashing: Hashing): HostPolicy {
  const tableSize = numberOf(config.table_size, defaultTableSize);
  if (!isPrime(tableSize)) {
    throw new ConfigError('The table size of maglev must be prime number', ['table_size']);
  }
  return { kind: 'MAGLEV', tableSize, ...hashing };
}

function readHashing(config: Fields): Hashing {
  return {
    useHostname: config.use_hostname_for_hashing === true,
    balanceFactor: numberOf(config.hash_balance_factor, 0),
    hashPolicy: under(
      () => compileHashPolicy(config.hash_policy),
      'consistent_hashing_lb_config',
      'hash_policy',
    ),
  };
}

function readLeastRequest(config: Fields): HostPolicy {
  const bias = config.active_request_bias;
  return {
    kind: 'LEAST_REQUEST',
    slowStart: config.slow_start_config,
    choices: numberOf(config.choice_count, 2),
    // `{}` is a bias of 0: the message is set, its number has the default of its type.
    bias: bias === undefined ? 1 : numberOf(messageOf(bias).default_value, 0),
    scansAll: config.selection_method === 'FULL_SCAN' || config.enable_full_scan === true,
  };
}

/** `lb_policy`. @throws ConfigError with the path inside the cluster */
function readLegacy(cluster: Fields): HostPolicy {
  const common = messageOf(cluster.common_lb_config);
  const hashing = readHashing(messageOf(common.consistent_hashing_lb_config));
  const type = textOf(cluster.type, 'STATIC');
  if (hashing.useHostname && type !== 'STRICT_DNS') {
    throw new ConfigError(
      `Cannot use hostname for consistent hashing loadbalancing for cluster of type: 'envoy.cluster.${type.toLowerCase()}'`,
      ['common_lb_config', 'consistent_hashing_lb_config', 'use_hostname_for_hashing'],
    );
  }
  const policy = textOf(cluster.lb_policy, 'ROUND_ROBIN');
  switch (policy) {
    case 'ROUND_ROBIN': {
      const slowStart = messageOf(cluster.round_robin_lb_config).slow_start_config;
      return { kind: 'ROUND_ROBIN', slowStart };
    }
    case 'RANDOM':
      return { kind: 'RANDOM' };
    case 'LEAST_REQUEST':
      return readLeastRequest(messageOf(cluster.least_request_lb_config));
    case 'RING_HASH':
      return under(() => readRing(messageOf(cluster.ring_hash_lb_config), hashing), 'ring_hash_lb_config');
    case 'MAGLEV':
      return under(() => readMaglev(messageOf(cluster.maglev_lb_config), hashing), 'maglev_lb_config');
    case 'LOAD_BALANCING_POLICY_CONFIG':
      throw new ConfigError('cluster: field load_balancing_policy need to be set', ['lb_policy']);
    default:
      throw new ConfigError(`the load balancing policy ${policy} needs real Envoy`, ['lb_policy'], true);
  }
}

const extensions = 'envoy.extensions.load_balancing_policies.';

/** @throws ConfigError with the path inside the extension's configuration */
function readExtension(config: Fields, level: LevelOptions): BalancingPolicy {
  const type = typeNameOf(config);
  const made = (hosts: HostPolicy, localities: unknown): BalancingPolicy => ({
    hosts,
    level,
    subsets: undefined,
    ...readLocalities(messageOf(localities)),
  });
  const consistent = config.consistent_hashing_lb_config;
  switch (type) {
    case `${extensions}round_robin.v3.RoundRobin`: {
      const slowStart = config.slow_start_config;
      return made({ kind: 'ROUND_ROBIN', slowStart }, config.locality_lb_config);
    }
    case `${extensions}random.v3.Random`:
      return made({ kind: 'RANDOM' }, config.locality_lb_config);
    case `${extensions}least_request.v3.LeastRequest`:
      return made(readLeastRequest(config), config.locality_lb_config);
    case `${extensions}ring_hash.v3.RingHash`:
      return made(readRing(config, readHashing(messageOf(consistent ?? config))), config);
    case `${extensions}maglev.v3.Maglev`:
      return made(readMaglev(config, readHashing(messageOf(consistent))), config);
    case `${extensions}subset.v3.Subset`: {
      const inner = under(
        () => readExtensions(messageOf(config.subset_lb_policy), level, 'subset lb'),
        'subset_lb_policy',
      );
      if (inner.subsets !== undefined) {
        throw new ConfigError('subsets of subsets need real Envoy', ['subset_lb_policy'], true);
      }
      return { ...inner, subsets: readSubsetOptions(config) };
    }
    default:
      throw new ConfigError(`the load balancing policy ${type} needs real Envoy`, [], true);
  }
}

/**
 * The first policy of the list counts: Envoy knows all that have a type here.
 * @param owner as Envoy calls who has the list
 */
function readExtensions(list: Fields, level: LevelOptions, owner: string): BalancingPolicy {
  const [first] = messagesOf(list.policies);
  if (first === undefined) {
    throw new ConfigError(
      `cluster: didn't find a registered load balancer factory implementation for ${owner} with names from []`,
    );
  }
  return under(
    () => readExtension(messageOf(messageOf(first.typed_extension_config).typed_config), level),
    'policies',
    0,
    'typed_extension_config',
    'typed_config',
  );
}

/** What an extension says may not be said a second time. @throws ConfigError in Envoy's words */
function checkCombination(cluster: Fields): void {
  if (cluster.lb_subset_config !== undefined) {
    throw new ConfigError('cluster: load_balancing_policy cannot be combined with lb_subset_config', [
      'lb_subset_config',
    ]);
  }
  const common = messageOf(cluster.common_lb_config);
  const fields = ['zone_aware_lb_config', 'locality_weighted_lb_config', 'consistent_hashing_lb_config'];
  const field = fields.find((name) => common[name] !== undefined);
  if (field === undefined) return;
  throw new ConfigError(
    `cluster: load_balancing_policy cannot be combined with partial fields (${fields.join(', ')}) of common_lb_config`,
    ['common_lb_config', field],
  );
}

/** @throws ConfigError with the path inside the cluster */
export function readBalancingPolicy(config: unknown): BalancingPolicy {
  const cluster = messageOf(config);
  const level = readLevel(cluster);
  if (cluster.load_balancing_policy !== undefined) {
    checkCombination(cluster);
    const owner = `cluster: '${textOf(cluster.name)}'`;
    return under(
      () => readExtensions(messageOf(cluster.load_balancing_policy), level, owner),
      'load_balancing_policy',
    );
  }
  const hosts = readLegacy(cluster);
  const subsets = messageOf(cluster.lb_subset_config);
  return {
    hosts,
    level,
    subsets:
      messagesOf(subsets.subset_selectors).length === 0
        ? undefined
        : under(() => readSubsetOptions(subsets), 'lb_subset_config'),
    ...readLocalities(messageOf(cluster.common_lb_config)),
  };
}
