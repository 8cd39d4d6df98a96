/**
 * All listeners of a server, and their change as a whole: built beside, bound, swapped in one turn, drained.
 */
import type { Clock } from '../common/clock.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, numberOf, textOf } from '../common/message-fields.js';
import type { Logger } from '../common/logger.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import type { RotatingTls } from '../network/tls/material.js';
import type { StatsScope } from '../stats/stat.js';
import { createDrainingChains } from './draining-chains.js';
import type { FilterFactories } from './filter-chain.js';
import { rotatingTls } from './filter-chain.js';
import type { Listener } from './listener.js';
import type { ListenerAddress } from './listener-address.js';
import { addressKey, addressText } from './listener-address.js';
import type { BoundSocket, CreateSocket } from './listener-socket.js';
import { ListenerSocket } from './listener-socket.js';
import type { ListenerContext, PreparedListener } from './prepare-listener.js';
import { prepareListener } from './prepare-listener.js';

/** The listeners of a new configuration, built beside those in force. Exactly one of `commit` and `discard` is called. */
export interface ListenerUpdate {
  /** Binds the addresses that are new. @throws BindError when one cannot be had; `discard` is then to be called */
  bind(): Promise<void>;
  /** For each listener, in the order of the configuration, the sockets of its addresses. After `bind`. */
  sockets(): readonly (readonly BoundSocket[])[];
  /** In force from this call on, synchronously. @returns what happened, a line for each listener that is not unchanged */
  commit(): readonly string[];
  discard(): void;
}

/** An address that cannot be had. */
export class BindError extends Error {
  /** Of the address in the configuration. */
  readonly path: readonly (string | number)[];

  constructor(message: string, path: readonly (string | number)[]) {
    super(message);
    this.name = 'BindError';
    this.path = path;
  }
}

export interface ListenerManager {
  all(): readonly Listener[];
  /** @throws ConfigError with the path from `static_resources.listeners` on; nothing has changed then */
  prepare(configs: readonly Fields[], context: ListenerContext): ListenerUpdate;
  /** TLS of the chains in force, to be made anew when its files change. */
  rotatingTls(): readonly RotatingTls[];
  /** @param which default: all */
  stopListening(which?: (listener: Listener) => boolean): void;
  /** Every response asks its client from now on to open another connection. @param which default: all */
  askToClose(which?: (listener: Listener) => boolean): void;
  /** Closes idle connections; the others close with their response. Those of chains that drain included. */
  closeIdle(): void;
  /** Those of chains that drain included. */
  readonly activeConnections: number;
  /** Closes everything at once. */
  close(): void;
}

export interface ListenerManagerOptions {
  readonly clock: Clock;
  readonly stats: StatsScope;
  readonly log: Logger;
  readonly factories: FilterFactories;
  readonly drainTimeMs: number;
  /** How many processes serve. Default 1. */
  readonly workers?: number;
  /** Default: sockets of this process. */
  readonly createSocket?: CreateSocket;
}

/** Connections that the kernel completed and nobody accepted yet. Envoy's default is the machine's limit, mostly this. */
const defaultBacklog = 4096;

/** What a listener is without the routes that it has from a file: `listener_modified` does not count those. */
function ownConfig(config: Fields): string {
  return JSON.stringify(config, (_key, value) => {
    if (messageOf(value).rds === undefined) return value;
    const { route_config: _routes, ...others } = messageOf(value);
    return others;
  });
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** In Envoy the first of two static listeners of one name is served, the other one is not. */
function firstOfName(configs: readonly Fields[], log: Logger): (Fields | undefined)[] {
  const names = new Set<string>();
  return configs.map((config) => {
    const name = textOf(config.name);
    if (name !== '' && names.has(name)) {
      log.warning(`there is a listener '${name}' already: the second one of this name is not served`);
      return undefined;
    }
    names.add(name);
    return config;
  });
}

/** @throws ConfigError in Envoy's words */
function refuseDuplicateAddresses(listeners: readonly (Listener | undefined)[]): void {
  const seen = new Set<string>();
  for (const [index, listener] of listeners.entries()) {
    for (const address of listener?.parts.addresses ?? []) {
      const key = addressKey(address);
      if (key !== undefined && seen.has(key)) {
        throw new ConfigError(
          `error adding listener: '${listener?.name}' has duplicate address '${addressText(address)}' as existing listener`,
          ['static_resources', 'listeners', index, 'address'],
        );
      }
      if (key !== undefined) seen.add(key);
    }
  }
}

export function createListenerManager(options: ListenerManagerOptions): ListenerManager {
  const { clock, factories, log, stats } = options;
  const createSocket: CreateSocket =
    options.createSocket ?? ((address, socketOptions) => new ListenerSocket(address, socketOptions));
  const counter = (name: string) => stats.counter(`listener_manager.${name}`);
  const gauge = (name: string) => stats.gauge(`listener_manager.${name}`);
  const added = counter('listener_added');
  const modified = counter('listener_modified');
  const inPlace = counter('listener_in_place_updated');
  const removed = counter('listener_removed');
  const stopped = counter('listener_stopped');
  const created = counter('listener_create_success');
  counter('listener_create_failure');
  const active = gauge('total_listeners_active');
  gauge('total_listeners_draining');
  gauge('total_listeners_warming');
  gauge('workers_pinned');
  gauge('workers_started').set(options.workers ?? 1);
  const draining = createDrainingChains(clock, options.drainTimeMs, gauge('total_filter_chains_draining'));
  let inForce: readonly Listener[] = [];
  const allOpen = { open: 0 };

  /** The listener whose place a new one takes: that of its name, else that of its address. */
  function predecessor(config: Fields, taken: ReadonlySet<Listener>): Listener | undefined {
    const left = inForce.filter((one) => !taken.has(one));
    const name = textOf(config.name);
    const byName = name === '' ? undefined : left.find((one) => textOf(one.parts.config.name) === name);
    return byName ?? left.find((one) => isEqual(one.parts.config.address, config.address));
  }

  function prepareAll(configs: readonly Fields[], context: ListenerContext) {
    const taken = new Set<Listener>();
    const prepared: (PreparedListener & { before: Listener | undefined; index: number })[] = [];
    const byIndex: (Listener | undefined)[] = [];
    try {
      for (const [index, config] of firstOfName(configs, log).entries()) {
        if (config === undefined) {
          byIndex.push(undefined);
          continue;
        }
        const before = predecessor(config, taken);
        if (before !== undefined) taken.add(before);
        const one = under(
          () => prepareListener(config, before, factories, context, clock, allOpen),
          'static_resources',
          'listeners',
          index,
        );
        prepared.push({ ...one, before, index });
        byIndex.push(one.listener);
      }
      refuseDuplicateAddresses(byIndex);
    } catch (error) {
      for (const one of prepared) one.discard();
      throw error;
    }
    return prepared;
  }

  /** Sockets in force by address; those with port 0 belong to their listener alone. */
  function heldSockets(): Map<string, BoundSocket> {
    const held = new Map<string, BoundSocket>();
    for (const socket of inForce.flatMap((one) => one.sockets)) {
      const key = addressKey(socket.address);
      if (key !== undefined && socket.isListening) held.set(key, socket);
    }
    return held;
  }

  function prepare(configs: readonly Fields[], context: ListenerContext): ListenerUpdate {
    const prepared = prepareAll(configs, context);
    const fresh: BoundSocket[] = [];
    const sockets = new Map<Listener, BoundSocket[]>();

    async function socketFor(
      address: ListenerAddress,
      [listenerAt, at]: readonly [number, number],
      { before, index, listener }: (typeof prepared)[number],
      held: ReadonlyMap<string, BoundSocket>,
    ): Promise<BoundSocket> {
      const key = addressKey(address);
      const same = before?.sockets[at];
      const kept =
        key === undefined
          ? same?.isListening && isEqual(same.address, address)
            ? same
            : undefined
          : held.get(key);
      if (kept !== undefined) return kept;
      const backlog = numberOf(listener.parts.config.tcp_backlog_size, defaultBacklog);
      const socket = createSocket(address, { backlog, clock, log }, [listenerAt, at]);
      fresh.push(socket);
      try {
        await socket.listen();
      } catch (error) {
        throw new BindError((error as Error).message, ['static_resources', 'listeners', index, 'address']);
      }
      return socket;
    }

    return {
      async bind() {
        const held = heldSockets();
        for (const [listenerAt, one] of prepared.entries()) {
          const own: BoundSocket[] = [];
          for (const [at, address] of one.listener.parts.addresses.entries()) {
            own.push(await socketFor(address, [listenerAt, at], one, held));
          }
          sockets.set(one.listener, own);
        }
      },
      sockets: () => prepared.map(({ listener }) => sockets.get(listener) ?? []),
      commit() {
        const lines: string[] = [];
        const next = prepared.map(({ listener }) => listener);
        for (const { before, commit, listener } of prepared) {
          listener.sockets = sockets.get(listener) ?? [];
          commit();
          for (const socket of listener.sockets) socket.setAcceptor(listener);
          const where = listener.addressTexts.join(', ');
          if (before === undefined) {
            added.inc();
            created.inc();
            lines.push(`listener '${listener.name}' listens on ${where}`);
          } else if (!isEqual(before.parts.config, listener.parts.config)) {
            if (ownConfig(before.parts.config) !== ownConfig(listener.parts.config)) {
              modified.inc();
              created.inc();
            }
            const keptAll = before.allChains.every((chain) => listener.allChains.includes(chain));
            if (isEqual(before.parts.addresses, listener.parts.addresses)) inPlace.inc();
            const what = keptAll ? 'connections stay' : 'connections of what was changed drain';
            lines.push(`listener '${listener.name}' on ${where} changed: ${what}`);
          }
        }
        retire(next, lines);
        inForce = next;
        active.set(next.length);
        return lines;
      },
      discard() {
        for (const socket of fresh) socket.close();
        for (const one of prepared) one.discard();
      },
    };

    /** What of the listeners before is in none of the next ones. */
    function retire(next: readonly Listener[], lines: string[]): void {
      const keptSockets = new Set(next.flatMap((one) => one.sockets));
      const keptChains = new Set(next.flatMap((one) => one.allChains));
      const replaced = new Set(prepared.map(({ before }) => before));
      for (const old of inForce) {
        for (const socket of old.sockets) if (!keptSockets.has(socket)) socket.close();
        for (const chain of old.allChains) if (!keptChains.has(chain)) draining.add(chain);
        if (replaced.has(old)) continue;
        removed.inc();
        lines.push(`listener '${old.name}' removed: its connections drain`);
      }
    }
  }

  const everyOne = (): boolean => true;
  return {
    all: () => inForce,
    prepare,
    rotatingTls: () =>
      inForce.flatMap(({ allChains, name }) =>
        allChains.map((chain) => rotatingTls(chain, name)).filter((one) => one !== undefined),
      ),
    stopListening(which = everyOne) {
      for (const listener of inForce.filter(which)) {
        listener.stopListening();
        stopped.inc();
      }
    },
    askToClose(which = everyOne) {
      for (const chain of inForce.filter(which).flatMap((one) => one.allChains)) chain.askToClose();
    },
    closeIdle() {
      for (const chain of inForce.flatMap((one) => one.allChains)) chain.filter.drain();
      draining.closeIdle();
    },
    get activeConnections() {
      return inForce.reduce((sum, listener) => sum + listener.activeConnections, draining.activeConnections);
    },
    close() {
      for (const listener of inForce) {
        listener.stopListening();
        for (const chain of listener.allChains) chain.close();
      }
      draining.close();
    },
  };
}

export type { ListenerContext } from './prepare-listener.js';
