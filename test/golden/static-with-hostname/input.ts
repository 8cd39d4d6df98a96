import { defineBootstrap } from 'envoy3';

function endpoint(address: string, port_value: number) {
  return { endpoint: { address: { socket_address: { address, port_value } } } };
}

export default defineBootstrap({
  static_resources: {
    clusters: [
      {
        name: 'web',
        type: 'STATIC',
        load_assignment: {
          cluster_name: 'web',
          endpoints: [{ lb_endpoints: [endpoint('10.0.0.1', 80), endpoint('web.internal', 80)] }],
        },
      },
    ],
  },
});
