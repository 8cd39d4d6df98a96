/**
 * Clusters that were given by value travel with the object that uses them, under a symbol: it survives spreads, and is
 * no part of the emitted data.
 */
import type { Cluster } from '../types.js';

const carried: unique symbol = Symbol('envoy3.clusters');

/** The object with its clusters. */
export function carry<T extends object>(object: T, clusters: readonly Cluster[]): T {
  return clusters.length === 0 ? object : { ...object, [carried]: clusters };
}

/** A target by value or by name -> the name. */
export function nameOf(target: Cluster | string): string {
  return typeof target === 'string' ? target : target.name;
}

/** Those of the targets that were given by value. */
export function valuesOf(targets: readonly (Cluster | string)[]): Cluster[] {
  return targets.filter((target) => typeof target !== 'string');
}

/** All clusters inside of a value, each once, in the order of their first use. */
export function collectClusters(value: unknown, into = new Set<Cluster>()): Set<Cluster> {
  if (Array.isArray(value)) for (const item of value) collectClusters(item, into);
  else if (typeof value === 'object' && value !== null) {
    const own = (value as { [carried]?: readonly Cluster[] })[carried];
    for (const cluster of own ?? []) into.add(cluster);
    for (const item of Object.values(value)) collectClusters(item, into);
  }
  return into;
}
