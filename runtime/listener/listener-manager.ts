/**
 * All listeners of a server, and their change as a whole: built beside, bound, swapped in one turn, drained.
 */
import type { Clock } from '../common/clock.js';
import type { Fields } from '../common/message-fields.js';
import { numberOf, textOf } from '../common/message-fields.js';
import type { FactoryContext, NetworkFilterFactory } from '../network/filter.js';
import { ConfigError } from '../network/filter.js';
import type { StatsScope } from '../stats/stat.js';
import { Listener, listenerAddress, listenerAddressText } from './listener.js';
import type { ListenerChain } from './listener-chain.js';
import { createChain, readChain } from './listener-chain.js';

/** The listeners of a new configuration, built beside those in force. Exactly one of `commit` and `discard` is called. */
export interface ListenerUpdate {
  /** Binds the addresses that are new. @throws Error when one cannot be had; `discard` is then to be called */
  bind(): Promise<void>;
  /** In force from this call on, synchronously. @returns what happened, a line for each listener that is not unchanged */
  commit(): readonly string[];
  discard(): void;
}

export interface ListenerManager {
  all(): readonly Listener[];
  /** @throws ConfigError with the path from `static_resources.listeners` on; nothing has changed then */
  prepare(configs: readonly Fields[], context: ListenerContext): ListenerUpdate;
  stopListening(): void;
  drain(): void;
  readonly activeConnections: number;
  close(): void;
}

/** What filters get, but for what depends on the listener. */
export type ListenerContext = Omit<FactoryContext, 'listenerStatPrefix' | 'bufferLimitBytes'>;

export interface ListenerManagerOptions {
  readonly clock: Clock;
  readonly stats: StatsScope;
  readonly factories: ReadonlyMap<string, NetworkFilterFactory>;
  readonly drainTimeMs: number;
}

/** One step of an update. */
interface Step {
  /** Position in the new list. */
  readonly listener: Listener;
  readonly isNew: boolean;
  apply(): string | undefined;
  undo(): void;
}

const oneMiB = 1024 * 1024;

export function createListenerManager(options: ListenerManagerOptions): ListenerManager {
  const { clock, factories, stats } = options;
  const counter = (name: string) => stats.counter(`listener_manager.${name}`);
  const [added, modified, removed, created] = [
    counter('listener_added'),
    counter('listener_modified'),
    counter('listener_removed'),
    counter('listener_create_success'),
  ];
  for (const name of ['listener_create_failure', 'listener_in_place_updated', 'listener_stopped'])
    counter(name);
  const active = stats.gauge('listener_manager.total_listeners_active');
  for (const name of ['total_listeners_draining', 'total_listeners_warming', 'workers_started']) {
    stats.gauge(`listener_manager.${name}`);
  }
  let inForce: Listener[] = [];

  function prepareOne(config: Fields, context: ListenerContext): Step {
    const address = listenerAddress(config);
    const text = listenerAddressText(address);
    const statPrefix = `listener.${(textOf(config.stat_prefix) || text).replaceAll(':', '_')}.`;
    const full: FactoryContext = {
      ...context,
      listenerStatPrefix: statPrefix,
      bufferLimitBytes: numberOf(config.per_connection_buffer_limit_bytes, oneMiB),
    };
    const chainConfig = readChain(config, factories);
    const build = (): ListenerChain =>
      createChain(
        chainConfig,
        full,
        stats.counter(`${statPrefix}ssl.connection_error`),
        stats.counter(`${statPrefix}ssl.handshake`),
      );
    const before = inForce.find((one) => listenerAddressText(one.address) === text && one.isListening);
    if (before === undefined) {
      const listener = new Listener(config, build(), statPrefix, stats);
      return {
        listener,
        isNew: true,
        apply() {
          added.inc();
          created.inc();
          return `listener '${listener.name}' added at ${listener.addressText}`;
        },
        undo: () => listener.close(),
      };
    }
    if (before.chain.identity === chainConfig.identity) {
      let update: (() => void) | undefined;
      try {
        update = before.chain.filter.prepareUpdate(chainConfig.filterConfig, full);
      } catch (error) {
        throw error instanceof ConfigError ? error.under(...chainConfig.filterPath) : error;
      }
      if (update !== undefined) {
        const apply = update;
        return {
          listener: before,
          isNew: false,
          apply() {
            apply();
            return undefined;
          },
          undo: () => undefined,
        };
      }
    }
    const chain = build();
    return {
      listener: before,
      isNew: false,
      apply() {
        before.replaceChain(chain);
        clock.setTimer(options.drainTimeMs, () => before.closeReplaced());
        modified.inc();
        return `listener '${before.name}' changed: its socket stays, connections of before drain`;
      },
      undo: () => chain.close(),
    };
  }

  return {
    all: () => inForce,
    prepare(configs, context) {
      const steps: Step[] = [];
      for (const [index, config] of configs.entries()) {
        try {
          steps.push(prepareOne(config, context));
        } catch (error) {
          for (const step of steps) step.undo();
          throw error instanceof ConfigError ? error.under('static_resources', 'listeners', index) : error;
        }
      }
      return {
        async bind() {
          for (const { isNew, listener } of steps) if (isNew) await listener.listen();
        },
        commit() {
          const lines = steps.map((step) => step.apply()).filter((line) => line !== undefined);
          const next = steps.map(({ listener }) => listener);
          for (const old of inForce) {
            if (next.includes(old)) continue;
            old.stopListening();
            old.drain();
            removed.inc();
            clock.setTimer(options.drainTimeMs, () => old.close());
            lines.push(`listener '${old.name}' removed: its connections drain`);
          }
          inForce = next;
          active.set(next.length);
          return lines;
        },
        discard() {
          for (const step of steps) step.undo();
        },
      };
    },
    stopListening() {
      for (const listener of inForce) listener.stopListening();
    },
    drain() {
      for (const listener of inForce) listener.drain();
    },
    get activeConnections() {
      return inForce.reduce((sum, listener) => sum + listener.activeConnections, 0);
    },
    close() {
      for (const listener of inForce) listener.close();
    },
  };
}
