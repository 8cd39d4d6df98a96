/**
 * Where requests go. `npm test` asks the matcher of the runtime; nothing has to run.
 */
import { defineRouteTests, env } from 'envoy3';

const base = `http://localhost:${env('PORT', '10000')}` as const;

export default defineRouteTests({
  config: 'envoy3.config.ts',
  tests: [
    { request: `${base}/`, expect: { status: 200, cluster: null } },
    { request: `POST ${base}/any/path?x=1`, expect: { status: 200 } },
  ],
});
