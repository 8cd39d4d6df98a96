import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    listeners: [
      {
        name: 'web',
        address: { socket_address: { address: '0.0.0.0', port_value: 443 } },
        filter_chains: [
          {
            tls_context: { common_tls_context: {} },
            filters: [],
          },
        ],
      },
    ],
  },
});
