/**
 * Where requests go. `npm test` asks the matcher of the runtime; nothing has to run.
 */
import { defineRouteTests, env } from 'envoy3';

const base = `http://localhost:${env('PORT', '10000')}` as const;
const upgrade = { connection: 'upgrade', upgrade: 'websocket' };

export default defineRouteTests({
  config: 'envoy3.config.ts',
  tests: [
    {
      request: { url: `${base}/chat`, headers: upgrade },
      expect: { route: 'chat', cluster: 'chat', timeout: '0s', idleTimeout: '3600s' },
    },
    { request: `${base}/`, expect: { route: 'pages', cluster: 'chat', timeout: '15s' } },
    { request: `${base}/chat/room`, expect: { route: 'pages' } },
  ],
});
