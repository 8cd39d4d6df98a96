/**
 * `--layout split`: one configuration in three files, since real Envoy never reads a static resource again, while it
 * watches the files of LDS and CDS and takes each change without a restart. https://www.envoyproxy.io/docs/envoy/v1.40.0/start/quick-start/configuration-dynamic-filesystem
 */
import { emitYaml } from './emit-yaml.js';

type Fields = Readonly<Record<string, unknown>>;

/** The three parts of a configuration, canonical. */
export interface SplitLayout {
  /** The bootstrap, canonical: everything but listeners and the clusters that move. */
  readonly bootstrap: Fields;
  /** Messages `DiscoveryResponse`. */
  readonly listeners: Fields;
  readonly clusters: Fields;
}

const listenerType = 'type.googleapis.com/envoy.config.listener.v3.Listener';
const clusterType = 'type.googleapis.com/envoy.config.cluster.v3.Cluster';

function objects(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}

/** All texts inside, to find clusters that the bootstrap itself names (sinks, tracers, management servers). */
function* texts(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'object' && value !== null)
    for (const item of Object.values(value)) yield* texts(item);
}

function source(path: string): Fields {
  return { path_config_source: { path }, resource_api_version: 'V3' };
}

/**
 * @param bootstrap canonical
 * @param folder in which Envoy finds `lds.yaml` and `cds.yaml`, without a slash at its end
 */
export function splitLayout(bootstrap: Fields, folder: string): SplitLayout {
  const resources = (bootstrap.static_resources ?? {}) as Fields;
  const { listeners, clusters, ...others } = resources;
  const { static_resources: _resources, node, dynamic_resources: dynamic, ...rest } = bootstrap;
  const named = new Set(texts([rest, dynamic]));
  const stays = objects(clusters).filter(({ name }) => named.has(String(name)));
  const moves = objects(clusters).filter(({ name }) => !named.has(String(name)));
  const staticPart = { ...others, ...(stays.length === 0 ? {} : { clusters: stays }) };
  const response = (type: string, items: readonly Fields[]): Fields => ({
    resources: items.map((item) => ({ '@type': type, ...item })),
  });
  return {
    bootstrap: {
      // Envoy refuses dynamic resources of a node without a name.
      node: { id: 'envoy3', cluster: 'envoy3', ...(node as Fields | undefined) },
      ...rest,
      dynamic_resources: {
        ...(dynamic as Fields | undefined),
        lds_config: source(`${folder}/lds.yaml`),
        cds_config: source(`${folder}/cds.yaml`),
      },
      ...(Object.keys(staticPart).length === 0 ? {} : { static_resources: staticPart }),
    },
    listeners: response(listenerType, objects(listeners)),
    clusters: response(clusterType, moves),
  };
}

/** Texts of the files by name: `cds.yaml` and `lds.yaml` first, so that a reader of the bootstrap finds them. */
export function emitSplit(
  layout: SplitLayout,
  bootstrapName: string,
): (readonly [name: string, text: string])[] {
  const response = 'envoy.service.discovery.v3.DiscoveryResponse';
  return [
    ['cds.yaml', emitYaml(layout.clusters, response).text],
    ['lds.yaml', emitYaml(layout.listeners, response).text],
    [bootstrapName, emitYaml(layout.bootstrap).text],
  ];
}
