/**
 * The ring of `RING_HASH` (ketama): each host stands on it as often as its weight says, and a key belongs to the first host
 * behind its hash. The same hosts at the same places as in Envoy, so that a change of the proxy moves no key.
 */
import { murmurHash64 } from '../../common/murmur-hash-64.js';
import type { HashHalves } from '../../common/xx-hash-64.js';
import { xxHash64Halves } from '../../common/xx-hash-64.js';
import type { Host } from '../host/host.js';
import type { HashTable, TableHost } from './hash-table.js';

export interface RingOptions {
  /** Entries, 1024 by default. */
  readonly minimumSize: number;
  /** Entries, 8 Mi by default. */
  readonly maximumSize: number;
  readonly hashFunction: 'XX_HASH' | 'MURMUR_HASH_2';
}

/** What `cluster.<name>.ring_hash_lb.*` tells of the ring. */
export interface RingSizes {
  readonly size: number;
  readonly minHashesPerHost: number;
  readonly maxHashesPerHost: number;
}

/** Murmur is slow, and rare. */
function murmurHalves(octets: string, halves: HashHalves): void {
  const hash = murmurHash64(octets);
  halves.hi = Number(hash >> 32n);
  halves.lo = Number(hash & 0xffffffffn);
}

export class Ring implements HashTable {
  readonly sizes: RingSizes;
  private readonly hosts: readonly TableHost[];
  /** The places of the entries in halves, ascending, and beside them whose they are. */
  private readonly upper: Uint32Array;
  private readonly lower: Uint32Array;
  private readonly owners: Uint32Array;

  /** @param hosts their weights have the sum 1 */
  constructor(hosts: readonly TableHost[], { hashFunction, maximumSize, minimumSize }: RingOptions) {
    this.hosts = hosts;
    const least = hosts.reduce((min, { weight }) => Math.min(min, weight), 1);
    // So that the host of the least weight stands on it a whole number of times.
    const scale = hosts.length === 0 ? 0 : Math.min(Math.ceil(least * minimumSize) / least, maximumSize);
    const counts = countsOf(hosts, scale);
    const length = counts.reduce((sum, count) => sum + count, 0);
    const upper = new Uint32Array(length);
    const lower = new Uint32Array(length);
    const owners = new Uint32Array(length);
    const hash = hashFunction === 'MURMUR_HASH_2' ? murmurHalves : xxHash64Halves;
    const halves: HashHalves = { hi: 0, lo: 0 };
    let entry = 0;
    for (const [owner, count] of counts.entries()) {
      const prefix = `${(hosts[owner] as TableHost).key}_`;
      for (let own = 0; own < count; own++, entry++) {
        hash(prefix + own, halves);
        upper[entry] = halves.hi;
        lower[entry] = halves.lo;
        owners[entry] = owner;
      }
    }
    const order = orderOf(upper, lower);
    this.upper = order.map((at) => upper[at] as number);
    this.lower = order.map((at) => lower[at] as number);
    this.owners = order.map((at) => owners[at] as number);
    const size = Math.ceil(scale);
    this.sizes = {
      size,
      minHashesPerHost: counts.reduce((min, count) => Math.min(min, count), size),
      maxHashesPerHost: counts.reduce((max, count) => Math.max(max, count), 0),
    };
  }

  choose(hash: bigint, attempt: number): Host | undefined {
    const { lower, owners, upper } = this;
    const { length } = owners;
    if (length === 0) return undefined;
    const hi = Number(hash >> 32n);
    const lo = Number(hash & 0xffffffffn);
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const place = upper[middle] as number;
      if (place < hi || (place === hi && (lower[middle] as number) < lo)) low = middle + 1;
      else high = middle;
    }
    // Behind the last one comes the first one again. A further attempt takes the entries that follow.
    const at = ((low === length ? 0 : low) + attempt) % length;
    return this.hosts[owners[at] as number]?.host;
  }
}

/** How often each host stands on the ring: by its weight, and what rounding leaves over goes to those that follow. */
function countsOf(hosts: readonly TableHost[], scale: number): number[] {
  let wanted = 0;
  let placed = 0;
  return hosts.map(({ weight }) => {
    wanted += scale * weight;
    const before = placed;
    while (placed < wanted) placed++;
    return placed - before;
  });
}

/** The numbers of the entries in the order of their places; by digits of 8 bits, the least ones first. */
function orderOf(upper: Uint32Array, lower: Uint32Array): Uint32Array {
  let order = Uint32Array.from(upper, (_, at) => at);
  let sorted = new Uint32Array(order.length);
  const starts = new Uint32Array(257);
  for (const half of [lower, upper]) {
    for (let shift = 0; shift < 32; shift += 8) {
      starts.fill(0);
      const digitOf = (at: number): number => ((half[at] as number) >>> shift) & 0xff;
      for (let at = 0; at < half.length; at++) {
        const next = digitOf(at) + 1;
        starts[next] = (starts[next] as number) + 1;
      }
      for (let digit = 1; digit < 257; digit++) {
        starts[digit] = (starts[digit] as number) + (starts[digit - 1] as number);
      }
      for (let index = 0; index < order.length; index++) {
        const at = order[index] as number;
        const digit = digitOf(at);
        const to = starts[digit] as number;
        starts[digit] = to + 1;
        sorted[to] = at;
      }
      [order, sorted] = [sorted, order];
    }
  }
  return order;
}
