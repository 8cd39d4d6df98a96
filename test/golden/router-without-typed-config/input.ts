import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    listeners: [
      {
        name: 'web',
        address: { socket_address: { address: '0.0.0.0', port_value: 8080 } },
        filter_chains: [
          {
            filters: [
              {
                name: 'envoy.filters.network.http_connection_manager',
                typed_config: {
                  '@type':
                    'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
                  stat_prefix: 'web',
                  route_config: { virtual_hosts: [] },
                  http_filters: [{ name: 'envoy.filters.http.router' }],
                },
              },
            ],
          },
        ],
      },
    ],
  },
});
