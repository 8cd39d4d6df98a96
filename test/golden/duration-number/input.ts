import { defineBootstrap } from 'envoy3';

export default defineBootstrap({
  static_resources: {
    clusters: [
      {
        name: 'web',
        type: 'STRICT_DNS',
        dns_lookup_family: 'V4_ONLY',
        connect_timeout: 15,
      },
    ],
  },
});
