/**
 * Requests that are made to meet the routes of a configuration, one by one: what two configurations, or a configuration
 * and real Envoy, are compared with.
 */
import type { Fields } from '../../runtime/common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../../runtime/common/message-fields.js';
import type { HttpManager } from './http-managers.js';
import type { RouteSimulator } from './route-simulator.js';
import type { RouteTestRequest } from './route-test.js';
import { sampleRegex } from './sample-regex.js';

/** Where a manager is reached. */
interface Entrance {
  readonly scheme: 'http' | 'https';
  readonly port: number | undefined;
  readonly listener: string | undefined;
  readonly serverName: string | undefined;
}

/** More would take longer than they tell. */
const maxRequests = 5000;

function domainSample(domain: string): string {
  if (domain === '*') return 'witness.example';
  if (domain.startsWith('*')) return `witness${domain.slice(1)}`;
  return domain.endsWith('*') ? `${domain.slice(0, -1)}witness` : domain;
}

function textSample(match: Fields): string {
  for (const kind of ['exact', 'prefix', 'suffix', 'contains']) {
    if (match[kind] !== undefined) return textOf(match[kind]);
  }
  return match.safe_regex === undefined ? 'witness' : sampleRegex(textOf(messageOf(match.safe_regex).regex));
}

function headerSample(header: Fields): string {
  if (header.string_match !== undefined) return textSample(messageOf(header.string_match));
  for (const kind of ['exact', 'prefix', 'suffix', 'contains']) {
    const old = header[`${kind}_match`];
    if (old !== undefined) return textSample({ [kind]: old });
  }
  if (header.safe_regex_match !== undefined) return textSample({ safe_regex: header.safe_regex_match });
  return header.range_match === undefined ? '1' : String(messageOf(header.range_match).start ?? 0);
}

/** Paths that the match takes, and one beside it. */
function pathSamples(match: Fields): string[] {
  if (match.prefix !== undefined) {
    const prefix = textOf(match.prefix);
    return prefix.endsWith('/')
      ? [prefix, `${prefix}witness`]
      : [prefix, `${prefix}/witness`, `${prefix}witness`];
  }
  if (match.path !== undefined) return [textOf(match.path), `${textOf(match.path)}/witness`];
  if (match.path_separated_prefix !== undefined) {
    const prefix = textOf(match.path_separated_prefix);
    return [prefix, `${prefix}/witness`, `${prefix}witness`];
  }
  if (match.safe_regex !== undefined) return [sampleRegex(textOf(messageOf(match.safe_regex).regex))];
  return ['/'];
}

function withQuery(path: string, parameters: readonly Fields[]): string {
  const pairs = parameters
    .filter(({ present_match: present }) => present !== false)
    .map(({ name, string_match: match }) =>
      match === undefined ? textOf(name) : `${textOf(name)}=${textSample(messageOf(match))}`,
    );
  if (pairs.length === 0) return path;
  return `${path}${path.includes('?') ? '&' : '?'}${pairs.join('&')}`;
}

/** Numbers that choose each cluster of a weighted route once; 0 for others. */
function randoms(route: Fields): number[] {
  const clusters = messagesOf(messageOf(messageOf(route.route).weighted_clusters).clusters);
  let end = 0;
  const starts = clusters.map(({ weight }) => {
    const start = end;
    end += numberOf(weight, 0);
    return start;
  });
  return starts.length === 0 ? [0] : starts;
}

function* requestsOf(virtualHost: Fields, entrance: Entrance): Generator<RouteTestRequest> {
  const domains = ((virtualHost.domains ?? []) as readonly string[]).map(domainSample);
  const base = {
    ...entrance,
    internal: false,
    runtime: undefined,
    dynamicMetadata: undefined,
    sourceAddress: '203.0.113.1',
    alpn: ['http/1.1'],
  };
  for (const route of messagesOf(virtualHost.routes)) {
    const match = messageOf(route.match);
    const headers: [string, string][] = [];
    let [method, authority] = ['GET', domains[0] ?? 'witness.example'];
    for (const header of messagesOf(match.headers)) {
      const name = textOf(header.name).toLowerCase();
      if (header.invert_match === true || header.present_match === false) continue;
      if (name === ':method') method = headerSample(header);
      else if (name === ':authority' || name === 'host') authority = headerSample(header);
      else if (!name.startsWith(':')) headers.push([name, headerSample(header)]);
    }
    if (match.grpc !== undefined) headers.push(['content-type', 'application/grpc']);
    const parameters = messagesOf(match.query_parameters);
    for (const [index, sample] of pathSamples(match).entries()) {
      const path = withQuery(sample.startsWith('/') ? sample : `/${sample}`, parameters);
      // Every cluster of the route by its own path; beside it one is enough.
      for (const random of index === 0 ? randoms(route) : [0]) {
        yield { ...base, method, authority, path, headers, random };
      }
      if (index > 0) continue;
      for (const other of domains.slice(1, 4))
        yield { ...base, method, authority: other, path, headers, random: 0 };
      if (headers.length > 0) yield { ...base, method, authority, path, headers: [], random: 0 };
    }
  }
}

/** A path that no route names, for each virtual host. */
function* strays(virtualHosts: readonly Fields[], entrance: Entrance): Generator<RouteTestRequest> {
  const base = {
    ...entrance,
    internal: false,
    runtime: undefined,
    dynamicMetadata: undefined,
    sourceAddress: '203.0.113.1',
    alpn: ['http/1.1'],
  };
  const hosts = [
    'stray.invalid',
    ...virtualHosts.map(({ domains }) => domainSample(((domains ?? ['*']) as string[])[0] ?? '*')),
  ];
  for (const authority of hosts) {
    yield { ...base, method: 'GET', authority, path: '/witness/stray', headers: [], random: 0 };
  }
}

function entranceOf(manager: HttpManager, simulator: RouteSimulator): Entrance {
  const { port, serverName, tls } = simulator.entrance(manager);
  return { scheme: tls ? 'https' : 'http', port, listener: manager.listener, serverName };
}

/** Each request once. @param simulator whose routes are to be met */
export function witnessRequests(simulator: RouteSimulator): RouteTestRequest[] {
  const found = new Map<string, RouteTestRequest>();
  const add = (requests: Iterable<RouteTestRequest>): void => {
    for (const request of requests) {
      if (found.size >= maxRequests) return;
      found.set(JSON.stringify(request), request);
    }
  };
  const visit = (config: Fields, entrance: Entrance): void => {
    const hosts = messagesOf(config.virtual_hosts);
    for (const host of hosts) add(requestsOf(host, entrance));
    add(strays(hosts, entrance));
  };
  if (simulator.managers.length === 0) {
    const nowhere: Entrance = { scheme: 'http', port: undefined, listener: undefined, serverName: undefined };
    for (const { config } of simulator.configurations) visit(config, nowhere);
  }
  for (const manager of simulator.managers) {
    visit(messageOf(manager.config.route_config), entranceOf(manager, simulator));
  }
  return [...found.values()];
}
