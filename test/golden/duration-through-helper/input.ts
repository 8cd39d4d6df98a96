import { defineBootstrap } from 'envoy3';
import type { Cluster } from 'envoy3';

/** Any: the type checker looks away, the compiler does not. */
const settings: any = JSON.parse('{ "timeout": "5 s" }');

function backend(name: string): Cluster {
  return {
    name,
    type: 'STATIC',
    connect_timeout: settings.timeout,
  };
}

export default defineBootstrap({
  static_resources: { clusters: [backend('web'), backend('api')] },
});
