/**
 * Which service takes which call. `envoy3 test` asks the matcher of the runtime; nothing has to run.
 */
import type { RouteTestInput } from 'envoy3';
import { defineRouteTests, env } from 'envoy3';

const port = env('MESH_PORT', '8888');
const headers = { 'content-type': 'application/grpc' };
const path = 'mesh.Greeter/Hello';

/** With the time-out of each service, and the port that some clients put behind the name. */
const timeouts = { orders: '2s', users: '1s', payments: '15s' } as const;
const tests: RouteTestInput[] = Object.entries(timeouts).map(([cluster, timeout]) => ({
  request: { method: 'POST', url: `https://${cluster}.envoy.internal:${port}/${path}`, headers },
  expect: { cluster, timeout },
}));

export default defineRouteTests({
  config: 'envoy3.config.ts',
  tests: [
    ...tests,
    {
      name: 'gRPC with a codec of its own',
      request: {
        method: 'POST',
        url: `https://orders.envoy.internal:${port}/${path}`,
        headers: { 'content-type': 'application/grpc+proto' },
      },
      expect: { cluster: 'orders' },
    },
    {
      name: 'what is no gRPC has no route',
      request: `https://orders.envoy.internal:${port}/${path}`,
      expect: { cluster: null, status: 404 },
    },
    {
      name: 'a service that nobody knows',
      request: { method: 'POST', url: `https://stock.envoy.internal:${port}/${path}`, headers },
      expect: { cluster: null, status: 404 },
    },
  ],
});
