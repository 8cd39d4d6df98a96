/**
 * The table of `MAGLEV`: every host has a permutation of all places made of two hashes of its key, and takes the next free
 * place of it when it is its turn (https://research.google/pubs/pub44824/, listing 1). The same table as in Envoy.
 */
import { xxHash64 } from '../../common/xx-hash-64.js';
import type { Host } from '../host/host.js';
import type { HashTable, TableHost } from './hash-table.js';

/** `table_size`; a prime. */
export const defaultTableSize = 65_537;

export interface MaglevSizes {
  readonly minEntriesPerHost: number;
  readonly maxEntriesPerHost: number;
}

interface Builder {
  readonly index: number;
  readonly skip: number;
  readonly weight: number;
  /** The place that is to be tried next. */
  place: number;
  target: number;
  count: number;
}

const byKey = (left: TableHost, right: TableHost): number =>
  left.key < right.key ? -1 : left.key > right.key ? 1 : 0;

export class MaglevTable implements HashTable {
  readonly sizes: MaglevSizes;
  private readonly hosts: readonly TableHost[];
  private readonly table: Uint32Array;
  private readonly size: bigint;

  /** @param size a prime */
  constructor(hosts: readonly TableHost[], size: number) {
    // In an order that does not depend on that of the hosts.
    this.hosts = [...hosts].sort(byKey);
    this.size = BigInt(size);
    this.table = new Uint32Array(hosts.length === 0 ? 0 : size);
    const builders = this.hosts.map(({ key, weight }, index): Builder => {
      const place = Number(xxHash64(key) % this.size);
      const skip = Number(xxHash64(key, 1n) % (this.size - 1n)) + 1;
      return { index, skip, weight, place, target: 0, count: 0 };
    });
    this.fill(builders, size);
    const counts = builders.map(({ count }) => count);
    this.sizes = {
      minEntriesPerHost: counts.reduce((min, count) => Math.min(min, count), size),
      maxEntriesPerHost: counts.reduce((max, count) => Math.max(max, count), 0),
    };
  }

  private fill(builders: readonly Builder[], size: number): void {
    const { table } = this;
    const taken = new Uint8Array(table.length);
    const heaviest = builders.reduce((max, { weight }) => Math.max(max, weight), 0);
    let filled = 0;
    for (let round = 1; filled < table.length; round++) {
      for (const builder of builders) {
        if (filled === table.length) return;
        // A host of a third of the greatest weight has its turn in every third round.
        if (round * builder.weight < builder.target) continue;
        builder.target += heaviest;
        while (taken[builder.place] === 1) builder.place = (builder.place + builder.skip) % size;
        taken[builder.place] = 1;
        table[builder.place] = builder.index;
        builder.place = (builder.place + builder.skip) % size;
        builder.count++;
        filled++;
      }
    }
  }

  choose(hash: bigint, attempt: number): Host | undefined {
    const { hosts, size, table } = this;
    if (table.length === 0) return undefined;
    // As Envoy does it, most bits of the hash change, so that not all retries come to one host.
    const asked = attempt === 0 ? hash : hash ^ BigInt.asUintN(64, -BigInt(attempt));
    return hosts[table[Number(asked % size)] as number]?.host;
  }
}

/** Whether a number below 2^32 is one. */
export function isPrime(number: number): boolean {
  if (number < 4) return number > 1;
  if (number % 2 === 0) return false;
  for (let divisor = 3; divisor * divisor <= number; divisor += 2) if (number % divisor === 0) return false;
  return true;
}
