/** The rate limit service: what it is asked, and what becomes of its answers. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { protobufFields, ProtobufError, ProtobufWriter } from '../../../../runtime/common/protobuf.js';
import { createGrpcService } from '../../../../runtime/upstream/grpc-service.js';
import { rateLimitHeaders } from '../../../../runtime/filters/http/ratelimit/rate-limit-headers.js';
import { readRateLimitResponse } from '../../../../runtime/filters/http/ratelimit/rate-limit-messages.js';
import type { RateLimitService } from '../../../support/rate-limit-service.js';
import { startRateLimitService } from '../../../support/rate-limit-service.js';
import type { Cluster } from '../../../../runtime/upstream/cluster/cluster.js';
import { FakeClock } from '../../../support/fake-clock.js';
import { settle } from '../../http/http1/fake-socket.js';
import type { ManagerRig } from '../../http/manager-rig.js';
import { filterRig, get, httpFilter, perRoute, post, routes } from './filter-rig.js';

let service: RateLimitService;

test.before(async () => {
  service = await startRateLimitService();
});

test.after(() => service.close());

test.before.each(() => void service.asked.splice(0));

const key = (value: string, more: object = {}): object => ({
  actions: [{ generic_key: { descriptor_value: value } }],
  ...more,
});

function rig(config: object, route_config: object, port = service.port): ManagerRig {
  const filter = httpFilter('ratelimit.v3.RateLimit', {
    domain: 'd',
    rate_limit_service: { grpc_service: { google_grpc: { target_uri: `127.0.0.1:${port}` } } },
    ...config,
  });
  const made = filterRig([filter], route_config);
  Object.assign(made.cluster, { observabilityName: 'c' });
  return made;
}

const limited = (...limits: object[]): object => routes({}, {}, { rate_limits: limits });

/** Turns of the event loop until something has happened; the clock stands still meanwhile. */
async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await new Promise(setImmediate);
}

test('a request waits for the answer, with its body', async () => {
  const made = rig({}, limited(key('a', { hits_addend: { number: 3 } }), key('b')));
  await made.request(post('abc'));
  assert.is(made.upstreams.length, 0);
  await until(() => made.upstreams.length === 1);
  assert.match(made.upstream().written, /\r\n\r\nabc$/);
  assert.equal(service.asked, ['d generic_key=a*3; generic_key=b']);
  assert.is(made.counter('cluster.c.ratelimit.ok'), 1);
});

test('a refusal has the body and the headers of the service', async () => {
  const made = rig(
    { enable_x_ratelimit_headers: 'DRAFT_VERSION_03', enable_retry_after_header: true },
    limited(key('over')),
  );
  const client = await made.request(get());
  await until(() => client.written !== '');
  assert.match(client.written, /^HTTP\/1.1 429 Too Many Requests\r\nx-response: from service\r\n/);
  assert.match(
    client.written,
    /x-ratelimit-limit: 10, 100;w=3600, 10;w=60;name="per user"\r\nx-ratelimit-remaining: 3\r\n/,
  );
  assert.match(client.written, /retry-after: 7\r\n.*too many$/s);
  assert.match(made.logLines.join(), /^429 RL request_rate_limited/);
  assert.is(made.counter('cluster.c.ratelimit.over_limit'), 1);
});

test('headers for the upstream, and for the client', async () => {
  const made = rig({}, limited(key('headers')));
  const client = await made.request(get());
  await until(() => made.upstreams.length === 1);
  assert.match(made.upstream().written, 'x-request: from service');
  await made.answer('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  assert.match(client.written, 'x-response: from service');
});

test('failures pass, or are refused where that is asked for', async () => {
  const open = rig({}, limited(key('fail')));
  await open.request(get());
  await until(() => open.upstreams.length === 1);
  assert.is(open.counter('cluster.c.ratelimit.failure_mode_allowed'), 1);
  const shut = rig({ failure_mode_deny: true }, limited(key('fail')));
  const client = await shut.request(get());
  await until(() => client.written !== '');
  assert.match(shut.logLines.join(), /^500 RLSE rate_limiter_error/);
});

test('a service that does not answer costs the time-out', async () => {
  const made = rig({ failure_mode_deny: true, timeout: '0.5s' }, limited(key('never')));
  await made.request(get());
  await until(() => service.asked.length === 1);
  await made.pass(499);
  assert.is(made.logLines.length, 0);
  await made.pass(1);
  assert.match(made.logLines.join(), /^500 RLSE/);
});

test('a client that leaves ends the call', async () => {
  const made = rig({}, limited(key('never')));
  const client = await made.request(get());
  await until(() => service.asked.length === 1);
  client.destroy();
  await settle();
  await made.pass(100);
  assert.is(made.upstreams.length, 0);
  assert.is(made.gauge('http.p.downstream_rq_active'), 0);
});

test('without a descriptor, or of another stage, nobody is asked', async () => {
  for (const config of [limited(), limited(key('over', { stage: 3 }))]) {
    const made = rig({}, config);
    await made.request(get());
    assert.is(made.upstreams.length, 1);
  }
  assert.equal(service.asked, []);
});

test('the limits of the filter on the route go before all others', async () => {
  const made = rig(
    { rate_limits: [key('filter')] },
    routes(
      perRoute('ratelimit.v3.RateLimitPerRoute', { rate_limits: [key('route')], domain: 'other' }),
      {},
      { rate_limits: [key('action')] },
    ),
  );
  await made.request(get());
  await until(() => made.upstreams.length === 1);
  assert.equal(service.asked, ['other generic_key=route']);
});

test('what is to be counted at the end is asked at the end', async () => {
  const made = rig({}, limited(key('later', { apply_on_stream_done: true })));
  await made.request(get());
  assert.is(made.upstreams.length, 1);
  await made.answer('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  await until(() => service.asked.length === 1);
  assert.equal(service.asked, ['d generic_key=later']);
});

test('a cluster that is not there is refused with its place', () => {
  const clusters = { get: () => undefined, all: () => [] };
  const context = { clock: new FakeClock(), clusters, hasCluster: () => false };
  assert.throws(
    () => createGrpcService({ envoy_grpc: { cluster_name: 'none' } }, context),
    (error: { message: string; path: unknown }) => {
      assert.match(error.message, "Unknown gRPC client cluster 'none'");
      assert.equal(error.path, ['envoy_grpc', 'cluster_name']);
      return true;
    },
  );
});

test('a cluster without hosts is a failure', async () => {
  const loadBalancer = { chooseHost: () => undefined };
  const cluster = { loadBalancer } as unknown as Cluster;
  const clusters = { get: () => cluster, all: () => [cluster] };
  const context = { clock: new FakeClock(), clusters, hasCluster: () => true };
  const rls = createGrpcService({ envoy_grpc: { cluster_name: 'c' } }, context);
  const error = await new Promise<string>((done) =>
    rls.call('/a/b', Buffer.alloc(0), 100, (_answer, reason) => done(reason)),
  );
  assert.is(error, 'there is no host for the service');
});

test('the nearest limit is told, then all with their windows', () => {
  const status = (requestsPerUnit: number, unit: number, remaining: number, name = '') => ({
    overLimit: false,
    limit: { name, requestsPerUnit, unit },
    remaining,
    secondsUntilReset: remaining,
  });
  assert.equal(rateLimitHeaders([]), []);
  assert.equal(rateLimitHeaders([status(5, 1, 4), status(9, 4, 2, 'n'), status(1, 0, 3)]).slice(0, 4), [
    'x-ratelimit-limit',
    '9, 5;w=1, 9;w=86400;name="n"',
    'x-ratelimit-remaining',
    '2',
  ]);
});

test('octets that are no message are an error, and never anything else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
      try {
        readRateLimitResponse(Buffer.from(octets));
      } catch (error) {
        assert.ok(error instanceof ProtobufError || error instanceof RangeError, String(error));
      }
    }),
  );
});

test('fields come back as they were written', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 28 }), fc.maxSafeNat(), fc.string(), (field, number, text) => {
      const message = new ProtobufWriter().number(field, number).octets(field, Buffer.from(text)).finish();
      const read = [...protobufFields(message)];
      const last = read.at(-1);
      assert.is(read.length === 1 ? 0 : read[0]?.number, number);
      assert.is(last?.field, field);
      assert.is(last?.octets.toString(), Buffer.from(text).toString());
    }),
  );
});

test.run();
