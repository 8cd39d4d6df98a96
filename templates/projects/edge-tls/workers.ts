/**
 * The cluster of the workers, which come and go. Both ways end in one cluster, so that nothing else knows of them.
 */
import type { ClusterOptions } from 'envoy3';
import { consulService, eds, env, envNumber } from 'envoy3';
import { variants } from './variants.js';

/** All workers have the port, each an address of its own: DNS tells addresses, not ports. */
const port = envNumber('WORKER_PORT', 9443);

export function workerCluster(options: ClusterOptions) {
  if (variants.workers === 'files')
    return eds('workers', { ...options, path: env('WORKER_FILE', 'run/xds/workers.yaml') });
  return consulService('workers', {
    ...options,
    service: 'worker',
    port,
    resolvers: [env('DISCOVERY_DNS', '127.0.0.1:8600')],
    agent: env('DISCOVERY_HTTP', '127.0.0.1:8500'),
  });
}
