import type { Bootstrap } from 'envoy3';

const loose: any = {
  admin: { address: { socket_address: { address: 'localhost', port_value: 9901 } } },
  static_resources: {
    clusters: [
      { name: 'web', type: 'STATIC', lb_policy: 'MAGLEV', maglev_lb_config: { table_size: 100 } },
      { name: 'web', type: 'STRICT_DNS' },
    ],
    listeners: [{ name: 'a' }],
  },
};

export default loose as Bootstrap;
