import type { RouteTestInput } from 'envoy3';
import { env } from 'envoy3';

const base = `http://localhost:${env('PORT', '10000')}` as const;

/** What holds in every environment. */
export const sharedTests: readonly RouteTestInput[] = [
  { request: `${base}/api/users?x=1`, expect: { cluster: 'api', path: '/users?x=1', timeout: '3s' } },
  { request: `${base}/`, expect: { cluster: 'web', path: '/' } },
  { request: `${base}/api`, expect: { cluster: 'web' } },
];
