/** Tokens, descriptors, and what a refusal looks like. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ManagerRig } from '../../http/manager-rig.js';
import { filterRig, get, httpFilter, perRoute, routes } from './filter-rig.js';

const type = 'local_ratelimit.v3.LocalRateLimit';
const always = { default_value: { numerator: 100 } };
const bucket = (max_tokens: number, fill_interval = '1s', tokens_per_fill = 1): object => ({
  token_bucket: { max_tokens, fill_interval, tokens_per_fill },
});
const limit = (config: object): object => ({
  stat_prefix: 'l',
  filter_enabled: always,
  filter_enforced: always,
  ...config,
});
const counters = (rig: ManagerRig, prefix = 'l'): number[] =>
  ['enabled', 'ok', 'rate_limited', 'enforced'].map((name) =>
    rig.counter(`${prefix}.http_local_rate_limit.${name}`),
  );

async function allowed(rig: ManagerRig, request = get()): Promise<boolean> {
  const before = rig.logLines.length;
  await rig.request(request);
  return rig.logLines.length === before;
}

test('tokens are used up and come back without a break', async () => {
  const rig = filterRig([httpFilter(type, limit(bucket(2)))]);
  assert.equal([await allowed(rig), await allowed(rig), await allowed(rig)], [true, true, false]);
  await rig.pass(999);
  assert.not(await allowed(rig));
  await rig.pass(1);
  assert.ok(await allowed(rig));
  assert.equal(counters(rig), [5, 3, 2, 2]);
  assert.match(rig.logLines[0] ?? '', /^429 RL local_rate_limited/);
});

test('a bucket never holds more than it can', async () => {
  const rig = filterRig([httpFilter(type, limit(bucket(1, '0.1s')))]);
  await rig.pass(60_000);
  assert.equal([await allowed(rig), await allowed(rig)], [true, false]);
});

test('what is not enforced is only counted and marked', async () => {
  const rig = filterRig([
    httpFilter(type, {
      ...limit(bucket(0)),
      filter_enforced: undefined,
      request_headers_to_add_when_not_enforced: [{ header: { key: 'x-over', value: '1' } }],
    }),
  ]);
  assert.ok(await allowed(rig));
  assert.match(rig.upstream().written, 'x-over: 1');
  assert.equal(counters(rig), [1, 0, 1, 0]);
});

test('the refusal tells the limit, and when to come back', async () => {
  const rig = filterRig([
    httpFilter(
      type,
      limit({
        ...bucket(0, '30s'),
        enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
        enable_retry_after_header: true,
        response_headers_to_add: [{ header: { key: 'x-limited', value: 'yes' } }],
        status: { code: 'ServiceUnavailable' },
      }),
    ),
  ]);
  const client = await rig.request(get());
  assert.match(client.written, /^HTTP\/1.1 503 .*x-limited: yes\r\nretry-after: 30\r\n/s);
  assert.match(
    client.written,
    /x-ratelimit-limit: 0\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 30\r\n/,
  );
});

const descriptor = (entries: object, tokens: number, more: object = {}): object => ({
  entries: Object.entries(entries).map(([key, value]) => ({ key, value })),
  ...bucket(tokens, '100s'),
  ...more,
});
const byUser = { actions: [{ request_headers: { header_name: 'x-user', descriptor_key: 'user' } }] };
const of = (user: string): string => get([`x-user: ${user}`]);

test('descriptors of the route have buckets of their own', async () => {
  const rig = filterRig(
    [httpFilter(type, limit({ ...bucket(100), descriptors: [descriptor({ user: 'a' }, 1)] }))],
    routes({}, {}, { rate_limits: [byUser] }),
  );
  assert.equal(
    [await allowed(rig, of('a')), await allowed(rig, of('a')), await allowed(rig, of('b'))],
    [true, false, true],
  );
  assert.ok(await allowed(rig), 'no header, no descriptor');
});

test('an empty value stands for any, each with its bucket, up to a number of them', async () => {
  const rig = filterRig(
    [
      httpFilter(
        type,
        limit({ ...bucket(100), max_dynamic_descriptors: 2, descriptors: [descriptor({ user: '' }, 1)] }),
      ),
    ],
    routes({}, {}, { rate_limits: [byUser] }),
  );
  const seen: boolean[] = [];
  for (const user of ['a', 'a', 'b', 'c', 'b', 'a']) seen.push(await allowed(rig, of(user)));
  assert.equal(seen, [true, false, true, true, false, true], 'a was forgotten for c');
});

test('a descriptor in shadow mode refuses nothing', async () => {
  const rig = filterRig(
    [
      httpFilter(
        type,
        limit({ ...bucket(100), descriptors: [descriptor({ user: 'a' }, 0, { shadow_mode: true })] }),
      ),
    ],
    routes({}, {}, { rate_limits: [byUser] }),
  );
  assert.ok(await allowed(rig, of('a')));
  assert.equal([...counters(rig), rig.counter('l.http_local_rate_limit.shadow_mode')], [1, 0, 1, 0, 1]);
});

test('the bucket of a connection', async () => {
  const rig = filterRig([
    httpFilter(type, limit({ ...bucket(1, '100s'), local_rate_limit_per_downstream_connection: true })),
  ]);
  assert.ok(await allowed(rig));
  assert.ok(await allowed(rig), 'another connection');
});

test('routes have limits of their own', async () => {
  const rig = filterRig(
    [httpFilter(type, limit({}))],
    routes(perRoute(type, { ...limit(bucket(0)), stat_prefix: 'r' })),
  );
  assert.not(await allowed(rig));
  assert.equal(counters(rig, 'r'), [1, 0, 1, 1]);
  assert.throws(
    () => filterRig([httpFilter(type, limit({}))], routes(perRoute(type, limit({})))),
    /token bucket must be set/,
  );
});

test('buckets that fill too fast are refused', () => {
  assert.throws(
    () => filterRig([httpFilter(type, limit(bucket(1, '0.049s')))]),
    (error: { message: string; path: unknown }) => {
      assert.match(error.message, 'local rate limit token bucket fill timer must be >= 50ms');
      assert.equal(error.path, ['http_filters', 0, 'typed_config', 'token_bucket', 'fill_interval']);
      return true;
    },
  );
});

test.run();
