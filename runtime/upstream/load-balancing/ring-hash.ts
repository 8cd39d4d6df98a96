/**
 * The ring of `RING_HASH` (ketama): each host stands on it as often as its weight says, and a key belongs to the first host
 * behind its hash. The same hosts at the same places as in Envoy, so that a change of the proxy moves no key.
 */
import { murmurHash64 } from '../../common/murmur-hash-64.js';
import { xxHash64 } from '../../common/xx-hash-64.js';
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

export class Ring implements HashTable {
  readonly sizes: RingSizes;
  private readonly hosts: readonly TableHost[];
  /** Ascending, and beside it whose it is. */
  private readonly hashes: BigUint64Array;
  private readonly owners: Uint32Array;

  /** @param hosts their weights have the sum 1 */
  constructor(hosts: readonly TableHost[], { hashFunction, maximumSize, minimumSize }: RingOptions) {
    this.hosts = hosts;
    const hash = hashFunction === 'MURMUR_HASH_2' ? murmurHash64 : xxHash64;
    const least = Math.min(1, ...hosts.map(({ weight }) => weight));
    // So that the host of the least weight stands on it a whole number of times.
    const scale = hosts.length === 0 ? 0 : Math.min(Math.ceil(least * minimumSize) / least, maximumSize);
    const size = Math.ceil(scale);
    const entries: { hash: bigint; owner: number }[] = [];
    let wanted = 0;
    let fewest = size;
    let most = 0;
    for (const [owner, { key, weight }] of hosts.entries()) {
      wanted += scale * weight;
      let own = 0;
      for (; entries.length < wanted; own++) entries.push({ hash: hash(`${key}_${own}`), owner });
      fewest = Math.min(fewest, own);
      most = Math.max(most, own);
    }
    entries.sort((left, right) => (left.hash < right.hash ? -1 : left.hash > right.hash ? 1 : 0));
    this.hashes = BigUint64Array.from(entries, (entry) => entry.hash);
    this.owners = Uint32Array.from(entries, ({ owner }) => owner);
    this.sizes = { size, minHashesPerHost: fewest, maxHashesPerHost: most };
  }

  choose(hash: bigint, attempt: number): Host | undefined {
    const { hashes, owners } = this;
    const { length } = hashes;
    if (length === 0) return undefined;
    let low = 0;
    let high = length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((hashes[middle] as bigint) < hash) low = middle + 1;
      else high = middle;
    }
    // Behind the last one comes the first one again. A further attempt takes the entries that follow.
    const at = ((low === length ? 0 : low) + attempt) % length;
    return this.hosts[owners[at] as number]?.host;
  }
}
