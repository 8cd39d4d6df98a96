import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: { clusters: [{ name: 'web', type: 'ORIGINAL_DST', lb_policy: 'ROUND_ROBIN' }] },
});
