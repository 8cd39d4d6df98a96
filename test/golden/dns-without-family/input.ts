import type { Bootstrap, Cluster } from 'envoy3';

const names = ['users', 'orders'];

const clusters = names.map(
  (name): Cluster => ({
    name,
    type: 'STRICT_DNS',
  }),
);

export default { static_resources: { clusters } } satisfies Bootstrap;
