/** Tracers behind a connection manager: what they report and when, and what a collector that is no good costs. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { tracers } from '../../../runtime/extensions.js';
import { ConfigError } from '../../../runtime/network/filter.js';
import { createHttpConnectionManagerFactory } from '../../../runtime/filters/network/http-connection-manager.js';
import { ManagerRig, oneRoute } from '../http/manager-rig.js';

const types = 'type.googleapis.com/envoy.config.trace.v3.';
const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const direct = {
  virtual_hosts: [
    { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, direct_response: { status: 200 } }] },
  ],
};

function zipkin(config: object = {}): object {
  return {
    provider: {
      name: 'z',
      typed_config: {
        '@type': `${types}ZipkinConfig`,
        collector_cluster: 'c',
        collector_endpoint: '/spans',
        collector_endpoint_version: 'HTTP_JSON',
        ...config,
      },
    },
  };
}

function otlp(config: object = {}): object {
  return {
    provider: {
      name: 'o',
      typed_config: {
        '@type': `${types}OpenTelemetryConfig`,
        http_service: { http_uri: { uri: 'http://otel.example/v1', cluster: 'c', timeout: '1s' } },
        ...config,
      },
    },
  };
}

/** Direct responses, so that the only upstream connections are those to the collector. */
function rigOf(tracing: object, manager: object = {}): ManagerRig {
  return new ManagerRig(
    { tracing, route_config: direct, generate_request_id: true, ...manager },
    { tracers },
  );
}

async function requests(rig: ManagerRig, count: number): Promise<void> {
  for (let at = 0; at < count; at++) await rig.request(get);
}

const accepted = 'HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n';

test('five spans leave together', async () => {
  const rig = rigOf(zipkin());
  await requests(rig, 4);
  assert.is(rig.upstreams.length, 0);
  await requests(rig, 1);
  const { written } = rig.upstream();
  assert.match(written, /^POST \/spans HTTP\/1\.1\r\nhost: c\r\ncontent-type: application\/json\r\n/);
  assert.is(written.split('"traceId"').length - 1, 5);
  await rig.answer(accepted);
  assert.is(rig.counter('tracing.zipkin.spans_sent'), 5);
  assert.is(rig.counter('tracing.zipkin.reports_sent'), 1);
  assert.is(rig.counter('tracing.zipkin.timer_flushed'), 0);
});

test('fewer leave when the first has waited for five seconds, and no timer runs without spans', async () => {
  const rig = rigOf(zipkin());
  await requests(rig, 2);
  await rig.pass(4999);
  assert.is(rig.upstreams.length, 0);
  await rig.pass(1);
  assert.is(rig.upstreams.length, 1);
  await rig.answer(accepted);
  assert.is(rig.counter('tracing.zipkin.timer_flushed'), 1);
  await rig.pass(60_000);
  assert.is(rig.counter('tracing.zipkin.timer_flushed'), 1);
});

test('a collector that refuses, fails or is not there costs a counter', async () => {
  const rig = rigOf(zipkin());
  await requests(rig, 5);
  await rig.answer('HTTP/1.1 500 Internal Server Error\r\ncontent-length: 0\r\n\r\n');
  assert.is(rig.counter('tracing.zipkin.reports_dropped'), 1);
  rig.poolMode = 'remote connection failure';
  await requests(rig, 5);
  assert.is(rig.counter('tracing.zipkin.reports_failed'), 1);
  rig.poolMode = 'wait';
  await requests(rig, 5);
  await rig.pass(5000);
  assert.is(rig.counter('tracing.zipkin.reports_failed'), 2);
  rig.hasHosts = false;
  await requests(rig, 5);
  assert.is(rig.counter('tracing.zipkin.reports_failed'), 3);
  assert.is(rig.counter('tracing.zipkin.spans_sent'), 20);
});

test('without a request id, and where nothing is sampled, there is no span', async () => {
  const rig = rigOf(zipkin(), { generate_request_id: false });
  await requests(rig, 6);
  assert.is(rig.counter('http.p.tracing.not_traceable'), 6);
  assert.is(rig.counter('tracing.zipkin.spans_sent'), 0);
});

test('without a provider nothing is made, and the id of a request stays as it is', async () => {
  const rig = new ManagerRig({ tracing: { verbose: true } }, { tracers });
  await rig.request(
    'GET /x HTTP/1.1\r\nHost: a\r\nx-request-id: aaaaaaaa-0000-4000-8000-000000000000\r\n\r\n',
  );
  assert.match(rig.upstream().written, /x-request-id: aaaaaaaa-0000-4000-8000-000000000000\r\n/);
  assert.not.match(rig.upstream().written, /b3|traceparent/);
  assert.is(rig.counter('http.p.tracing.not_traceable'), 0);
});

test('a request whose trace context is no good has no span, and its headers stay', async () => {
  const rig = new ManagerRig({ tracing: zipkin(), generate_request_id: true }, { tracers });
  await rig.request('GET /x HTTP/1.1\r\nHost: a\r\nb3: nonsense\r\n\r\n');
  assert.match(rig.upstream().written, /\r\nb3: nonsense\r\n/);
  assert.is(rig.counter('http.p.tracing.random_sampling'), 1);
});

test('tries have spans of their own, retries with their number', async () => {
  const rig = new ManagerRig(
    {
      tracing: { ...zipkin({ collector_cluster: 'c' }), spawn_upstream_span: true },
      generate_request_id: true,
      route_config: oneRoute({ retry_policy: { retry_on: '5xx', num_retries: 1 } }),
    },
    { tracers },
  );
  await rig.request(get);
  const first = /x-b3-spanid: (\w+)/.exec(rig.upstream().written)?.[1];
  await rig.answer('HTTP/1.1 503 Service Unavailable\r\ncontent-length: 0\r\n\r\n');
  await rig.pass(25);
  const ids = [
    ...rig.upstreams
      .map(({ written }) => written)
      .join('')
      .matchAll(/x-b3-spanid: (\w+)/g),
  ];
  const second = ids.at(-1)?.[1];
  assert.is.not(first, second);
  await rig.answer('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n', rig.upstreams.length - 1);
  await rig.pass(5000);
  const report = rig.upstreams.map(({ written }) => written).join('');
  assert.match(report, new RegExp(`"id":"${first}".*"http.status_code":"503"`));
  assert.match(report, new RegExp(`"id":"${second}".*"retry.count":"1"`));
  assert.match(report, /"kind":"SERVER"/);
});

test('spans beyond the cache of an OpenTelemetry tracer are dropped and counted', async () => {
  const rig = rigOf(otlp({ max_cache_size: 2 }));
  await requests(rig, 5);
  assert.is(rig.counter('tracing.opentelemetry.spans_dropped'), 3);
  await rig.pass(5000);
  assert.is(rig.counter('tracing.opentelemetry.spans_sent'), 2);
  assert.match(rig.upstream().written, /^POST \/v1 HTTP\/1\.1\r\nhost: otel\.example\r\n/);
});

test('the runtime says how many spans leave at once, and when', async () => {
  const numbers: Record<string, number> = {
    'tracing.opentelemetry.min_flush_spans': 2,
    'tracing.opentelemetry.flush_interval_ms': 100,
  };
  const rig = new ManagerRig(
    { tracing: otlp(), route_config: direct, generate_request_id: true },
    { tracers, runtimeNumber: (key) => numbers[key] },
  );
  await requests(rig, 2);
  assert.is(rig.counter('tracing.opentelemetry.spans_sent'), 2);
  await requests(rig, 1);
  await rig.pass(100);
  assert.is(rig.counter('tracing.opentelemetry.spans_sent'), 3);
});

function refusal(tracing: object, hasCluster = true): ConfigError {
  const rig = new ManagerRig();
  const factory = createHttpConnectionManagerFactory(new Map(), tracers);
  const context = { ...rig.context, hasCluster: () => hasCluster };
  try {
    factory(ManagerRig.config({ tracing, http_filters: [] }), context);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error('it was taken');
}

test('what is wrong with a tracer is told with its place', () => {
  const unknown = refusal(zipkin({ collector_cluster: 'nowhere' }), false);
  assert.match(unknown.message, /unknown cluster 'nowhere'/);
  assert.equal(unknown.path.slice(0, 3), ['tracing', 'provider', 'typed_config']);
  assert.match(refusal(otlp(), false).message, /unknown cluster 'c'/);
  assert.match(
    refusal(otlp({ grpc_service: { envoy_grpc: { cluster_name: 'c' } } })).message,
    /both gRPC and HTTP/,
  );
  assert.match(refusal(zipkin({ collector_cluster: '' })).message, /collector_cluster or collector_service/);
  const datadog = refusal({ provider: { typed_config: { '@type': `${types}DatadogConfig` } } });
  assert.match(datadog.message, /DatadogConfig needs real Envoy/);
  assert.is(datadog.unsupported, true);
  const tag = refusal({ ...zipkin(), custom_tags: [{ tag: 'a', value: '%NOPE%' }] });
  assert.equal(tag.path, ['tracing', 'custom_tags', 0]);
});

test.run();
