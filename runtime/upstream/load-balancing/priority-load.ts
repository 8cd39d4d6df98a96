/**
 * How the load is spread over priority levels: all to the highest (0) while it is healthy enough, the rest to the next;
 * degraded hosts take what healthy ones cannot; and which levels are in panic, so that health does not count there
 * (https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority).
 */
import type { Host } from '../host/host.js';
import type { LevelHosts } from './level-hosts.js';

/** `overprovisioning_factor`, in percent: a level takes everything while 72 % of its hosts are healthy. */
export const defaultOverprovisioningFactor = 140;
/** `common_lb_config.healthy_panic_threshold`, in percent. */
export const defaultPanicThreshold = 50;

export interface PriorityLoads {
  /** Percent of the requests that the healthy hosts of each level take. All numbers of both lists have the sum 100. */
  readonly healthy: readonly number[];
  /** Percent of the requests that the degraded hosts of each level take. */
  readonly degraded: readonly number[];
  /** How able each level is, in percent: what the loads were made of. */
  readonly availability: { readonly healthy: readonly number[]; readonly degraded: readonly number[] };
}

export interface LevelStates {
  readonly loads: PriorityLoads;
  /** Levels in which any host may be chosen, healthy or not. */
  readonly panic: readonly boolean[];
}

export interface LevelOptions {
  /** Percent; 0: no level is ever in panic. */
  readonly panicThreshold: number;
  /** Percent. */
  readonly overprovisioningFactor: number;
  /** Hosts count by their weights (`policy.weighted_priority_health`). */
  readonly weightedHealth: boolean;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, one) => total + one, 0);

/** Gives as much as possible to the first levels. @returns what is left of the load */
function distribute(
  load: number[],
  availability: readonly number[],
  toSpread: number,
  total: number,
): number {
  let left = toSpread;
  for (const [level, available] of availability.entries()) {
    load[level] = Math.min(left, Math.floor((available * 100) / total));
    left -= load[level];
  }
  return left;
}

/** @param healthy, degraded percent of each level */
export function spreadLoad(healthy: readonly number[], degraded: readonly number[]): PriorityLoads {
  const total = Math.min(100, sum(healthy) + sum(degraded));
  const loads = {
    healthy: healthy.map(() => 0),
    degraded: degraded.map(() => 0),
    availability: { healthy, degraded },
  };
  if (total === 0) return loads;
  const left = distribute(loads.degraded, degraded, distribute(loads.healthy, healthy, 100, total), total);
  // What rounding has left over goes to the first level that takes anything.
  const firstHealthy = healthy.findIndex((one) => one > 0);
  const first = firstHealthy >= 0 ? loads.healthy : loads.degraded;
  const level = firstHealthy >= 0 ? firstHealthy : degraded.findIndex((one) => one > 0);
  first[level] = (first[level] as number) + left;
  return loads;
}

/** By the number of hosts, whatever their health: all levels are in panic. */
function spreadInPanic(
  levels: readonly LevelHosts[],
  availability: PriorityLoads['availability'],
): PriorityLoads {
  const total = sum(levels.map(({ hosts }) => hosts.length));
  const degraded = levels.map(() => 0);
  if (total === 0) {
    return { healthy: levels.map((_, level) => (level === 0 ? 100 : 0)), degraded, availability };
  }
  const healthy = levels.map(({ hosts }) => Math.floor((100 * hosts.length) / total));
  const first = levels.findIndex(({ hosts }) => hosts.length > 0);
  healthy[first] = (healthy[first] as number) + 100 - sum(healthy);
  return { healthy, degraded, availability };
}

export function levelStates(levels: readonly LevelHosts[], options: LevelOptions): LevelStates {
  const { overprovisioningFactor, panicThreshold, weightedHealth } = options;
  const size = (hosts: readonly Host[]): number =>
    weightedHealth ? sum(hosts.map(({ weight }) => weight)) : hosts.length;
  const available = (kind: 'healthyHosts' | 'degradedHosts') =>
    levels.map((level) => {
      const total = size(level.hosts) - size(level.excludedHosts);
      return total <= 0 ? 0 : Math.min(100, Math.floor((overprovisioningFactor * size(level[kind])) / total));
    });
  const healthy = available('healthyHosts');
  const degraded = available('degradedHosts');
  const total = Math.min(100, sum(healthy) + sum(degraded));
  if (total === 0 && panicThreshold === 0) {
    const first = levels.map((_, level) => (level === 0 ? 100 : 0));
    const loads = { healthy: first, degraded: levels.map(() => 0), availability: { healthy, degraded } };
    return { loads, panic: levels.map(() => false) };
  }
  const panic = levels.map((level) => {
    if (total === 100) return false;
    const count = level.hosts.length - level.excludedHosts.length;
    const able = level.healthyHosts.length + level.degradedHosts.length;
    return (count <= 0 ? 0 : (100 * able) / count) < panicThreshold;
  });
  const loads = panic.every(Boolean)
    ? spreadInPanic(levels, { healthy, degraded })
    : spreadLoad(healthy, degraded);
  return { loads, panic };
}

/** A level, and which of its hosts. */
export interface LevelChoice {
  level: number;
  degraded: boolean;
}

/**
 * @param number of [0, 100)
 * @param choice is filled in
 */
export function chooseLevel({ degraded, healthy }: PriorityLoads, number: number, choice: LevelChoice): void {
  let left = number;
  choice.degraded = false;
  for (let level = 0; level < healthy.length; level++) {
    left -= healthy[level] as number;
    if (left < 0) {
      choice.level = level;
      return;
    }
  }
  choice.degraded = true;
  for (let level = 0; level < degraded.length; level++) {
    left -= degraded[level] as number;
    if (left < 0) {
      choice.level = level;
      return;
    }
  }
  choice.level = 0;
  choice.degraded = false;
}
