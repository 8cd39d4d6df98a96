import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    clusters: [{ name: 'api', type: 'STATIC', connect_timeout: 15, load_assignment: { cluster_name: 'api' } }],
  },
});
