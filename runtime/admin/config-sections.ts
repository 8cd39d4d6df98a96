/**
 * The parts of `/config_dump`, in Envoy's order, made of the bootstrap and of what came from files.
 */
import type { DynamicResource } from '../subscription/dynamic-dump.js';
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
  /** Full name of the resource's message. */
  readonly resourceType: string;
  readonly elements: readonly Message[];
}

/** Prefix of every type of the dump. */
export const adminType = (name: string): string => `type.googleapis.com/envoy.admin.v3.${name}`;

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const listOf = (value: unknown): Message[] => (Array.isArray(value) ? value.filter(isMessage) : []);

const nameOf = (message: Message): string => (typeof message.name === 'string' ? message.name : '');

const cluster = 'envoy.config.cluster.v3.Cluster';
const listener = 'envoy.config.listener.v3.Listener';
const route = 'envoy.config.route.v3.RouteConfiguration';
const secret = 'envoy.extensions.transport_sockets.tls.v3.Secret';

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
export function configSections({ bootstrap, dynamic, lastUpdatedMs }: ConfigurationInForce): Section[] {
  const last_updated = new Date(lastUpdatedMs).toISOString();
  const shown = redact(bootstrap, 'envoy.config.bootstrap.v3.Bootstrap') as Message;
  const resources = isMessage(shown.static_resources) ? shown.static_resources : {};
  /** @param list name of the field, message of its elements, and the field and message of the resource in them */
  const list = (
    name: string,
    elementType: string,
    field: string,
    resourceType: string,
    resources: readonly Message[] = [],
  ): List => ({
    name,
    elementType,
    field,
    resourceType,
    elements: resources.map((resource) => ({
      [field]: { '@type': `type.googleapis.com/${resourceType}`, ...resource },
      last_updated,
    })),
  });
  /** Elements of a resource that came from a file. */
  const dynamicElements = (field: string, type: string, resources: readonly DynamicResource[] = []) =>
    resources.map(
      ({ lastUpdatedMs: at, resource, versionInfo }): Message => ({
        ...(versionInfo === '' ? {} : { version_info: versionInfo }),
        [field]: { '@type': `type.googleapis.com/${type}`, ...(redact(resource, type) as Message) },
        last_updated: new Date(at).toISOString(),
      }),
    );
  const byName = (resources: readonly DynamicResource[] = []) =>
    [...resources].sort((a, b) => (a.name < b.name ? -1 : 1));
  const versionOf = (info = '') => (info === '' ? {} : { version_info: info });
  const dynamicListeners = (dynamic?.listeners.resources ?? []).map((one): Message => {
    const [active_state] = dynamicElements('listener', listener, [one]);
    return { name: one.name, active_state };
  });
  // Envoy keeps clusters by name and shows them in that order; listeners stay as configured.
  const clusters = listOf(resources.clusters).sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
  const listeners = listOf(resources.listeners);
  const routes = [...routeTables(listeners)];
  const secrets = list(
    'static_secrets',
    'SecretsConfigDump.StaticSecret',
    'secret',
    secret,
    listOf(resources.secrets),
  );
  // Static secrets have a name of their own and no time, as in Envoy.
  const named = secrets.elements.map(({ secret: one }) => ({ name: nameOf(one as Message), secret: one }));
  return [
    { type: 'BootstrapConfigDump', single: { bootstrap: shown, last_updated }, lists: [] },
    {
      type: 'ClustersConfigDump',
      single: versionOf(dynamic?.clusters.versionInfo),
      lists: [
        list('static_clusters', 'ClustersConfigDump.StaticCluster', 'cluster', cluster, clusters),
        {
          ...list('dynamic_active_clusters', 'ClustersConfigDump.DynamicCluster', 'cluster', cluster),
          elements: dynamicElements('cluster', cluster, byName(dynamic?.clusters.resources)),
        },
        list('dynamic_warming_clusters', 'ClustersConfigDump.DynamicCluster', 'cluster', cluster),
      ],
    },
    {
      type: 'ListenersConfigDump',
      single: versionOf(dynamic?.listeners.versionInfo),
      lists: [
        list('static_listeners', 'ListenersConfigDump.StaticListener', 'listener', listener, listeners),
        {
          ...list('dynamic_listeners', 'ListenersConfigDump.DynamicListener', 'listener', listener),
          elements: dynamicListeners,
        },
      ],
    },
    {
      type: 'ScopedRoutesConfigDump',
      single: {},
      lists: [
        list('inline_scoped_route_configs', 'ScopedRoutesConfigDump.InlineScopedRouteConfigs', 'name', route),
        list(
          'dynamic_scoped_route_configs',
          'ScopedRoutesConfigDump.DynamicScopedRouteConfigs',
          'name',
          route,
        ),
      ],
    },
    {
      type: 'RoutesConfigDump',
      single: {},
      lists: [
        list('static_route_configs', 'RoutesConfigDump.StaticRouteConfig', 'route_config', route, routes),
        {
          ...list('dynamic_route_configs', 'RoutesConfigDump.DynamicRouteConfig', 'route_config', route),
          elements: dynamicElements('route_config', route, dynamic?.routes),
        },
      ],
    },
    {
      type: 'SecretsConfigDump',
      single: {},
      lists: [
        { ...secrets, elements: named },
        list('dynamic_active_secrets', 'SecretsConfigDump.DynamicSecret', 'secret', secret),
        list('dynamic_warming_secrets', 'SecretsConfigDump.DynamicSecret', 'secret', secret),
      ],
    },
  ];
}
