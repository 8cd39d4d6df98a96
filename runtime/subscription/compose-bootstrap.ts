/**
 * A bootstrap and the files that it takes resources from -> one bootstrap that has them all in itself, which is then judged
 * and put in force like any other. Errors are told at the place in the file that they come from.
 */
import type { envoy_config_bootstrap_v3_Bootstrap as Bootstrap } from '../../dsl/api/generated/types.js';
import type { Path, PathStep } from '../../dsl/api/issue.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import type { LoadedConfig } from '../config/config-loader.js';
import { ConfigError } from '../network/filter.js';
import type { FileResource, ResourceFile } from './resource-file.js';
import type { ResourceKind } from './resource-kind.js';

/** One subscription of Envoy's: what wants resources, and from which file. */
export interface ResourceUse {
  /** Different for each subscription. */
  readonly key: string;
  readonly kind: ResourceKind;
  /** Path of the file, as the configuration has it. */
  readonly file: string;
  /** The one resource that is wanted; '' where all of the file are. */
  readonly resource: string;
  /** Before the names of its statistics: `cluster_manager.cds.`. */
  readonly statPrefix: string;
  /** Where the bootstrap, or another file, asks for it. */
  readonly askedAt: Path;
  /** The cluster that asks, as text: one that is changed asks anew. '' for the others. */
  readonly owner: string;
}

/** What a subscription has now. */
export interface UsedResources {
  /** Undefined when no file was good yet. */
  readonly file: ResourceFile | undefined;
  readonly resources: readonly FileResource[];
}

export interface Composition {
  readonly config: LoadedConfig;
  readonly uses: readonly ResourceUse[];
  /** The subscription that what stands there comes from; undefined: the bootstrap itself. */
  useAt(path: Path): ResourceUse | undefined;
}

const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** The file of a `ConfigSource`, '' when it is none. */
export function fileOfSource(source: unknown): string {
  const { path, path_config_source } = messageOf(source);
  return textOf(messageOf(path_config_source).path) || textOf(path);
}

interface Origin {
  readonly prefix: Path;
  readonly use: ResourceUse;
  readonly file: ResourceFile;
  readonly path: Path;
}

const startsWith = (path: Path, prefix: Path): boolean => prefix.every((step, at) => path[at] === step);

class Composer {
  readonly uses: ResourceUse[] = [];
  private readonly origins: Origin[] = [];
  private readonly open: (use: ResourceUse) => UsedResources;

  constructor(open: (use: ResourceUse) => UsedResources) {
    this.open = open;
  }

  private use(use: ResourceUse): UsedResources {
    this.uses.push(use);
    return this.open(use);
  }

  private remember(prefix: Path, use: ResourceUse, used: UsedResources, { path }: FileResource): void {
    if (used.file !== undefined) this.origins.push({ prefix, use, file: used.file, path });
  }

  /** @throws ConfigError for a source that is no file */
  private fileOf(source: unknown, askedAt: Path): string {
    const file = fileOfSource(source);
    if (file === '') throw new ConfigError('resources that are not in a file need real Envoy', askedAt, true);
    return file;
  }

  /** All resources of a file behind those that are there; a name that is there already stays what it is. */
  private append(
    kind: 'cds' | 'lds',
    list: 'clusters' | 'listeners',
    own: readonly Fields[],
    source: unknown,
  ) {
    if (source === undefined) return own;
    const askedAt = ['dynamic_resources', `${kind}_config`];
    const file = this.fileOf(source, askedAt);
    const statPrefix = kind === 'cds' ? 'cluster_manager.cds.' : 'listener_manager.lds.';
    const use: ResourceUse = { key: kind, kind, file, resource: '', statPrefix, askedAt, owner: '' };
    const used = this.use(use);
    const names = new Set(own.map(({ name }) => textOf(name)));
    const all = [...own];
    for (const resource of used.resources) {
      const name = textOf(resource.value.name);
      if (name !== '' && names.has(name)) continue;
      this.remember(['static_resources', list, all.length], use, used, resource);
      all.push(resource.value);
    }
    return all;
  }

  private cluster(cluster: Fields, at: number): Fields {
    if (cluster.type !== 'EDS') return cluster;
    const { alt_stat_name, eds_cluster_config, name } = cluster;
    const { eds_config, service_name } = messageOf(eds_cluster_config);
    const path = ['static_resources', 'clusters', at];
    const askedAt = [...path, 'eds_cluster_config', 'eds_config'];
    const use: ResourceUse = {
      key: `eds ${textOf(name)}`,
      kind: 'eds',
      file: this.fileOf(eds_config, askedAt),
      resource: textOf(service_name) || textOf(name),
      statPrefix: `cluster.${textOf(alt_stat_name) || textOf(name)}.`,
      askedAt,
      owner: JSON.stringify(cluster),
    };
    const used = this.use(use);
    const [assignment] = used.resources;
    if (assignment === undefined) return { ...cluster, load_assignment: { cluster_name: use.resource } };
    this.remember([...path, 'load_assignment'], use, used, assignment);
    return { ...cluster, load_assignment: assignment.value };
  }

  private filter(filter: Fields, path: Path): Fields {
    const config = messageOf(filter.typed_config);
    if (typeNameOf(config) !== manager || config.rds === undefined) return filter;
    const { config_source, route_config_name } = messageOf(config.rds);
    const name = textOf(route_config_name);
    const askedAt = [...path, 'typed_config', 'rds', 'config_source'];
    const file = this.fileOf(config_source, askedAt);
    const key = `rds ${file} ${name}`;
    // Connection managers with the same source share a subscription, named after the first one.
    const use = this.uses.find((one) => one.key === key) ?? {
      key,
      kind: 'rds',
      file,
      resource: name,
      statPrefix: `http.${textOf(config.stat_prefix)}.rds.${name}.`,
      askedAt,
      owner: '',
    };
    const used = this.uses.includes(use) ? this.open(use) : this.use(use);
    const [table] = used.resources;
    const place = [...path, 'typed_config', 'route_config'];
    if (table !== undefined) this.remember(place, use, used, table);
    // Routes that come later may name clusters that come later still.
    const route_config = { validate_clusters: false, ...(table?.value ?? { name, virtual_hosts: [] }) };
    // What asks for it stays beside it: a listener whose routes alone have changed has not changed.
    return { ...filter, typed_config: { ...config, route_config } };
  }

  private chain(chain: Fields, path: Path): Fields {
    const filters = messagesOf(chain.filters);
    const next = filters.map((one, at) => this.filter(one, [...path, 'filters', at]));
    return next.every((one, at) => one === filters[at]) ? chain : { ...chain, filters: next };
  }

  private listener(listener: Fields, at: number): Fields {
    const path: Path = ['static_resources', 'listeners', at];
    const chains = messagesOf(listener.filter_chains);
    const next = chains.map((one, index) => this.chain(one, [...path, 'filter_chains', index]));
    const last = listener.default_filter_chain;
    const nextLast =
      last === undefined ? undefined : this.chain(messageOf(last), [...path, 'default_filter_chain']);
    if (nextLast === last && next.every((one, index) => one === chains[index])) return listener;
    return {
      ...listener,
      ...(listener.filter_chains === undefined ? {} : { filter_chains: next }),
      ...(nextLast === undefined ? {} : { default_filter_chain: nextLast }),
    };
  }

  compose(config: LoadedConfig): Composition {
    const { dynamic_resources, static_resources, ...others } = messageOf(config.bootstrap);
    const dynamic = messageOf(dynamic_resources);
    const own = messageOf(static_resources);
    const clusters = this.append('cds', 'clusters', messagesOf(own.clusters), dynamic.cds_config);
    const listeners = this.append('lds', 'listeners', messagesOf(own.listeners), dynamic.lds_config);
    const resources = {
      ...own,
      clusters: clusters.map((one, at) => this.cluster(one, at)),
      listeners: listeners.map((one, at) => this.listener(one, at)),
    };
    if (this.uses.length === 0) return { config, uses: [], useAt: () => undefined };
    const bootstrap = { ...others, static_resources: resources } as unknown as Bootstrap;
    const originOf = (path: Path): Origin | undefined =>
      this.origins
        .filter(({ prefix }) => startsWith(path, prefix))
        .sort((a, b) => b.prefix.length - a.prefix.length)[0];
    return {
      uses: this.uses,
      useAt: (path) => originOf(path)?.use,
      config: {
        bootstrap,
        describe(path, message) {
          const origin = originOf(path);
          if (origin === undefined) return config.describe(path, message);
          const steps: PathStep[] = [...origin.path, ...path.slice(origin.prefix.length)];
          return origin.file.describe(steps, message);
        },
      },
    };
  }
}

/**
 * @param open what a subscription has now
 * @throws ConfigError, with the path in the composed bootstrap, for resources that are not in a file
 */
export function composeBootstrap(
  config: LoadedConfig,
  open: (use: ResourceUse) => UsedResources,
): Composition {
  return new Composer(open).compose(config);
}
