/**
 * Sessions, which locks are held by. Pure state; who lets them end is `session-timers.ts`.
 */
import type { Catalog } from '../catalog/catalog.js';
import type { KvStore } from './kv-store.js';

export interface SessionDefinition {
  readonly id: string;
  readonly name: string;
  readonly node: string;
  readonly lockDelayMs: number;
  readonly behavior: 'release' | 'delete';
  /** '' for none; as it was given. */
  readonly ttl: string;
  readonly ttlMs: number;
  readonly nodeChecks: readonly string[];
  readonly serviceChecks: readonly string[];
}

export interface Session extends SessionDefinition {
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export interface SessionDump {
  readonly index: number;
  readonly sessions: readonly Session[];
}

export class SessionStore {
  readonly #catalog: Catalog;
  readonly #kv: KvStore;
  readonly #sessions = new Map<string, Session>();
  /** Of the last change of any session. */
  index: number;

  constructor(catalog: Catalog, kv: KvStore) {
    this.#catalog = catalog;
    this.#kv = kv;
    this.index = catalog.index;
  }

  get(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  all(): readonly Session[] {
    return [...this.#sessions.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** The same in any order, which costs nothing. */
  values(): Iterable<Session> {
    return this.#sessions.values();
  }

  create(definition: SessionDefinition): void {
    this.index = this.#catalog.raise();
    this.#sessions.set(definition.id, { ...definition, createIndex: this.index, modifyIndex: this.index });
    this.#catalog.tell();
  }

  /** @param at wall time, ms, from which the lock delay counts */
  destroy(id: string, at: number): void {
    const session = this.#sessions.get(id);
    if (session === undefined) return;
    this.index = this.#catalog.raise();
    this.#sessions.delete(id);
    this.#kv.endSession(id, session.behavior, session.lockDelayMs, at);
    this.#catalog.tell();
  }

  dump(): SessionDump {
    return { index: this.index, sessions: [...this.#sessions.values()] };
  }

  restore(dump: SessionDump): void {
    this.#sessions.clear();
    this.index = dump.index;
    for (const session of dump.sessions) this.#sessions.set(session.id, session);
  }
}
