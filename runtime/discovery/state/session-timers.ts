/**
 * Ends sessions: those nobody renews, and those whose checks are critical or gone.
 */
import type { Clock, Timer } from '../../common/clock.js';
import { setLongTimer } from '../long-timer.js';
import type { Command } from './command.js';
import type { Session } from './session-store.js';
import type { State } from './state.js';

export interface SessionTimersOptions {
  readonly state: State;
  readonly clock: Clock;
  readonly commit: (command: Command) => void;
}

export class SessionTimers {
  readonly #options: SessionTimersOptions;
  readonly #timers = new Map<string, Timer>();
  readonly #ending = new Set<string>();
  readonly #stop: () => void;

  constructor(options: SessionTimersOptions) {
    this.#options = options;
    this.#stop = options.state.catalog.onChange(() => this.#look());
    this.#look();
  }

  /** The time of the session runs anew. */
  renew(id: string): void {
    const session = this.#options.state.sessions.get(id);
    if (session !== undefined) this.#start(session);
  }

  close(): void {
    this.#stop();
    for (const timer of this.#timers.values()) timer.cancel();
    this.#timers.clear();
  }

  #look(): void {
    const { sessions } = this.#options.state;
    for (const id of this.#ending) if (sessions.get(id) === undefined) this.#ending.delete(id);
    for (const [id, timer] of this.#timers) {
      if (sessions.get(id) !== undefined) continue;
      timer.cancel();
      this.#timers.delete(id);
    }
    for (const session of sessions.values()) {
      if (session.ttlMs > 0 && !this.#timers.has(session.id)) this.#start(session);
      if (this.#isBroken(session)) this.#end(session.id);
    }
  }

  #isBroken({ node, nodeChecks, serviceChecks }: Session): boolean {
    const { catalog } = this.#options.state;
    return [...nodeChecks, ...serviceChecks].some((id) => {
      const check = catalog.check(id, node);
      return check === undefined || check.status === 'critical';
    });
  }

  /** Consul lets twice the time pass, so that a client on a slow network is not cut off. */
  #start({ id, ttlMs }: Session): void {
    if (ttlMs <= 0) return;
    this.#timers.get(id)?.cancel();
    this.#timers.set(
      id,
      setLongTimer(this.#options.clock, ttlMs * 2, () => this.#end(id)),
    );
  }

  #end(id: string): void {
    if (this.#ending.has(id)) return;
    this.#ending.add(id);
    this.#options.commit({ op: 'session-destroy', id, at: this.#options.clock.wallTime() });
  }
}
