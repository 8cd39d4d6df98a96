import { defineBootstrap } from 'envoy3';
import type { Cluster } from 'envoy3';

const defaults = { type: 'STATIC', connect_timeout: '0s' } as const;

const clusters: Cluster[] = [];
for (const name of ['users', 'orders']) clusters.push({ name, ...defaults });

export default defineBootstrap({ static_resources: { clusters } });
