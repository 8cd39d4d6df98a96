/** Preflight requests, and which origins may read a response. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { withoutDate } from '../../http/manager-rig.js';
import { filterRig, get, httpFilter, ok, perRoute, routes } from './filter-rig.js';

const policy = {
  allow_origin_string_match: [{ exact: 'https://a' }],
  allow_methods: 'GET',
  allow_headers: '*',
  expose_headers: 'x-e',
  max_age: '60',
};
const cors = [httpFilter('cors.v3.Cors')];
const onRoute = (config: object = policy, outer: object = {}): object =>
  routes(perRoute('cors.v3.CorsPolicy', config), outer);
const preflight = (origin: string): string =>
  get(
    [`origin: ${origin}`, 'access-control-request-method: PUT', 'access-control-request-headers: q'],
    '/x',
    'OPTIONS',
  );

test('a preflight request is answered; the upstream does not see it', async () => {
  const rig = filterRig(cors, onRoute());
  const client = await rig.request(preflight('https://a'));
  assert.is(
    withoutDate(client.written),
    'HTTP/1.1 200 OK\r\naccess-control-allow-origin: https://a\r\naccess-control-allow-methods: GET\r\n' +
      'access-control-allow-headers: q\r\naccess-control-max-age: 60\r\naccess-control-expose-headers: x-e\r\n' +
      'server: envoy\r\ncontent-length: 0\r\n\r\n',
  );
  assert.is(rig.upstreams.length, 0);
  assert.match(rig.logLines.join(), 'cors_response');
  assert.is(rig.counter('http.p.cors.origin_valid'), 1);
});

test('one from elsewhere goes to the upstream, unless that is forbidden', async () => {
  const rig = filterRig(cors, onRoute());
  await rig.request(preflight('https://b'));
  assert.is(rig.upstreams.length, 1);
  assert.is(rig.counter('http.p.cors.origin_invalid'), 1);
  const strict = filterRig(cors, onRoute({ ...policy, forward_not_matching_preflights: false }));
  const client = await strict.request(preflight('https://b'));
  assert.is(strict.upstreams.length, 0);
  assert.not.match(client.written, 'allow-origin');
});

test('each value is that of the innermost level that has one', async () => {
  const outer = perRoute('cors.v3.CorsPolicy', { ...policy, allow_credentials: true });
  const rig = filterRig(cors, onRoute({ allow_origin_string_match: [{ prefix: 'https://b' }] }, outer));
  const client = await rig.request(get(['origin: https://b.c']));
  await rig.answer(ok);
  assert.match(client.written, /access-control-allow-origin: https:\/\/b\.c\r\n/);
  assert.match(
    client.written,
    /access-control-allow-credentials: true\r\naccess-control-expose-headers: x-e/,
  );
});

test('the older place of the policy counts where the newer one is empty', async () => {
  const older = filterRig(cors, routes({}, { cors: policy }));
  const client = await older.request(preflight('https://a'));
  assert.match(client.written, 'access-control-max-age: 60');
  const both = filterRig(
    cors,
    routes(perRoute('cors.v3.CorsPolicy', { ...policy, max_age: '5' }), { cors: policy }),
  );
  assert.match((await both.request(preflight('https://a'))).written, 'access-control-max-age: 5\r\n');
});

test('a policy that is only shadowed counts and changes nothing', async () => {
  const rig = filterRig(
    cors,
    onRoute({
      ...policy,
      filter_enabled: { default_value: { numerator: 0 } },
      shadow_enabled: { default_value: { numerator: 100 } },
    }),
  );
  const client = await rig.request(get(['origin: https://a']));
  await rig.answer(ok);
  assert.not.match(client.written, 'access-control');
  assert.is(rig.counter('http.p.cors.origin_valid'), 1);
});

test('a matcher that needs real Envoy is refused with its path', () => {
  const bad = { allow_origin_string_match: [{ custom: {} }] };
  assert.throws(
    () => filterRig(cors, routes({}, { cors: bad })),
    (error: { path: unknown; unsupported: boolean }) => {
      assert.ok(error.unsupported);
      assert.equal(error.path, ['route_config', 'virtual_hosts', 0, 'cors', 'allow_origin_string_match', 0]);
      return true;
    },
  );
});

test.run();
