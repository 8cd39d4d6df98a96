/** Small bootstraps for tests, as objects; JSON is YAML. */

export type Message = { readonly [field: string]: unknown };

const types = 'type.googleapis.com/envoy.extensions.';

export function listenerAddress(port = 0, address = '127.0.0.1'): Message {
  return { socket_address: { address, port_value: port } };
}

export const router: Message = {
  name: 'envoy.filters.http.router',
  typed_config: { '@type': `${types}filters.http.router.v3.Router` },
};

/** @param routes of the only virtual host */
export function connectionManager(routes: readonly Message[], more: Message = {}): Message {
  return {
    name: 'hcm',
    typed_config: {
      '@type': `${types}filters.network.http_connection_manager.v3.HttpConnectionManager`,
      stat_prefix: 'test',
      route_config: { name: 'routes', virtual_hosts: [{ name: 'all', domains: ['*'], routes }] },
      http_filters: [router],
      ...more,
    },
  };
}

/** A listener of one chain. */
export function listener(filter: Message, more: Message = {}): Message {
  return { name: 'main', address: listenerAddress(), filter_chains: [{ filters: [filter] }], ...more };
}

export function say(text: string, prefix = '/'): Message {
  return { match: { prefix }, direct_response: { status: 200, body: { inline_string: text } } };
}

export function toCluster(cluster: string, prefix = '/'): Message {
  return { match: { prefix }, route: { cluster } };
}

export function staticCluster(name: string, port: number, more: Message = {}): Message {
  return {
    name,
    type: 'STATIC',
    load_assignment: {
      cluster_name: name,
      endpoints: [{ lb_endpoints: [{ endpoint: { address: listenerAddress(port) } }] }],
    },
    ...more,
  };
}

export function tlsContext(
  certificates: readonly { cert: string; key: string }[],
  more: Message = {},
  common: Message = {},
): Message {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${types}transport_sockets.tls.v3.DownstreamTlsContext`,
      common_tls_context: {
        tls_certificates: certificates.map(({ cert, key }) => ({
          certificate_chain: { inline_string: cert },
          private_key: { inline_string: key },
        })),
        ...common,
      },
      ...more,
    },
  };
}

export function bootstrap(
  listeners: readonly Message[],
  clusters: readonly Message[] = [],
  more: Message = {},
): string {
  return JSON.stringify({ static_resources: { listeners, clusters }, ...more }, undefined, 2);
}
