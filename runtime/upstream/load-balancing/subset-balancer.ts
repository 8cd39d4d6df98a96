/**
 * Subsets: the hosts of a cluster are grouped by values of their metadata, each group has a balancer of its own, and the route
 * says which group (`metadata_match`).
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/subsets
 */
import { messageOf } from '../../common/message-fields.js';
import type { MetadataCriterion } from '../../common/metadata-criteria.js';
import {
  comparableJson,
  hasMetadata,
  metadataCriteria,
  overrideCriteria,
} from '../../common/metadata-criteria.js';
import type { Host } from '../host/host.js';
import type { LevelHosts, LocalityWeight } from './level-hosts.js';
import { configuredWeight, partOfLevels } from './level-hosts.js';
import type { BalancerEnvironment, LoadBalancer, LoadBalancerContext } from './load-balancer.js';
import type { SubsetFallback, SubsetOptions, SubsetSelector } from './subset-options.js';

/** Makes the balancer of one subset. */
export type CreateLevelBalancer = (
  levels: readonly LevelHosts[],
  previous: LoadBalancer | undefined,
) => LoadBalancer;

type Criteria = readonly MetadataCriterion[];

const keyOf = (criteria: Criteria): string => JSON.stringify(criteria.map(({ json, key }) => [key, json]));
const fallbackList = 'fallback_list';

/** The subsets that a host belongs to by one selector: several when a list counts as any of its values. */
function criteriaOf(host: Host, { keys }: SubsetSelector, listAsAny: boolean): Criteria[] {
  const fields = host.lbMetadata ?? {};
  let found: Criteria[] = [[]];
  for (const key of keys) {
    const value = fields[key];
    if (value === undefined) return [];
    const values = listAsAny && Array.isArray(value) ? (value as readonly unknown[]) : [value];
    found = found.flatMap((before) =>
      values.map((one) => [...before, { key, value: one, json: comparableJson(one) }]),
    );
  }
  return keys.length === 0 ? [] : found;
}

/** A subset of exactly one host, whatever its health. */
class SingleHost implements LoadBalancer {
  private readonly host: Host;

  constructor(host: Host) {
    this.host = host;
  }

  chooseHost(): Host {
    return this.host;
  }
}

/** What selectors say for the case that no subset fits, by the keys that are wanted. */
function selectorFallbacks(selectors: readonly SubsetSelector[]): ReadonlyMap<string, SubsetSelector> {
  const found = new Map<string, SubsetSelector>();
  // As in Envoy's tree of keys: what another selector has passed through already has no fallback of its own.
  const seen = new Set<string>();
  for (const selector of selectors) {
    for (let length = 1; length <= selector.keys.length; length++) {
      const key = JSON.stringify(selector.keys.slice(0, length));
      if (seen.has(key)) continue;
      seen.add(key);
      if (length === selector.keys.length) found.set(key, selector);
    }
  }
  return found;
}

export class SubsetBalancer implements LoadBalancer {
  private readonly options: SubsetOptions;
  private readonly environment: BalancerEnvironment;
  private readonly subsets: ReadonlyMap<string, LoadBalancer>;
  /** undefined where no fallback needs them. */
  private readonly any: LoadBalancer | undefined;
  private readonly byDefault: LoadBalancer | undefined;
  private readonly fallbacks: ReadonlyMap<string, SubsetSelector>;

  constructor(
    levels: readonly LevelHosts[],
    options: SubsetOptions,
    create: CreateLevelBalancer,
    environment: BalancerEnvironment,
    before: LoadBalancer | undefined,
  ) {
    const previous = before instanceof SubsetBalancer ? before : undefined;
    this.options = options;
    this.environment = environment;
    this.fallbacks = selectorFallbacks(options.selectors);
    const weightOf = localityWeights(levels, options);
    const part = (belongs: (host: Host) => boolean, same: LoadBalancer | undefined): LoadBalancer =>
      create(partOfLevels(levels, belongs, environment.ownLocality, weightOf), same);
    const fallbacks = [options.fallback, ...options.selectors.map(({ fallback }) => fallback)];
    if (options.panicModeAny || fallbacks.includes('ANY_ENDPOINT')) {
      this.any = part(() => true, previous?.any);
    }
    if (fallbacks.includes('DEFAULT_SUBSET')) {
      this.byDefault = part(
        ({ lbMetadata }) => hasMetadata(lbMetadata ?? {}, options.defaultSubset, options.listAsAny),
        previous?.byDefault,
      );
    }
    this.subsets = this.build(levels, part, previous);
    this.count(previous);
  }

  private build(
    levels: readonly LevelHosts[],
    part: (belongs: (host: Host) => boolean, same: LoadBalancer | undefined) => LoadBalancer,
    previous: SubsetBalancer | undefined,
  ): ReadonlyMap<string, LoadBalancer> {
    const { environment, options } = this;
    const members = new Map<string, { readonly hosts: Set<Host>; readonly single: boolean }>();
    let duplicates = 0;
    for (const { hosts } of levels) {
      duplicates = 0;
      const taken = new Set<string>();
      for (const host of hosts) {
        for (const selector of options.selectors) {
          for (const criteria of criteriaOf(host, selector, options.listAsAny)) {
            const key = keyOf(criteria);
            const group = members.get(key) ?? { hosts: new Set<Host>(), single: selector.singleHost };
            members.set(key, group);
            if (group.single && taken.has(key)) duplicates++;
            else group.hosts.add(host);
            taken.add(key);
          }
        }
      }
    }
    environment.stats.gauge('lb_subsets_single_host_per_subset_duplicate').set(duplicates);
    return new Map(
      [...members].map(([key, { hosts, single }]) => [
        key,
        single
          ? new SingleHost([...hosts][0] as Host)
          : part((host) => hosts.has(host), previous?.subsets.get(key)),
      ]),
    );
  }

  private count(previous: SubsetBalancer | undefined): void {
    const { stats } = this.environment;
    const before = previous?.subsets ?? new Map<string, LoadBalancer>();
    for (const key of this.subsets.keys()) if (!before.has(key)) stats.subsetsCreated.inc();
    for (const key of before.keys()) if (!this.subsets.has(key)) stats.subsetsRemoved.inc();
    stats.subsetsActive.set(this.subsets.size);
  }

  chooseHost(context: LoadBalancerContext | undefined): Host | undefined {
    const criteria = context?.metadataCriteria;
    const list = this.options.usesFallbackList
      ? criteria?.find(({ key }) => key === fallbackList)?.value
      : undefined;
    if (criteria === undefined || !Array.isArray(list)) return this.chooseFor(criteria, context);
    const others = criteria.filter(({ key }) => key !== fallbackList);
    if (list.length === 0) return this.chooseFor(others, context);
    for (const over of list) {
      const wanted = overrideCriteria(others, metadataCriteria(messageOf(over)));
      const host = this.chooseFor(wanted, context);
      if (host !== undefined) return host;
    }
    return undefined;
  }

  private chooseFor(given: Criteria | undefined, context: LoadBalancerContext | undefined): Host | undefined {
    const { options } = this;
    const { stats } = this.environment;
    const criteria = options.allowRedundantKeys ? this.withoutRedundant(given) : given;
    if (criteria !== undefined && criteria.length > 0) {
      const subset = this.subsets.get(keyOf(criteria));
      if (subset !== undefined) {
        stats.subsetsSelected.inc();
        return subset.chooseHost(context);
      }
      const selector = this.fallbacks.get(JSON.stringify(criteria.map(({ key }) => key)));
      if (selector !== undefined && selector.fallback !== 'NOT_DEFINED') {
        if (selector.fallback !== 'KEYS_SUBSET') return this.fallback(selector.fallback)?.chooseHost(context);
        const kept = criteria.filter(({ key }) => selector.fallbackKeys.includes(key));
        return this.chooseFor(kept, context);
      }
    }
    const balancer = this.fallback(options.fallback);
    if (balancer === undefined) return undefined;
    const host = balancer.chooseHost(context);
    if (host !== undefined) {
      stats.subsetsFallback.inc();
      return host;
    }
    if (!options.panicModeAny) return undefined;
    const other = this.any?.chooseHost(context);
    if (other !== undefined) stats.subsetsFallbackPanic.inc();
    return other;
  }

  private fallback(policy: SubsetFallback): LoadBalancer | undefined {
    if (policy === 'NO_FALLBACK') return undefined;
    return policy === 'ANY_ENDPOINT' ? this.any : this.byDefault;
  }

  /** The keys of the first selector that the request has all of; everything when there is none. */
  private withoutRedundant(criteria: Criteria | undefined): Criteria | undefined {
    if (criteria === undefined) return undefined;
    for (const { keys } of this.options.selectors) {
      const kept = criteria.filter(({ key }) => keys.includes(key));
      if (kept.length === keys.length) return kept;
    }
    return criteria;
  }
}

/** What localities weigh in a subset: nothing, as configured, or by the part of their hosts that belong to it. */
function localityWeights(levels: readonly LevelHosts[], options: SubsetOptions): LocalityWeight {
  if (!options.localityWeightAware) return () => 0;
  if (!options.scaleLocalityWeight) return configuredWeight;
  return (hosts) => {
    const [{ priority, region, subZone, zone } = { priority: 0, region: '', subZone: '', zone: '' }] = hosts;
    const whole = levels[priority]?.localities.find(
      ({ locality }) => locality.region === region && locality.zone === zone && locality.subZone === subZone,
    );
    return whole === undefined ? 0 : Math.round((whole.weight * hosts.length) / whole.hosts.length);
  };
}
