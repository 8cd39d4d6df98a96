import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    clusters: [{ name: 'web', type: 'STATIC', conect_timeout: '1s' }],
  },
});
