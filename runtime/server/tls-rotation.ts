/**
 * Certificates, keys, authorities and secrets follow their files while the configuration stays: what was replaced is in
 * force for the next handshake, and no connection is touched. What cannot be used is refused whole, told once with the
 * name of the file, and counted; what was there before goes on.
 */
import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import type { ConfigFile, ConfigWatcher } from '../config/config-watcher.js';
import { watchConfig } from '../config/config-watcher.js';
import { fileSet } from '../config/file-set.js';
import type { RotatingTls } from '../network/tls/material.js';
import type { StatsScope } from '../stats/stat.js';

export interface TlsRotation {
  /** What is in use from now on, instead of what was before. */
  follow(contexts: readonly RotatingTls[]): void;
  close(): void;
}

export interface TlsRotationOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly stats: StatsScope;
  /** Default: those of the disk. */
  readonly open?: (paths: readonly string[]) => ConfigFile;
}

export function createTlsRotation({ clock, log, open = fileSet, stats }: TlsRotationOptions): TlsRotation {
  const rotations = stats.counter('envoy3.tls.rotation_success');
  const rejections = stats.counter('envoy3.tls.rotation_rejected');
  let watchers = new Map<object, ConfigWatcher>();

  function rotate(context: RotatingTls): void {
    try {
      if (!context.prepare()()) return;
      rotations.inc();
      log.info(
        `${context.name}: certificates that were replaced on the disk are in force for new connections`,
      );
    } catch (error) {
      rejections.inc();
      log.error(
        `${context.name}: certificates on the disk refused, those before stay in force: ${(error as Error).message}`,
      );
    }
  }

  function watch(context: RotatingTls): ConfigWatcher {
    let files = context.files;
    let watcher = start();
    function start(): ConfigWatcher {
      return watchConfig({
        file: open(files),
        clock,
        // Nothing is known of what they held when they were read: the first look reads them again.
        initial: '',
        onChange: async () => {
          rotate(context);
          // A secret may name other files now.
          if (context.files.join() === files.join()) return;
          files = context.files;
          watcher.close();
          watcher = start();
        },
      });
    }
    return { close: () => watcher.close() };
  }

  function follow(contexts: readonly RotatingTls[]): void {
    const next = new Map<object, ConfigWatcher>();
    for (const context of contexts) {
      if (context.files.length === 0) continue;
      next.set(context.key, watchers.get(context.key) ?? watch(context));
      watchers.delete(context.key);
    }
    for (const watcher of watchers.values()) watcher.close();
    watchers = next;
  }

  return { follow, close: () => follow([]) };
}
