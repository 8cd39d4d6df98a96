/**
 * Where HTTP requests go, which only the port for load balancers takes. Connections to the database have no routes: which
 * host takes one is decided by health, and is to be seen while it runs.
 */
import { defineRouteTests, env } from 'envoy3';

const health = `http://localhost:${env('HEALTH_PORT', '15080')}` as const;

export default defineRouteTests({
  config: 'envoy3.config.ts',
  tests: [
    { request: `${health}/healthz`, expect: { listener: 'health', status: 200, cluster: null } },
    { request: `${health}/`, expect: { status: 404 } },
  ],
});
