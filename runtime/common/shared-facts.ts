/**
 * Facts that the processes of one proxy share: one of them finds out, the others follow. Each process has a whole copy, so
 * that asking costs a look into a map and no request ever waits for another process.
 */

/** Must survive being sent to another process. */
export type Fact = string | number | readonly string[];

export interface SharedFacts {
  /** True in a worker: what clusters and health checks find out is found out by the primary, and followed here. */
  readonly isFollower: boolean;
  get(key: string): Fact | undefined;
  /** @param fact undefined: it holds no more */
  set(key: string, fact: Fact | undefined): void;
  /** @param listener is told when another process has changed the fact. @returns ends it */
  follow(key: string, listener: (fact: Fact | undefined) => void): () => void;
}

/** @param kind of fact. @param cluster that it is about. @param what of the cluster */
export function factKey(kind: string, cluster: string, what: string): string {
  return `${kind}\0${cluster}\0${what}`;
}

/** The cluster that a fact is about. */
export function clusterOfFact(key: string): string {
  return key.split('\0')[1] ?? '';
}

const isEqual = (a: Fact | undefined, b: Fact | undefined): boolean =>
  a === b ||
  (Array.isArray(a) && Array.isArray(b) && a.length === b.length && a.every((one, at) => one === b[at]));

/** A copy, and the way to the others. */
export class ReplicatedFacts implements SharedFacts {
  readonly isFollower: boolean;
  private readonly facts = new Map<string, Fact>();
  private readonly listeners = new Map<string, Set<(fact: Fact | undefined) => void>>();
  private readonly tell: (key: string, fact: Fact | undefined) => void;

  /** @param tell tells the other processes */
  constructor(isFollower: boolean, tell: (key: string, fact: Fact | undefined) => void) {
    this.isFollower = isFollower;
    this.tell = tell;
  }

  get(key: string): Fact | undefined {
    return this.facts.get(key);
  }

  set(key: string, fact: Fact | undefined): void {
    if (this.store(key, fact)) this.tell(key, fact);
  }

  follow(key: string, listener: (fact: Fact | undefined) => void): () => void {
    let listeners = this.listeners.get(key);
    if (listeners === undefined) {
      listeners = new Set();
      this.listeners.set(key, listeners);
    }
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.listeners.get(key) === listeners) this.listeners.delete(key);
    };
  }

  /** Another process has found it out. */
  receive(key: string, fact: Fact | undefined): void {
    if (!this.store(key, fact)) return;
    for (const listener of [...(this.listeners.get(key) ?? [])]) listener(fact);
  }

  /** All of them, for a process that begins. */
  entries(): IterableIterator<[string, Fact]> {
    return this.facts.entries();
  }

  /** Forgets facts, here only. */
  forget(isGone: (key: string) => boolean): void {
    for (const key of this.facts.keys()) if (isGone(key)) this.facts.delete(key);
  }

  private store(key: string, fact: Fact | undefined): boolean {
    if (isEqual(this.facts.get(key), fact)) return false;
    if (fact === undefined) this.facts.delete(key);
    else this.facts.set(key, fact);
    return true;
  }
}
