/**
 * The layered runtime (`Bootstrap.layered_runtime`): values by name that change settings while the proxy runs. The last
 * layer that has a value wins. Static layers are in the configuration, disk layers in folders behind a link that moves, the
 * admin layer is set by `/runtime_modify`.
 */
import { join } from 'node:path';
import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import type { ConfigFile, ConfigWatcher } from '../config/config-watcher.js';
import { watchConfig } from '../config/config-watcher.js';
import { ConfigError } from '../network/filter.js';
import type { StatsScope } from '../stats/stat.js';
import { linkTo, readDiskLayer } from './disk-layer.js';
import type { RuntimeEntry } from './runtime-entry.js';
import { entriesOfStruct, entryOfText, InvalidEntry } from './runtime-entry.js';

type Entries = ReadonlyMap<string, RuntimeEntry>;

export interface RuntimeLayer {
  readonly name: string;
  readonly entries: Entries;
}

/** All layers at one time. */
export class RuntimeSnapshot {
  readonly layers: readonly RuntimeLayer[];
  private readonly final = new Map<string, RuntimeEntry>();

  constructor(layers: readonly RuntimeLayer[]) {
    this.layers = layers;
    for (const { entries } of layers) for (const [key, entry] of entries) this.final.set(key, entry);
  }

  get(key: string): RuntimeEntry | undefined {
    return this.final.get(key);
  }

  keys(): Iterable<string> {
    return this.final.keys();
  }

  get size(): number {
    return this.final.size;
  }
}

export interface LayeredRuntimeOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly stats: StatsScope;
  /** Of disk layers with `append_service_cluster`. */
  readonly serviceCluster: string;
  /** False: links are not followed when they move. */
  readonly watch: boolean;
  /** A link leads elsewhere. */
  onChange(): Promise<void>;
  /** Default: links of the disk. */
  readonly open?: (path: string) => ConfigFile;
}

/** Layers of a configuration with what they say now. */
export interface PreparedRuntime {
  readonly snapshot: RuntimeSnapshot;
  readonly links: readonly string[];
  readonly hasAdminLayer: boolean;
}

export class LayeredRuntime {
  private readonly options: LayeredRuntimeOptions;
  private readonly overrides = new Map<string, RuntimeEntry>();
  private readonly watchers = new Map<string, ConfigWatcher>();
  private readonly stats: ReturnType<typeof runtimeStats>;
  private inForce: PreparedRuntime = { snapshot: new RuntimeSnapshot([]), links: [], hasAdminLayer: false };

  constructor(options: LayeredRuntimeOptions) {
    this.options = options;
    this.stats = runtimeStats(options.stats);
  }

  get snapshot(): RuntimeSnapshot {
    return this.inForce.snapshot;
  }

  /**
   * Reads all layers of a configuration.
   * @param changes of the admin layer, with those that were made before; '' takes one back
   * @throws ConfigError in Envoy's words
   */
  prepare(config: unknown, changes: ReadonlyMap<string, string> = new Map()): PreparedRuntime {
    const links: string[] = [];
    let hasAdminLayer = false;
    const names = new Set<string>();
    const layers = messagesOf(messageOf(config).layers).map((layer, at): RuntimeLayer => {
      const path = ['layered_runtime', 'layers', at];
      const name = textOf(layer.name);
      if (names.has(name)) throw new ConfigError(`Duplicate layer name: ${name}`, [...path, 'name']);
      names.add(name);
      if (layer.rtds_layer !== undefined) {
        throw new ConfigError('layers of a management server need real Envoy', [...path, 'rtds_layer'], true);
      }
      if (layer.admin_layer !== undefined) {
        if (hasAdminLayer) {
          throw new ConfigError(
            'Too many admin layers specified in LayeredRuntime, at most one may be specified',
            [...path, 'admin_layer'],
          );
        }
        hasAdminLayer = true;
        return { name, entries: this.overridesWith(changes) };
      }
      if (layer.disk_layer !== undefined) return { name, entries: this.disk(layer.disk_layer, links) };
      return { name, entries: this.static(layer.static_layer, [...path, 'static_layer']) };
    });
    return { snapshot: new RuntimeSnapshot(layers), links, hasAdminLayer };
  }

  private static(config: unknown, path: readonly (string | number)[]): Entries {
    try {
      return new Map(entriesOfStruct(config ?? {}));
    } catch (error) {
      throw error instanceof InvalidEntry ? new ConfigError(error.message, path) : error;
    }
  }

  private disk(config: unknown, links: string[]): Entries {
    const { append_service_cluster, subdirectory, symlink_root } = messageOf(config);
    const root = textOf(symlink_root);
    links.push(root);
    const folder = join(root, textOf(subdirectory));
    const own = append_service_cluster === true ? join(folder, this.options.serviceCluster) : folder;
    try {
      const found = readDiskLayer(own);
      if (found !== undefined) return found;
    } catch (error) {
      this.stats.loadError.inc();
      this.options.log.error(`error loading runtime values from ${own}: ${(error as Error).message}`);
    }
    return new Map();
  }

  private overridesWith(changes: ReadonlyMap<string, string>): Entries {
    const next = new Map(this.overrides);
    for (const [key, value] of changes) {
      if (value === '') next.delete(key);
      else next.set(key, entryOfText(value));
    }
    return next;
  }

  /** What was prepared is in force. */
  accept(prepared: PreparedRuntime, changes: ReadonlyMap<string, string> = new Map()): void {
    for (const [key, value] of changes) {
      if (value === '') this.overrides.delete(key);
      else this.overrides.set(key, entryOfText(value));
    }
    if (!prepared.hasAdminLayer) this.overrides.clear();
    this.inForce = prepared;
    const { snapshot } = prepared;
    this.stats.loadSuccess.inc();
    this.stats.numKeys.set(snapshot.size);
    this.stats.numLayers.set(snapshot.layers.length);
    this.stats.adminOverridesActive.set(this.overrides.size === 0 ? 0 : 1);
    this.follow();
  }

  /** Whether `/runtime_modify` has something to change. */
  get hasAdminLayer(): boolean {
    return this.inForce.hasAdminLayer;
  }

  private follow(): void {
    const { clock, onChange, open = linkTo, watch } = this.options;
    if (!watch) return;
    const links = new Set(this.inForce.links);
    for (const [link, watcher] of this.watchers) {
      if (links.has(link)) continue;
      watcher.close();
      this.watchers.delete(link);
    }
    for (const link of links) {
      if (this.watchers.has(link)) continue;
      const file = open(link);
      this.watchers.set(link, watchConfig({ file, clock, initial: file.read() ?? '', onChange }));
    }
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }
}

/** In Envoy's names; `override_dir_*` are of its older form of the runtime, and counted as if it had none. */
function runtimeStats(stats: StatsScope) {
  const counter = (name: string) => stats.counter(`runtime.${name}`);
  const gauge = (name: string) => stats.gauge(`runtime.${name}`);
  for (const name of ['deprecated_feature_use', 'override_dir_exists', 'override_dir_not_exists'])
    counter(name);
  gauge('deprecated_feature_seen_since_process_start');
  return {
    loadSuccess: counter('load_success'),
    loadError: counter('load_error'),
    numKeys: gauge('num_keys'),
    numLayers: gauge('num_layers'),
    adminOverridesActive: gauge('admin_overrides_active'),
  };
}
