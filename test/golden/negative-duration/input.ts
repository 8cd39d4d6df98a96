import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    clusters: [{ name: 'web', type: 'STATIC', common_lb_config: { update_merge_window: '-1s' } }],
  },
});
