/**
 * Which request goes where. The first route that matches takes it.
 */
import { route, virtualHost, weighted } from 'envoy3';
import { backend, canary } from './clusters.js';
import { practices } from './practices.js';

/** `variant=b` among the cookies, and not `variant=bc`. */
const variantCookie = '(?:.*; *)?variant=b(?:;.*)?';

const important = [route('/important', backend, { name: 'important', raw: { priority: 'HIGH' } })];

const variants = [
  route({ prefix: '/', headers: { 'x-variant': 'b' } }, canary, { name: 'variant_header' }),
  route(
    { prefix: '/', headers: [{ name: 'cookie', string_match: { safe_regex: { regex: variantCookie } } }] },
    canary,
    { name: 'variant_cookie' },
  ),
];

const shares = weighted([
  [backend, 90],
  [canary, 10],
]);

/** Counted by user: who says no name is not counted. */
const countByUser = {
  rate_limits: [{ actions: [{ request_headers: { header_name: 'x-user', descriptor_key: 'user' } }] }],
};

export const everything = virtualHost(
  ['*'],
  [
    ...(practices.circuitBreakers ? important : []),
    ...(practices.abTest ? variants : []),
    practices.canary ? route('/', shares, { name: 'canary' }) : route('/', backend, { name: 'backend' }),
  ],
  practices.globalRateLimit ? { raw: countByUser } : {},
);
