/**
 * Where requests go. `envoy3 test` asks the matcher of the runtime; nothing has to run.
 */
import { defineRouteTests, env } from 'envoy3';

const http = `http://localhost:${env('HTTP_PORT', '8080')}` as const;
const https = `https://localhost:${env('HTTPS_PORT', '8443')}` as const;

export default defineRouteTests({
  config: 'envoy3.config.ts',
  tests: [
    { request: `${http}/service/1`, expect: { cluster: 'service1', path: '/service/1' } },
    { request: `${http}/service/2?x=1`, expect: { cluster: 'service2', path: '/service/2?x=1' } },
    { request: `${https}/service/1`, expect: { cluster: 'service1' } },
    { request: `${http}/service/3`, expect: { cluster: null, status: 404 } },
  ],
});
