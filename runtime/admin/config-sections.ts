/**
 * The parts of `/config_dump`, in Envoy's order, made of the bootstrap alone: all configuration is static.
 */
import type { ConfigurationInForce } from './admin-host.js';
import { redact } from './redact.js';

export type Message = Readonly<Record<string, unknown>>;

/** One message of the dump. */
export interface Section {
  /** Message name without `envoy.admin.v3.`. */
  readonly type: string;
  /** Its single field, when it has one. */
  readonly single: Readonly<Record<string, unknown>>;
  /** Its repeated fields. */
  readonly lists: readonly List[];
}

/** A repeated field: what `?resource=` names. */
export interface List {
  readonly name: string;
  /** Message name of an element. */
  readonly elementType: string;
  /** Field of an element that holds the resource; the other one is `last_updated`. */
  readonly field: string;
  readonly elements: readonly Message[];
}

/** Prefix of every type of the dump. */
export const adminType = (name: string): string => `type.googleapis.com/envoy.admin.v3.${name}`;

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: unknown): Message[] => (Array.isArray(value) ? value.filter(isMessage) : []);

const nameOf = (message: Message): string => (typeof message.name === 'string' ? message.name : '');

/** The inline route tables of all HTTP connection managers below a listener. */
function* routeTables(value: unknown): Generator<Message> {
  if (Array.isArray(value)) {
    for (const one of value) yield* routeTables(one);
  } else if (isMessage(value)) {
    const type = value['@type'];
    if (
      typeof type === 'string' &&
      type.endsWith('.HttpConnectionManager') &&
      isMessage(value.route_config)
    ) {
      yield value.route_config;
    }
    for (const one of Object.values(value)) yield* routeTables(one);
  }
}

/** @returns all sections with the configuration in them; secrets are redacted */
export function configSections({ bootstrap, lastUpdatedMs }: ConfigurationInForce): Section[] {
  const last_updated = new Date(lastUpdatedMs).toISOString();
  const shown = redact(bootstrap) as Message;
  const resources = isMessage(shown.static_resources) ? shown.static_resources : {};
  const wrap = (field: string, type: string, messages: readonly Message[]): Message[] =>
    messages.map((message) => ({
      [field]: { '@type': `type.googleapis.com/${type}`, ...message },
      last_updated,
    }));
  const empty = (name: string, elementType: string, field: string): List => ({
    name,
    elementType,
    field,
    elements: [],
  });
  // Envoy keeps clusters by name and shows them in that order; listeners stay as configured.
  const clusters = listOf(resources.clusters).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const listeners = listOf(resources.listeners);
  const routes = [...routeTables(listeners)];
  const secrets = listOf(resources.secrets).map((secret) => ({
    name: nameOf(secret),
    last_updated,
    secret: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret',
      ...secret,
    },
  }));
  return [
    { type: 'BootstrapConfigDump', single: { bootstrap: shown, last_updated }, lists: [] },
    {
      type: 'ClustersConfigDump',
      single: {},
      lists: [
        {
          ...empty('static_clusters', 'ClustersConfigDump.StaticCluster', 'cluster'),
          elements: wrap('cluster', 'envoy.config.cluster.v3.Cluster', clusters),
        },
        empty('dynamic_active_clusters', 'ClustersConfigDump.DynamicCluster', 'cluster'),
        empty('dynamic_warming_clusters', 'ClustersConfigDump.DynamicCluster', 'cluster'),
      ],
    },
    {
      type: 'ListenersConfigDump',
      single: {},
      lists: [
        {
          ...empty('static_listeners', 'ListenersConfigDump.StaticListener', 'listener'),
          elements: wrap('listener', 'envoy.config.listener.v3.Listener', listeners),
        },
        empty('dynamic_listeners', 'ListenersConfigDump.DynamicListener', 'listener'),
      ],
    },
    {
      type: 'ScopedRoutesConfigDump',
      single: {},
      lists: [
        empty('inline_scoped_route_configs', 'ScopedRoutesConfigDump.InlineScopedRouteConfigs', 'name'),
        empty('dynamic_scoped_route_configs', 'ScopedRoutesConfigDump.DynamicScopedRouteConfigs', 'name'),
      ],
    },
    {
      type: 'RoutesConfigDump',
      single: {},
      lists: [
        {
          ...empty('static_route_configs', 'RoutesConfigDump.StaticRouteConfig', 'route_config'),
          elements: wrap('route_config', 'envoy.config.route.v3.RouteConfiguration', routes),
        },
        empty('dynamic_route_configs', 'RoutesConfigDump.DynamicRouteConfig', 'route_config'),
      ],
    },
    {
      type: 'SecretsConfigDump',
      single: {},
      lists: [
        { ...empty('static_secrets', 'SecretsConfigDump.StaticSecret', 'secret'), elements: secrets },
        empty('dynamic_active_secrets', 'SecretsConfigDump.DynamicSecret', 'secret'),
        empty('dynamic_warming_secrets', 'SecretsConfigDump.DynamicSecret', 'secret'),
      ],
    },
  ];
}
