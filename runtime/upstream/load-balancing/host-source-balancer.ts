/**
 * The balancer of the policies that choose from a list of hosts: round robin, random, least request. It first chooses the list
 * as Envoy does: the priority level by its load, healthy or degraded hosts, all of them in panic, one locality by its weight
 * or by zone aware routing; then the policy's picker of that list chooses the host.
 */
import type { Host } from '../host/host.js';
import type { EdfScheduler } from './edf-scheduler.js';
import type { CreateHostPicker, HostPicker } from './host-picker.js';
import type { LevelHosts } from './level-hosts.js';
import type { BalancerEnvironment, LoadBalancer, LoadBalancerContext } from './load-balancer.js';
import { scheduleLocalities } from './locality-schedule.js';
import type { LevelChoice, LevelOptions, LevelStates } from './priority-load.js';
import { chooseLevel, levelStates } from './priority-load.js';
import type { ZoneAwareOptions } from './zone-routing.js';
import { ZoneRouting } from './zone-routing.js';

export interface HostSourceOptions {
  readonly level: LevelOptions;
  readonly createPicker: CreateHostPicker;
  /** `locality_weighted_lb_config`. */
  readonly localityWeighted: boolean;
  readonly zoneAware: ZoneAwareOptions;
}

/** The lists of one level, each with its picker from its first use on. */
class LevelSources {
  readonly hosts: LevelHosts;
  private readonly options: HostSourceOptions;
  /** Those of the generation before, for what they know of the turn. */
  private readonly pickersBefore: readonly (HostPicker | undefined)[];
  private readonly pickers: (HostPicker | undefined)[] = [];
  private readonly schedules: (EdfScheduler<number> | undefined)[] = [undefined, undefined];
  readonly zoneRouting: ZoneRouting | undefined;

  constructor(
    hosts: LevelHosts,
    options: HostSourceOptions,
    environment: BalancerEnvironment,
    before: LevelSources | undefined,
  ) {
    this.hosts = hosts;
    this.options = options;
    this.pickersBefore = before?.pickers ?? [];
    const { localCluster, random } = environment;
    if (options.localityWeighted) {
      const factor = options.level.overprovisioningFactor;
      this.schedules = [
        scheduleLocalities(hosts, 'healthyHosts', factor, random),
        scheduleLocalities(hosts, 'degradedHosts', factor, random),
      ];
    }
    this.zoneRouting =
      hosts.priority > 0 || localCluster === undefined
        ? undefined
        : new ZoneRouting(hosts, options.zoneAware, environment, localCluster, options.level.panicThreshold);
  }

  pickAny(): Host | undefined {
    return this.picker(0, this.hosts.hosts).pick();
  }

  pick(degraded: boolean): Host | undefined {
    return degraded
      ? this.picker(2, this.hosts.degradedHosts).pick()
      : this.picker(1, this.hosts.healthyHosts).pick();
  }

  pickIn(locality: number, degraded: boolean): Host | undefined {
    const { degradedHosts, healthyHosts } = this.hosts.localities[
      locality
    ] as LevelHosts['localities'][number];
    const source = 3 + 2 * locality + (degraded ? 1 : 0);
    return this.picker(source, degraded ? degradedHosts : healthyHosts).pick();
  }

  /** The next locality by weight; undefined when weights do not count. */
  nextLocality(degraded: boolean): number | undefined {
    return this.schedules[degraded ? 1 : 0]?.pick();
  }

  private picker(source: number, hosts: readonly Host[]): HostPicker {
    let found = this.pickers[source];
    if (found === undefined) {
      found = this.options.createPicker(hosts, this.pickersBefore[source]);
      this.pickers[source] = found;
    }
    return found;
  }
}

export class HostSourceBalancer implements LoadBalancer {
  private readonly levels: readonly LevelSources[];
  private readonly hosts: readonly LevelHosts[];
  private readonly states: LevelStates;
  private readonly options: HostSourceOptions;
  private readonly environment: BalancerEnvironment;
  /** All healthy hosts of the one level: nothing is to be chosen before the host. */
  private readonly only: LevelSources | undefined;
  private readonly choice: LevelChoice = { level: 0, degraded: false };

  /** @param levels at least one */
  constructor(
    levels: readonly LevelHosts[],
    options: HostSourceOptions,
    environment: BalancerEnvironment,
    before: LoadBalancer | undefined,
  ) {
    const levelsBefore = before instanceof HostSourceBalancer ? before.levels : [];
    this.hosts = levels;
    this.options = options;
    this.environment = environment;
    this.states = levelStates(levels, options.level);
    this.levels = levels.map((level, at) => new LevelSources(level, options, environment, levelsBefore[at]));
    const [first] = this.levels;
    const isPlain =
      levels.length === 1 &&
      this.states.loads.healthy[0] === 100 &&
      this.states.panic[0] === false &&
      !options.localityWeighted &&
      first?.zoneRouting === undefined;
    this.only = isPlain ? first : undefined;
  }

  chooseHost(context: LoadBalancerContext | undefined): Host | undefined {
    let host = this.chooseOnce(context);
    if (context === undefined) return host;
    for (let left = context.hostSelectionRetryCount; left > 0; left--) {
      if (host === undefined || !context.shouldSelectAnotherHost(host)) return host;
      host = this.chooseOnce(context);
    }
    return host;
  }

  private chooseOnce(context: LoadBalancerContext | undefined): Host | undefined {
    if (this.only !== undefined) return this.only.pick(false);
    const { choice, environment, levels, options, states } = this;
    const { loads, panic } = states;
    const adjusted = context === undefined ? loads : context.adjustPriorityLoads(loads, this.hosts);
    chooseLevel(adjusted, Math.floor(environment.random() * 100), choice);
    const { degraded } = choice;
    const level = levels[choice.level] as LevelSources;
    if (panic[choice.level] === true) {
      environment.stats.healthyPanic.inc();
      return options.zoneAware.failTrafficOnPanic ? undefined : level.pickAny();
    }
    if (options.localityWeighted) {
      const locality = level.nextLocality(degraded);
      return locality === undefined ? level.pick(degraded) : level.pickIn(locality, degraded);
    }
    const locality = level.zoneRouting?.choose();
    if (locality === 'fail') return undefined;
    return locality === undefined ? level.pick(degraded) : level.pickIn(locality, degraded);
  }
}
