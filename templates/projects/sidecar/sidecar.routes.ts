/**
 * Where requests go. `envoy3 test` asks the matcher of the runtime; nothing has to run. Holds for the practices that are
 * switched on: `ALL=on envoy3 test` tests every one.
 */
import type { RouteTestInput } from 'envoy3';
import { defineRouteTests, env } from 'envoy3';
import { practices } from './practices.js';

const scheme = practices.tlsTermination ? 'https' : 'http';
const base = `${scheme}://localhost:${env('SIDECAR_PORT', '10000')}` as const;

const tests: RouteTestInput[] = [
  { request: { url: `${base}/important`, random: 0 }, expect: { cluster: 'backend_service' } },
];
if (practices.circuitBreakers) {
  tests.push({ request: `${base}/important/a`, expect: { route: 'important', cluster: 'backend_service' } });
}
if (practices.canary) {
  // `random` stands for the number that Envoy draws; a hundred is the sum of the weights.
  tests.push({ request: { url: `${base}/`, random: 89 }, expect: { cluster: 'backend_service' } });
  tests.push({ request: { url: `${base}/`, random: 90 }, expect: { cluster: 'backend_canary' } });
}
if (practices.abTest) {
  const expect = { cluster: 'backend_canary' };
  tests.push({ request: { url: `${base}/`, random: 0, headers: { 'x-variant': 'b' } }, expect });
  tests.push({ request: { url: `${base}/`, random: 0, headers: { cookie: 'a=1; variant=b' } }, expect });
  const other = { cluster: 'backend_service' };
  tests.push({ request: { url: `${base}/`, random: 0, headers: { cookie: 'variant=bc' } }, expect: other });
}

export default defineRouteTests({ config: 'envoy3.config.ts', tests });
