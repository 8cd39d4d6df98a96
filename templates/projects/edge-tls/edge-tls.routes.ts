/**
 * Where requests go. `envoy3 test` asks the matcher of the runtime; nothing has to run.
 */
import { defineRouteTests, env } from 'envoy3';

const base = `https://localhost:${env('EDGE_PORT', '8443')}` as const;
const grpc = { 'content-type': 'application/grpc' };

export default defineRouteTests({
  config: 'envoy3.config.ts',
  tests: [
    { request: { url: `${base}/` }, expect: { cluster: 'web' } },
    { request: { url: `${base}/worker` }, expect: { cluster: 'workers' } },
    { request: { url: `${base}/worker/7` }, expect: { cluster: 'workers' } },
    { request: { url: `${base}/workers` }, expect: { cluster: 'web' } },
    {
      request: { url: `${base}/edge.v1.AuthApi/Ping`, method: 'POST', headers: grpc },
      expect: { cluster: 'api' },
    },
    { request: { url: `${base}/edge.v1.AuthApi/Ping` }, expect: { cluster: 'web' } },
  ],
});
