/**
 * Keys and values, as Consul's `/v1/kv` has them. Pure state: it reads no clock; the index is the catalog's, so that one
 * number orders all changes.
 */
import type { Catalog } from '../catalog/catalog.js';

export interface KvEntry {
  readonly key: string;
  /** Base64; '' for an empty value. */
  readonly value: string;
  /** An unsigned 64-bit number in decimal digits: JavaScript's numbers would round it. */
  readonly flags: string;
  /** Holder of the lock. */
  readonly session?: string;
  /** How often the key was locked. */
  readonly lockIndex: number;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface KvDump {
  readonly index: number;
  readonly entries: readonly KvEntry[];
  readonly delays: readonly (readonly [key: string, until: number])[];
}

/** One operation on one key. `at`: wall time in milliseconds, for lock delays. */
export type KvChange =
  | { readonly verb: 'set'; readonly key: string; readonly value: string; readonly flags: string }
  | {
      readonly verb: 'cas';
      readonly key: string;
      readonly value: string;
      readonly flags: string;
      readonly index: number;
    }
  | {
      readonly verb: 'lock' | 'unlock';
      readonly key: string;
      readonly value: string;
      readonly flags: string;
      readonly session: string;
    }
  | { readonly verb: 'delete' | 'delete-tree'; readonly key: string }
  | { readonly verb: 'delete-cas'; readonly key: string; readonly index: number };

const surrogate = /[\ud800-\udfff]/;

export class KvStore {
  readonly #catalog: Catalog;
  readonly #entries = new Map<string, KvEntry>();
  /** Keys that may not be locked before some wall time. */
  readonly #delays = new Map<string, number>();
  /** Of the last change of any key. */
  index: number;
  /** Keys in order. */
  #sorted: string[] = [];
  /** While several changes may have to be taken back: what the keys were before. */
  #before: Map<string, KvEntry | undefined> | undefined;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.index = catalog.index;
  }

  get(key: string): KvEntry | undefined {
    return this.#entries.get(key);
  }

  /** All keys that begin so, sorted. */
  below(prefix: string): readonly KvEntry[] {
    const found: KvEntry[] = [];
    for (let at = this.#place(prefix); this.#sorted[at]?.startsWith(prefix); at++) {
      found.push(this.#entries.get(this.#sorted[at] as string) as KvEntry);
    }
    return found;
  }

  /** Whether a key begins so. */
  has(prefix: string): boolean {
    return this.#sorted[this.#place(prefix)]?.startsWith(prefix) === true;
  }

  /**
   * Does several changes, all or none.
   * @param run says whether they are to stay
   */
  together(run: () => boolean): void {
    const { index } = this;
    const before = new Map<string, KvEntry | undefined>();
    this.#before = before;
    let isKept = false;
    try {
      isKept = run();
    } finally {
      this.#before = undefined;
      if (!isKept) {
        for (const [key, entry] of before) {
          if (entry === undefined) this.#entries.delete(key);
          else this.#entries.set(key, entry);
        }
        this.#sort();
        this.index = index;
      }
    }
  }

  /** Keys locked by a session. */
  heldBy(session: string): readonly KvEntry[] {
    return [...this.#entries.values()].filter((entry) => entry.session === session);
  }

  /** @returns whether it was done; a comparison or a lock can fail */
  change(change: KvChange, at: number): boolean {
    const before = this.#entries.get(change.key);
    switch (change.verb) {
      case 'set':
        this.#put(change, before, before?.session, before?.lockIndex ?? 0);
        return true;
      case 'cas':
        if ((before?.modifyIndex ?? 0) !== change.index) return false;
        this.#put(change, before, before?.session, before?.lockIndex ?? 0);
        return true;
      case 'lock': {
        if (before?.session !== undefined && before.session !== change.session) return false;
        if ((this.#delays.get(change.key) ?? 0) > at) return false;
        const again = before?.session === change.session;
        this.#put(change, before, change.session, (before?.lockIndex ?? 0) + (again ? 0 : 1));
        return true;
      }
      case 'unlock':
        if (before === undefined || before.session !== change.session) return false;
        this.#put(change, before, undefined, before.lockIndex);
        return true;
      case 'delete':
        this.#delete(before === undefined ? [] : [before]);
        return true;
      case 'delete-tree':
        this.#delete(this.below(change.key));
        return true;
      case 'delete-cas':
        if (before === undefined || before.modifyIndex !== change.index) return before === undefined;
        this.#delete([before]);
        return true;
    }
  }

  /** The end of a session: its keys are free, or gone, and stay unlocked for the delay. */
  endSession(session: string, behavior: 'release' | 'delete', delayMs: number, at: number): void {
    for (const [key, until] of this.#delays) if (until <= at) this.#delays.delete(key);
    const held = this.heldBy(session);
    if (delayMs > 0) for (const { key } of held) this.#delays.set(key, at + delayMs);
    if (behavior === 'delete') this.#delete(held);
    else {
      for (const entry of held) this.#put(entry, entry, undefined, entry.lockIndex);
    }
  }

  dump(): KvDump {
    return { index: this.index, entries: [...this.#entries.values()], delays: [...this.#delays] };
  }

  restore(dump: KvDump): void {
    this.#entries.clear();
    this.#delays.clear();
    this.index = dump.index;
    for (const entry of dump.entries) this.#entries.set(entry.key, entry);
    this.#sort();
    for (const [key, until] of dump.delays) this.#delays.set(key, until);
  }

  #put(
    { key, value, flags }: Pick<KvEntry, 'key' | 'value' | 'flags'>,
    before: KvEntry | undefined,
    session: string | undefined,
    lockIndex: number,
  ): void {
    if (
      before !== undefined &&
      before.value === value &&
      before.flags === flags &&
      before.session === session &&
      before.lockIndex === lockIndex
    ) {
      return;
    }
    this.index = this.#catalog.raise();
    this.#set({
      key,
      value,
      flags,
      ...(session === undefined ? {} : { session }),
      lockIndex,
      createIndex: before?.createIndex ?? this.index,
      modifyIndex: this.index,
    });
    this.#catalog.tell();
  }

  #delete(entries: readonly KvEntry[]): void {
    if (entries.length === 0) return;
    this.index = this.#catalog.raise();
    for (const { key } of entries) {
      this.#remember(key);
      this.#entries.delete(key);
    }
    if (entries.length > 1) this.#sorted = this.#sorted.filter((key) => this.#entries.has(key));
    else this.#sorted.splice(this.#place((entries[0] as KvEntry).key), 1);
    this.#catalog.tell();
  }

  #set(entry: KvEntry): void {
    this.#remember(entry.key);
    if (!this.#entries.has(entry.key)) this.#sorted.splice(this.#place(entry.key), 0, entry.key);
    this.#entries.set(entry.key, entry);
  }

  #sort(): void {
    this.#sorted = [...this.#entries.keys()].sort(inOrder);
  }

  #remember(key: string): void {
    if (this.#before?.has(key) === false) this.#before.set(key, this.#entries.get(key));
  }

  /** Of the first key that is not before this one. */
  #place(key: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (inOrder(this.#sorted[middle] as string, key) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** By octets of UTF-8, as Consul sorts; that of UTF-16 is the same below the surrogates. */
function inOrder(one: string, other: string): number {
  if (surrogate.test(one) || surrogate.test(other)) {
    const order = Buffer.compare(Buffer.from(one, 'utf8'), Buffer.from(other, 'utf8'));
    // Halves of a pair are all the same in UTF-8, and still different keys.
    if (order !== 0) return order;
  }
  return one < other ? -1 : one > other ? 1 : 0;
}
