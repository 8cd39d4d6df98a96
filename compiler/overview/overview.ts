/**
 * What a configuration is about, without its settings: listeners, filter chains, virtual hosts, routes, clusters, hosts,
 * and who leads to whom. Graphs and pages are drawn from it.
 */
import type { Path } from '../../dsl/api/index.js';
import { fieldsAt, listAt, numberAt, textAt } from '../check/bootstrap-view.js';
import type { Fields } from '../check/bootstrap-view.js';
import { typeOf } from '../check/bootstrap-view.js';

/** One route. */
export interface RouteOverview {
  readonly name: string;
  /** `/api`, `= /api`, `~ /a.*`. */
  readonly match: string;
  /** Conditions besides the path: `x-canary: 1`. */
  readonly conditions: readonly string[];
  /** Clusters with their share of all in percent, 100 for a single one. */
  readonly targets: readonly { readonly cluster: string; readonly percent: number }[];
  /** What it does without a cluster: `redirect to https`, `200`. */
  readonly answer: string;
  /** As it is written, `15s` when nothing is. */
  readonly timeout: string;
  readonly path: Path;
}

/** One virtual host. */
export interface VirtualHostOverview {
  readonly name: string;
  readonly domains: readonly string[];
  readonly routes: readonly RouteOverview[];
}

/** One filter chain. */
export interface FilterChainOverview {
  readonly name: string;
  /** Why a connection meets it: `server name a.com`. */
  readonly match: readonly string[];
  readonly tls: boolean;
  /** Names of the network filters and, of a connection manager, of its HTTP filters. */
  readonly filters: readonly string[];
  readonly virtualHosts: readonly VirtualHostOverview[];
  /** Clusters that other filters name: of a TCP proxy, of external authorization. */
  readonly clusters: readonly string[];
  /** Where its routes come from when they are not here: `RDS routes`. */
  readonly source: string;
}

/** One listener; the default filter chain is its last chain. */
export interface ListenerOverview {
  readonly name: string;
  /** `0.0.0.0:80`. */
  readonly address: string;
  readonly chains: readonly FilterChainOverview[];
}

/** One cluster. */
export interface ClusterOverview {
  readonly name: string;
  readonly type: string;
  readonly loadBalancing: string;
  readonly connectTimeout: string;
  readonly hosts: readonly string[];
  readonly tls: boolean;
  readonly http2: boolean;
  /** `HTTP /health`, `gRPC`, `TCP`. */
  readonly healthChecks: readonly string[];
  readonly outlierDetection: boolean;
}

/** A whole configuration. */
export interface Overview {
  readonly node: string;
  readonly admin: string;
  readonly listeners: readonly ListenerOverview[];
  readonly clusters: readonly ClusterOverview[];
  readonly secrets: readonly string[];
}

/** `host:port`, the path of a pipe, or `internal`. */
export function addressText(value: unknown): string {
  const address = fieldsAt(value);
  const socket = fieldsAt(address.socket_address);
  if (address.socket_address !== undefined) {
    const host = textAt(socket.address);
    const port = numberAt(socket.port_value) ?? textAt(socket.named_port);
    return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
  }
  return textAt(fieldsAt(address.pipe).path) || 'internal';
}

function regexOf(value: unknown): string {
  return textAt(fieldsAt(value).regex);
}

function stringMatch(value: unknown): string {
  const match = fieldsAt(value);
  if (match.exact !== undefined) return textAt(match.exact);
  if (match.prefix !== undefined) return `${textAt(match.prefix)}*`;
  if (match.suffix !== undefined) return `*${textAt(match.suffix)}`;
  if (match.contains !== undefined) return `*${textAt(match.contains)}*`;
  return match.safe_regex === undefined ? '' : `~ ${regexOf(match.safe_regex)}`;
}

function matchText(match: Fields): string {
  if (match.prefix !== undefined) return textAt(match.prefix);
  if (match.path !== undefined) return `= ${textAt(match.path)}`;
  if (match.path_separated_prefix !== undefined) return `${textAt(match.path_separated_prefix)}/`;
  if (match.safe_regex !== undefined) return `~ ${regexOf(match.safe_regex)}`;
  return Object.keys(match)[0] ?? '';
}

function headerText(value: unknown): string {
  const header = fieldsAt(value);
  const not = header.invert_match === true ? 'not ' : '';
  const name = textAt(header.name);
  if (header.string_match !== undefined) return `${not}${name}: ${stringMatch(header.string_match)}`;
  for (const kind of ['exact', 'prefix', 'suffix', 'contains']) {
    const old = header[`${kind}_match`];
    if (old !== undefined) return `${not}${name}: ${stringMatch({ [kind]: old })}`;
  }
  if (header.safe_regex_match !== undefined) return `${not}${name}: ~ ${regexOf(header.safe_regex_match)}`;
  return `${not}${name}`;
}

function conditionsOf(match: Fields): string[] {
  const parameters = listAt(match.query_parameters).map((one) => {
    const parameter = fieldsAt(one);
    const text = stringMatch(parameter.string_match);
    return `?${textAt(parameter.name)}${text === '' ? '' : `=${text}`}`;
  });
  return [
    ...listAt(match.headers).map(headerText),
    ...parameters,
    ...(match.grpc === undefined ? [] : ['gRPC']),
    ...(match.runtime_fraction === undefined ? [] : ['a fraction']),
  ];
}

function redirectText(redirect: Fields): string {
  const parts = [
    redirect.https_redirect === true ? 'https' : textAt(redirect.scheme_redirect),
    textAt(redirect.host_redirect),
    textAt(redirect.path_redirect) || textAt(redirect.prefix_rewrite),
  ].filter((part) => part !== '');
  return `redirect to ${parts.join(' ') || 'the same'}`;
}

function targetsOf(action: Fields): RouteOverview['targets'] {
  const weighted = listAt(fieldsAt(action.weighted_clusters).clusters).map(fieldsAt);
  if (weighted.length > 0) {
    const total = weighted.reduce((sum, { weight }) => sum + (numberAt(weight) ?? 0), 0);
    return weighted.map(({ name, weight }) => ({
      cluster: textAt(name),
      percent: total === 0 ? 0 : Math.round(((numberAt(weight) ?? 0) / total) * 1000) / 10,
    }));
  }
  const cluster = textAt(action.cluster);
  return cluster === '' ? [] : [{ cluster, percent: 100 }];
}

function routeOverview(value: unknown, path: Path): RouteOverview {
  const route = fieldsAt(value);
  const match = fieldsAt(route.match);
  const action = fieldsAt(route.route);
  const answer =
    route.redirect !== undefined
      ? redirectText(fieldsAt(route.redirect))
      : route.direct_response !== undefined
        ? String(fieldsAt(route.direct_response).status ?? 200)
        : action.cluster_header !== undefined
          ? `the cluster that ${textAt(action.cluster_header)} names`
          : '';
  return {
    name: textAt(route.name),
    match: matchText(match),
    conditions: conditionsOf(match),
    targets: targetsOf(action),
    answer,
    timeout: route.route === undefined ? '' : textAt(action.timeout) || '15s',
    path,
  };
}

const clusterFields: ReadonlySet<string> = new Set(['cluster', 'cluster_name']);

/** Names of clusters anywhere in a filter, routes aside. */
function* namedClusters(value: unknown): Generator<string> {
  if (Array.isArray(value)) for (const item of value) yield* namedClusters(item);
  else {
    for (const [key, member] of Object.entries(fieldsAt(value))) {
      if (key === 'route_config') continue;
      if (clusterFields.has(key) && typeof member === 'string' && member !== '') yield member;
      else if (key === 'weighted_clusters')
        for (const one of listAt(fieldsAt(member).clusters)) yield textAt(fieldsAt(one).name);
      else yield* namedClusters(member);
    }
  }
}

function chainMatch(match: Fields): string[] {
  const texts = (field: string, word: string): string[] =>
    listAt(match[field]).map((one) => `${word} ${String(one)}`);
  const ranges = (field: string, word: string): string[] =>
    listAt(match[field]).map((one) => {
      const range = fieldsAt(one);
      return `${word} ${textAt(range.address_prefix)}/${numberAt(range.prefix_len) ?? 0}`;
    });
  return [
    ...(match.destination_port === undefined ? [] : [`port ${String(match.destination_port)}`]),
    ...texts('server_names', 'server name'),
    ...texts('application_protocols', 'protocol'),
    ...(textAt(match.transport_protocol) === '' ? [] : [textAt(match.transport_protocol)]),
    ...ranges('prefix_ranges', 'to'),
    ...ranges('source_prefix_ranges', 'from'),
  ];
}

function chainOverview(value: unknown, path: Path): FilterChainOverview {
  const chain = fieldsAt(value);
  const filters: string[] = [];
  const virtualHosts: VirtualHostOverview[] = [];
  const clusters = new Set<string>();
  let source = '';
  for (const [index, one] of listAt(chain.filters).entries()) {
    const filter = fieldsAt(one);
    const config = fieldsAt(filter.typed_config);
    filters.push(textAt(filter.name));
    for (const name of namedClusters(config)) clusters.add(name);
    if (!typeOf(config).endsWith('.HttpConnectionManager')) continue;
    filters.push(...listAt(config.http_filters).map((http) => textAt(fieldsAt(http).name)));
    if (config.rds !== undefined)
      source = `routes '${textAt(fieldsAt(config.rds).route_config_name)}' over RDS`;
    if (config.scoped_routes !== undefined) source = 'scoped routes';
    const at: Path = [...path, 'filters', index, 'typed_config', 'route_config', 'virtual_hosts'];
    for (const [host, entry] of listAt(fieldsAt(config.route_config).virtual_hosts).entries()) {
      const virtualHost = fieldsAt(entry);
      virtualHosts.push({
        name: textAt(virtualHost.name),
        domains: listAt(virtualHost.domains).map(textAt),
        routes: listAt(virtualHost.routes).map((route, place) =>
          routeOverview(route, [...at, host, 'routes', place]),
        ),
      });
    }
  }
  return {
    name: textAt(chain.name),
    match: chainMatch(fieldsAt(chain.filter_chain_match)),
    tls: chain.transport_socket !== undefined,
    filters,
    virtualHosts,
    clusters: [...clusters],
    source,
  };
}

/** `host:port` of every endpoint of a `ClusterLoadAssignment`. */
export function hostsOf(assignment: unknown): string[] {
  return listAt(fieldsAt(assignment).endpoints).flatMap((group) =>
    listAt(fieldsAt(group).lb_endpoints).map((one) => {
      const endpoint = fieldsAt(one);
      const own = fieldsAt(endpoint.endpoint);
      return own.address === undefined ? textAt(endpoint.endpoint_name) : addressText(own.address);
    }),
  );
}

function healthCheckText(value: unknown): string {
  const check = fieldsAt(value);
  if (check.http_health_check !== undefined) return `HTTP ${textAt(fieldsAt(check.http_health_check).path)}`;
  if (check.grpc_health_check !== undefined) return 'gRPC';
  return check.tcp_health_check === undefined ? 'custom' : 'TCP';
}

function clusterOverview(value: unknown): ClusterOverview {
  const cluster = fieldsAt(value);
  const options = JSON.stringify(cluster.typed_extension_protocol_options ?? {});
  const custom = textAt(fieldsAt(cluster.cluster_type).name);
  return {
    name: textAt(cluster.name),
    type: custom || textAt(cluster.type) || 'STATIC',
    loadBalancing: textAt(cluster.lb_policy) || 'ROUND_ROBIN',
    connectTimeout: textAt(cluster.connect_timeout) || '5s',
    hosts: hostsOf(cluster.load_assignment),
    tls: cluster.transport_socket !== undefined,
    http2: options.includes('"http2_protocol_options"') || cluster.http2_protocol_options !== undefined,
    healthChecks: listAt(cluster.health_checks).map(healthCheckText),
    outlierDetection: cluster.outlier_detection !== undefined,
  };
}

/** @param bootstrap canonical */
export function overviewOf(bootstrap: unknown): Overview {
  const root = fieldsAt(bootstrap);
  const resources = fieldsAt(root.static_resources);
  const node = fieldsAt(root.node);
  return {
    node: [textAt(node.cluster), textAt(node.id)].filter((part) => part !== '').join('/'),
    admin: fieldsAt(root.admin).address === undefined ? '' : addressText(fieldsAt(root.admin).address),
    listeners: listAt(resources.listeners).map((value, index) => {
      const listener = fieldsAt(value);
      const path: Path = ['static_resources', 'listeners', index];
      const chains = listAt(listener.filter_chains).map((chain, at) =>
        chainOverview(chain, [...path, 'filter_chains', at]),
      );
      const fallback =
        listener.default_filter_chain === undefined
          ? []
          : [
              {
                ...chainOverview(listener.default_filter_chain, [...path, 'default_filter_chain']),
                match: ['otherwise'],
              },
            ];
      const address = addressText(listener.address);
      return { name: textAt(listener.name) || address, address, chains: [...chains, ...fallback] };
    }),
    clusters: listAt(resources.clusters).map(clusterOverview),
    secrets: listAt(resources.secrets).map((one) => textAt(fieldsAt(one).name)),
  };
}
