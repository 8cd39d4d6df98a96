/**
 * E3023: `typed_extension_protocol_options` of a cluster: Envoy finds the implementation by the key, and only a few have
 * such options; HTTP options want a transport socket that can do what they promise.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const http = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const field = 'typed_extension_protocol_options';

/** Both names of the HTTP options. */
const httpKeys: ReadonlySet<string> = new Set([http, 'envoy.upstreams.http.http_protocol_options']);

/** Network filters with options for clusters, beside the options of category `envoy.upstream_options`. */
const filtersWithOptions: ReadonlySet<string> = new Set([
  'envoy.filters.network.redis_proxy',
  'envoy.filters.network.thrift_proxy',
  'envoy.redis_proxy',
]);

function finding(path: Finding['path'], message: string, fix: string): Finding {
  return { code: 'E3023', severity: 'error', path, message, fix };
}

let keys: ReadonlySet<string> | undefined;

function knownKeys(): ReadonlySet<string> {
  keys ??= new Set([
    ...filtersWithOptions,
    ...table.extensions
      .filter(({ category }) => category === 'envoy.upstream_options')
      .map(({ name }) => name),
  ]);
  return keys;
}

/** ALPN chooses between HTTP/1 and HTTP/2 during the TLS handshake: these have none. */
const withoutAlpn: ReadonlySet<string> = new Set([
  '',
  'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer',
]);

const quic = 'envoy.extensions.transport_sockets.quic.v3.QuicUpstreamTransport';

function* transport(
  cluster: Message,
  path: Finding['path'],
  options: Readonly<Record<string, unknown>>,
): Generator<Finding> {
  const socket = typeOf(cluster.at('transport_socket').value.typed_config);
  const explicit = fieldsAt(options.explicit_http_config);
  if (isSet(explicit.http3_protocol_options) && socket !== quic) {
    const at = [...path, 'explicit_http_config', 'http3_protocol_options'];
    yield finding(at, 'HTTP/3 needs a QUIC transport socket', `use a transport_socket of type ${quic}`);
  }
  if (!isSet(options.auto_config)) return;
  const auto = fieldsAt(options.auto_config);
  if (isSet(auto.http3_protocol_options) && !isSet(auto.alternate_protocols_cache_options)) {
    const message = 'auto_config with HTTP/3 needs a cache of alternate protocols';
    yield finding([...path, 'auto_config'], message, 'set alternate_protocols_cache_options');
  } else if (withoutAlpn.has(socket) && !hasSocketMatches(cluster)) {
    const message = 'auto_config chooses the protocol by ALPN, which this cluster has not';
    yield finding([...path, 'auto_config'], message, 'add a transport_socket with an UpstreamTlsContext');
  }
}

/** Sockets that are matched to endpoints may have it. */
function hasSocketMatches(cluster: Message): boolean {
  return cluster.list('transport_socket_matches').length > 0;
}

export function* protocolOptions(view: BootstrapView): Generator<Finding> {
  for (const cluster of view.clusters) {
    for (const [key, payload] of Object.entries(fieldsAt(cluster.value[field]))) {
      const path = [...cluster.path, field, key];
      if (!knownKeys().has(key)) {
        yield finding(path, `there are no protocol options '${key}'`, `the key for HTTP is ${http}`);
      } else if (httpKeys.has(key)) {
        if (typeOf(payload) === http) yield* transport(cluster, path, fieldsAt(payload));
        else yield finding(path, `the options under this key are of type ${http}`, `set its '@type'`);
      }
    }
  }
}
