import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    clusters: [
      {
        name: 'api',
        type: 'STRICT_DNS',
        load_assignment: {
          cluster_name: 'api',
          endpoints: [
            {
              lb_endpoints: [
                { endpoint: { address: { socket_address: { address: 'api.internal', port_value: 80 } } } },
              ],
            },
          ],
        },
      },
    ],
  },
});
