import { defineBootstrap } from 'envoy3';

const web = { name: 'web', type: 'STATIC' } as const;

export default defineBootstrap({
  static_resources: {
    clusters: [web, { ...web, connect_timeout: '2s' }],
  },
});
