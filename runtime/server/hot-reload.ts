/**
 * Puts a changed configuration in force while requests run: load, build beside, warm, bind, swap in one turn. Whatever
 * fails on that way leaves the configuration in force as it is; it is logged once, with line and column, and counted.
 */
import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { StatsScope } from '../stats/stat.js';
import type { Generation } from './generation.js';

/** Clusters get this long to find their first hosts; then the configuration comes into force without them. Milliseconds. */
const warmingMs = 10_000;

export interface HotReloadOptions {
  /** Name of the configuration, for messages. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly stats: StatsScope;
  /** @throws Error with everything that is wrong */
  prepare(text: string): Generation;
  /** Called in the turn of the swap, after it. */
  inForce(generation: Generation): void;
  /** True once the server ends: nothing comes into force any more. */
  isEnding(): boolean;
}

/** Puts a generation in force. @returns what changed, a line each; undefined: the server ends */
export type Swap = (prepare: () => Generation) => Promise<readonly string[] | undefined>;

export interface HotReload {
  /** One at a time, in order. @returns false when it was refused; the reason is logged then. Never rejects */
  reload(text: string): Promise<boolean>;
  /**
   * A change that is told and counted elsewhere: waits for its turn, and takes the same way into force.
   * @param change given `swap`, which is false when the server ends meanwhile, and which throws when it is refused
   */
  exclusive(change: (swap: Swap) => Promise<void>): Promise<void>;
}

export function createHotReload(options: HotReloadOptions): HotReload {
  const { clock, log, name, stats } = options;
  const attempts = stats.counter('envoy3.config.reload_attempt');
  const successes = stats.counter('envoy3.config.reload_success');
  const rejections = stats.counter('envoy3.config.reload_rejected');
  const generations = stats.gauge('envoy3.config.generation');
  generations.set(1);
  let last: Promise<unknown> = Promise.resolve();

  function warm(generation: Generation): Promise<void> {
    return new Promise((done) => {
      const timer = clock.setTimer(warmingMs, () => {
        log.warning(`after ${warmingMs / 1000} s not every new cluster has hosts; going on without them`);
        done();
      });
      void generation.warmed.then(() => {
        timer.cancel();
        done();
      });
    });
  }

  /** @throws Error when it is refused; nothing has changed then */
  async function swap(prepare: () => Generation): Promise<readonly string[] | undefined> {
    let generation: Generation | undefined;
    try {
      generation = prepare();
      await warm(generation);
      await generation.bind();
    } catch (error) {
      generation?.discard();
      throw error;
    }
    if (options.isEnding()) {
      generation.discard();
      return undefined;
    }
    const changes = generation.commit();
    options.inForce(generation);
    return changes;
  }

  async function run(text: string): Promise<boolean> {
    if (options.isEnding()) return false;
    attempts.inc();
    try {
      const startedAt = clock.now();
      const changes = await swap(() => options.prepare(text));
      if (changes === undefined) return false;
      successes.inc();
      generations.inc();
      log.info(`configuration '${name}' is in force after ${Math.round(clock.now() - startedAt)} ms`);
      for (const line of changes) log.info(line);
      return true;
    } catch (error) {
      rejections.inc();
      log.error(`configuration refused, the one before stays in force: ${(error as Error).message}`);
      return false;
    }
  }

  function inTurn<T>(task: () => Promise<T>): Promise<T> {
    const next = last.then(task);
    last = next.catch(() => undefined);
    return next;
  }

  return {
    reload: (text) => inTurn(() => run(text)),
    exclusive: (change) => inTurn(() => change(swap)),
  };
}
