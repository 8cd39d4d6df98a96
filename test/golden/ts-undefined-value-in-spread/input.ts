import { defineBootstrap } from 'envoy3';

const base = { connect_timeout: '-1s' } as const;

export default defineBootstrap({
  static_resources: { clusters: [{ name: 'api', type: 'STATIC', ...base, load_assignment: { cluster_name: 'api' } }] },
});
