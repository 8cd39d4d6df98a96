/**
 * One HTTP filter before the router, in a connection manager between sockets without a network.
 */
import { httpFilters } from '../../../../runtime/extensions.js';
import type { RigOptions } from '../../http/manager-rig.js';
import { ManagerRig } from '../../http/manager-rig.js';

const types = 'type.googleapis.com/envoy.extensions.filters.http.';

/** A filter by the part of its type after `filters.http.`, as an entry of `http_filters`. */
export function httpFilter(type: string, config: object = {}, more: object = {}): object {
  return { name: 'f', typed_config: { '@type': types + type, ...config }, ...more };
}

/** `typed_per_filter_config` for the filter of the rig. */
export function perRoute(type: string, config: object = {}): object {
  return { typed_per_filter_config: { f: { '@type': types + type, ...config } } };
}

/** One route to `c`, with fields of the route, of the virtual host and of the action. */
export function routes(route: object = {}, virtualHost: object = {}, action: object = {}): object {
  const one = { match: { prefix: '/' }, route: { cluster: 'c', ...action }, ...route };
  return { virtual_hosts: [{ name: 'v', domains: ['*'], routes: [one], ...virtualHost }] };
}

/** @param filters entries of `http_filters` before the router */
export function filterRig(
  filters: readonly object[],
  route_config: object = routes(),
  options: RigOptions = {},
  manager: object = {},
): ManagerRig {
  return new ManagerRig(
    { http_filters: [...filters, ...ManagerRig.filters()], route_config, ...manager },
    { ...options, filters: Object.fromEntries(httpFilters) },
  );
}

/** A request head. */
export function get(headers: readonly string[] = [], path = '/x', method = 'GET'): string {
  return `${[`${method} ${path} HTTP/1.1`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
}

export function post(body: string, headers: readonly string[] = []): string {
  return `${get([...headers, `content-length: ${body.length}`], '/x', 'POST')}${body}`;
}

export const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
