/**
 * Pieces of a configuration, as the pages of the rules show them, made whole: a listener around routes, a cluster for every
 * name that is used.
 */
import * as assert from 'uvu/assert';
import { BootstrapView } from '../../../compiler/check/bootstrap-view.js';
import { lintBootstrap } from '../../../compiler/lint/lint-bootstrap.js';
import { resolveLint } from '../../../compiler/lint/lint-config.js';
import { readMessage, readYaml } from '../../../dsl/api/index.js';
import type { Fields } from '../check/bootstraps.js';
import { router, url } from '../check/bootstraps.js';

const tls = 'envoy.extensions.transport_sockets.tls.v3.';

function manager(fields: Fields): Fields {
  const type = url('envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager');
  return { '@type': type, stat_prefix: 'x', route_config: {}, http_filters: [router], ...fields };
}

function listener(chain: Fields, address = '0.0.0.0'): Fields {
  const socket_address = { address, port_value: 8080 };
  return { name: 'l', address: { socket_address }, filter_chains: [chain] };
}

function managed(fields: Fields, chain: Fields = {}): Fields {
  const filters = [{ name: 'manager', typed_config: manager(fields) }];
  return { static_resources: { listeners: [listener({ filters, ...chain })] } };
}

function socket(type: string, fields: Fields): Fields {
  return { name: 'tls', typed_config: { '@type': url(tls + type), ...fields } };
}

const wraps: Readonly<Record<string, (piece: never) => Fields>> = {
  bootstrap: (piece: Fields) => piece,
  cluster: (piece: Fields) => ({ static_resources: { clusters: [piece] } }),
  listener: (piece: Fields) => ({ static_resources: { listeners: [piece] } }),
  hcm: (piece: Fields) => managed(piece),
  hosts: (piece: Fields[]) => managed({ route_config: { virtual_hosts: piece } }),
  routes: (piece: Fields[]) =>
    managed({ route_config: { virtual_hosts: [{ name: 'v', domains: ['*'], routes: piece }] } }),
  'upstream-tls': (piece: Fields) => ({
    static_resources: {
      clusters: [
        {
          name: 'c',
          type: 'STRICT_DNS',
          dns_lookup_family: 'V4_ONLY',
          transport_socket: socket('UpstreamTlsContext', piece),
        },
      ],
    },
  }),
  'downstream-tls': (piece: Fields) =>
    managed({}, { transport_socket: socket('DownstreamTlsContext', { common_tls_context: piece }) }),
};

/** A cluster for every name that something goes to and that is not there. */
function withClusters(bootstrap: Fields): Fields {
  const resources = (bootstrap.static_resources ?? {}) as { clusters?: Fields[] };
  const names = new Set((resources.clusters ?? []).map(({ name }) => name));
  const used = [...JSON.stringify(bootstrap).matchAll(/"cluster":"([^"]+)"/g)].map(([, name]) => name ?? '');
  const missing = [...new Set(used)].filter((name) => !names.has(name) && !('clusters' in resources));
  return {
    ...bootstrap,
    static_resources: {
      ...resources,
      clusters: [...(resources.clusters ?? []), ...missing.map((name) => ({ name, type: 'STATIC' }))],
    },
  };
}

/** The bootstrap around a piece, as it is written. */
export function wrapped(piece: string, content: unknown): Fields {
  const wrap = wraps[piece];
  assert.ok(wrap !== undefined, `there is no piece '${piece}'`);
  return withClusters(wrap(content as never));
}

/** The canonical bootstrap around a piece. Fails when the piece is not well-formed. */
export function whole(piece: string, content: unknown): unknown {
  const value = wrapped(piece, content);
  const read = readMessage('envoy.config.bootstrap.v3.Bootstrap', value);
  assert.equal(read.issues, [], `the ${piece} is not well-formed`);
  return read.value;
}

/** What a text in YAML says; lists are no documents of their own. */
export function contentOf(piece: string, yaml: string): unknown {
  const text = piece === 'routes' || piece === 'hosts' ? `list:\n${yaml}` : yaml;
  const read = readYaml(text);
  assert.equal(read.errors, [], yaml);
  return text === yaml ? read.value : (read.value as Fields).list;
}

export function wholeYaml(piece: string, yaml: string): unknown {
  return whole(piece, contentOf(piece, yaml));
}

/** Paths, from the bootstrap down, where one rule finds something, with its message. The rule is on. */
export function findings(
  rule: string,
  bootstrap: unknown,
  options: Fields = {},
  written?: unknown,
): string[] {
  const config = resolveLint({
    extends: 'none',
    rules: { [rule]: { level: 'warning' as const, ...options } },
  });
  assert.equal(config.findings, []);
  return lintBootstrap(new BootstrapView(bootstrap, {}, written), config).map(
    ({ path, message }) => `${path.join('.')}: ${message}`,
  );
}
