/**
 * Small sound bootstraps in which a test breaks one thing, and the findings of the checks in one line each.
 */
import * as assert from 'uvu/assert';
import { checkBootstrap } from '../../../compiler/check/check-bootstrap.js';
import { readMessage } from '../../../dsl/api/index.js';

export type Fields = Record<string, unknown>;
export const url = (name: string) => `type.googleapis.com/${name}`;
const http = 'envoy.extensions.filters.http.';
export const router = { name: 'router', typed_config: { '@type': url(`${http}router.v3.Router`) } };
export const lua = { name: 'lua', typed_config: { '@type': url(`${http}lua.v3.Lua`) } };

export function httpFilter(name: string, config: Fields): Fields {
  return { name, typed_config: { '@type': url(http + name), ...config } };
}

export function endpoints(address: string): Fields {
  const endpoint = { address: { socket_address: { address, port_value: 80 } } };
  return { cluster_name: 'x', endpoints: [{ lb_endpoints: [{ endpoint }] }] };
}

export function cluster(name: string, more: Fields = {}): Fields {
  return { name, type: 'STATIC', ...more };
}

export function manager(more: Fields = {}): Fields {
  const name = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
  const routes = { route_config: { virtual_hosts: [] } };
  const own = 'rds' in more || 'scoped_routes' in more ? {} : routes;
  return {
    name: 'manager',
    typed_config: { '@type': url(name), stat_prefix: 'x', http_filters: [router], ...own, ...more },
  };
}

export function listener(hcm: Fields = {}, chain: Fields = {}, more: Fields = {}): Fields {
  return {
    name: 'l',
    address: { socket_address: { address: '0.0.0.0', port_value: 80 } },
    filter_chains: [{ filters: [manager(hcm)], ...chain }],
    ...more,
  };
}

/** One listener with one route, in one virtual host. */
export function routed(route: Fields, host: Fields = {}, config: Fields = {}): Fields {
  const match = { match: { prefix: '/' } };
  const virtual_hosts = [{ name: 'v', domains: ['*'], routes: [{ ...match, ...route }], ...host }];
  return listener({ route_config: { virtual_hosts, ...config } });
}

export function bootstrap(listeners: Fields[], clusters: Fields[] = [], more: Fields = {}): Fields {
  return { static_resources: { listeners, clusters }, ...more };
}

/** `E3003 last.steps.of.the.path` of every error. The value must be well-formed. */
export function errors(
  value: Fields,
  node: { serviceNode?: string; serviceCluster?: string } = {},
): string[] {
  const read = readMessage('envoy.config.bootstrap.v3.Bootstrap', value);
  assert.equal(read.issues, [], 'the sample is not well-formed');
  return checkBootstrap(read.value, node)
    .filter(({ severity }) => severity === 'error')
    .map(({ code, path }) => `${code} ${path.slice(-3).join('.')}`);
}

/** Exactly one error, with that code, at a path that ends so. */
export function refused(value: Fields, code: string, end: string): void {
  const found = errors(value);
  assert.is(found.length, 1, `${found.length} findings: ${found.join(', ')}`);
  assert.ok(
    found[0]?.startsWith(`${code} `) && found[0].endsWith(end),
    `${found[0]} is not ${code} ...${end}`,
  );
}

export function accepted(value: Fields): void {
  assert.equal(errors(value), []);
}
