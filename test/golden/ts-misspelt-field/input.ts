import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    clusters: [{ name: 'api', type: 'STATIC', conect_timeout: '1s', load_assignment: { cluster_name: 'api' } }],
  },
});
