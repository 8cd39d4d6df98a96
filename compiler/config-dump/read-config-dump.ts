/**
 * `/config_dump` of a running Envoy (or of the bundled runtime) -> the bootstrap that says the same: its static resources,
 * and those that came over xDS beside them. Only what is in force counts; resources that are warming are left out.
 */
type Fields = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function objects(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** Name of the message in a section's `@type`. */
function kindOf(section: Fields): string {
  const url = section['@type'];
  return typeof url === 'string' ? url.slice(url.lastIndexOf('.') + 1) : '';
}

/** Whether a value is an answer of `/config_dump`. */
export function isConfigDump(value: unknown): boolean {
  return isObject(value) && objects(value.configs).some((section) => kindOf(section).endsWith('ConfigDump'));
}

/** A resource without the `@type` of the envelope. */
function plain(resource: unknown): Fields | undefined {
  if (!isObject(resource)) return undefined;
  const { '@type': _type, ...rest } = resource;
  return rest;
}

function collect(entries: unknown, field: string): Fields[] {
  return objects(entries).flatMap((entry) => {
    const state = isObject(entry.active_state) ? entry.active_state : entry;
    const resource = plain(state[field]);
    return resource === undefined ? [] : [resource];
  });
}

function byName(resources: readonly Fields[]): Fields[] {
  const found = new Map<unknown, Fields>();
  for (const resource of resources) found.set(resource.name ?? found.size, resource);
  return [...found.values()];
}

/** Routes that came over RDS stand where their connection managers ask for them, as if they had been written there. */
function inlineRoutes(value: unknown, routes: ReadonlyMap<unknown, Fields>): unknown {
  if (Array.isArray(value)) return value.map((item) => inlineRoutes(item, routes));
  if (!isObject(value)) return value;
  const rds = isObject(value.rds) ? routes.get(value.rds.route_config_name) : undefined;
  const { rds: own, ...rest } = value;
  const entries = Object.entries(rds === undefined ? value : rest);
  const copy = Object.fromEntries(entries.map(([key, item]) => [key, inlineRoutes(item, routes)]));
  return rds === undefined ? copy : { ...copy, route_config: rds };
}

/** What the proxy tells of itself was in no configuration. */
const addedToNode: ReadonlySet<string> = new Set([
  'user_agent_name',
  'user_agent_version',
  'user_agent_build_version',
  'extensions',
  'client_features',
]);

function ownNode(node: unknown): Fields | undefined {
  if (!isObject(node)) return undefined;
  const own = Object.entries(node).filter(([field]) => !addedToNode.has(field));
  return own.length === 0 ? undefined : Object.fromEntries(own);
}

/** @param dump for which `isConfigDump` holds. @returns a bootstrap in ProtoJSON */
export function readConfigDump(dump: unknown): unknown {
  const sections = objects((dump as Fields).configs);
  const of = (kind: string): readonly Fields[] => sections.filter((section) => kindOf(section) === kind);
  const [bootstrapDump] = of('BootstrapConfigDump');
  const bootstrap = isObject(bootstrapDump?.bootstrap) ? bootstrapDump.bootstrap : {};
  const node = ownNode(bootstrap.node);
  const written = isObject(bootstrap.static_resources) ? bootstrap.static_resources : {};
  const clusters = of('ClustersConfigDump').flatMap((section) => [
    ...collect(section.static_clusters, 'cluster'),
    ...collect(section.dynamic_active_clusters, 'cluster'),
  ]);
  const listeners = of('ListenersConfigDump').flatMap((section) => [
    ...collect(section.static_listeners, 'listener'),
    ...collect(section.dynamic_listeners, 'listener'),
  ]);
  const routes = of('RoutesConfigDump').flatMap((section) =>
    collect(section.dynamic_route_configs, 'route_config'),
  );
  const resources = {
    ...written,
    listeners: byName([...objects(written.listeners), ...listeners]),
    clusters: byName([...objects(written.clusters), ...clusters]),
  };
  const { node: _node, ...rest } = bootstrap;
  return inlineRoutes(
    { ...(node === undefined ? {} : { node }), ...rest, static_resources: resources },
    new Map(routes.map((route) => [route.name, route])),
  );
}
