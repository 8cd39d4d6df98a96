import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    clusters: [{ name: 'api', type: 'STRICTDNS', load_assignment: { cluster_name: 'api' } }],
  },
});
