import { defineBootstrap, router, staticCluster } from 'envoy3';

const api = staticCluster('api', ['127.0.0.1:9000']);

/** The name is a plain string here: the type system cannot know it. */
function to(name: string) {
  return { match: { prefix: `/${name}` }, route: { cluster: name } };
}

const names: string[] = ['api', 'web'];

export default defineBootstrap({
  static_resources: {
    clusters: [api],
    listeners: [
      {
        name: 'main',
        address: { socket_address: { address: '127.0.0.1', port_value: 8080 } },
        filter_chains: [
          {
            filters: [
              {
                name: 'envoy.filters.network.http_connection_manager',
                typed_config: {
                  '@type':
                    'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                  stat_prefix: 'main',
                  route_config: { virtual_hosts: [{ name: 'all', domains: ['*'], routes: names.map(to) }] },
                  http_filters: [router()],
                },
              },
            ],
          },
        ],
      },
    ],
  },
});
