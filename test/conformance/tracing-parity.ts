/**
 * Tracing against real Envoy: the spans of many requests in three ways of reporting, with what goes on to the upstream.
 */
import type { DifferentialContext, DifferentialResult } from './differential.js';
import type { TracingCase } from './tracing-rig.js';
import { runTracing } from './tracing-rig.js';

const get = (path = '/a?b=c', ...headers: string[]): string =>
  [`GET ${path} HTTP/1.1`, 'host: example.com', ...headers, '', ''].join('\r\n');
const post = (body: string, ...headers: string[]): string =>
  get('/post', `content-length: ${body.length}`, ...headers).replace('GET', 'POST') + body;
const answer = (status: string, ...headers: string[]): string =>
  [`HTTP/1.1 ${status}`, 'content-length: 0', ...headers, '', ''].join('\r\n');

const traceId = '463ac35c9f6413ad48485a3953bb6124';
const shortTraceId = '48485a3953bb6124';
const spanId = 'a2fb4a1d1a96d312';
const parentId = '0020000000000001';
const b3 = [`x-b3-traceid: ${traceId}`, `x-b3-spanid: ${spanId}`];
const traceParent = `traceparent: 00-${traceId}-${spanId}-01`;
const id = (digit: string): string => `x-request-id: aaaaaaaa-0000-${digit}000-8000-000000000000`;
const tracers = ['zipkin', 'otlp-http', 'otlp-grpc'] as const;
const both = ['zipkin', 'otlp-http'] as const;

const customTags = {
  custom_tags: [
    { tag: 'literal', literal: { value: 'text' } },
    { tag: 'environment', environment: { name: 'ENVOY3_NO_SUCH_VARIABLE', default_value: 'absent' } },
    { tag: 'no environment', environment: { name: 'ENVOY3_NO_SUCH_VARIABLE' } },
    { tag: 'header', request_header: { name: 'x-tag', default_value: 'none' } },
    { tag: 'pseudo', request_header: { name: ':path' } },
    { tag: 'no header', request_header: { name: 'x-none' } },
    { tag: 'value', value: '%REQ(X-TAG)%-%RESPONSE_CODE%-%ROUTE_NAME%' },
    { tag: 'no value', value: '%REQ(X-NONE)%' },
    { tag: 'route', metadata: { kind: { route: {} }, metadata_key: { key: 'ns', path: [{ key: 'a' }] } } },
    {
      tag: 'deep',
      metadata: { kind: { route: {} }, metadata_key: { key: 'ns', path: [{ key: 'a' }, { key: 'b' }] } },
    },
    { tag: 'number', metadata: { kind: { route: {} }, metadata_key: { key: 'ns', path: [{ key: 'n' }] } } },
    { tag: 'bool', metadata: { kind: { route: {} }, metadata_key: { key: 'ns', path: [{ key: 't' }] } } },
    { tag: 'text', metadata: { kind: { route: {} }, metadata_key: { key: 'ns', path: [{ key: 's' }] } } },
    {
      tag: 'cluster',
      metadata: { kind: { cluster: {} }, metadata_key: { key: 'ns', path: [{ key: 'of' }] } },
    },
    { tag: 'host', metadata: { kind: { host: {} }, metadata_key: { key: 'ns', path: [{ key: 'of' }] } } },
    {
      tag: 'request',
      metadata: {
        kind: { request: {} },
        metadata_key: { key: 'ns', path: [{ key: 'x' }] },
        default_value: 'default',
      },
    },
  ],
};
const routeMetadata = {
  name: 'route',
  metadata: {
    filter_metadata: { ns: { a: { b: [1, true, 'x', null] }, n: 1.5, t: false, s: 'text' } },
  },
};

function perTracer(
  names: readonly TracingCase['tracer'][],
  name: string,
  one: Omit<TracingCase, 'id' | 'tracer'>,
): TracingCase[] {
  return names.map((tracer) => ({ ...one, id: `${tracer}-${name}`, tracer }));
}

const perAll: TracingCase[] = [
  ...perTracer(tracers, 'plain', { requests: [get(), post('body'), get('/other', 'user-agent: me')] }),
  ...perTracer(tracers, 'spawn', { tracing: { spawn_upstream_span: true }, requests: [get(), post('body')] }),
  ...perTracer(both, 'verbose', {
    tracing: { spawn_upstream_span: true, verbose: true },
    requests: [get()],
  }),
  ...perTracer(both, 'verbose-direct', {
    tracing: { verbose: true },
    routes: [{ match: { prefix: '/' }, direct_response: { status: 404 } }],
    requests: [get()],
  }),
  ...perTracer(both, 'egress', {
    listener: { traffic_direction: 'OUTBOUND' },
    requests: [get(), get('/', ...b3), get('/', traceParent)],
  }),
  ...perTracer(both, 'egress-spawn', {
    listener: { traffic_direction: 'OUTBOUND' },
    tracing: { spawn_upstream_span: true },
    requests: [get(), get('/', ...b3), get('/', traceParent)],
  }),
  ...perTracer(both, 'inbound', { listener: { traffic_direction: 'INBOUND' }, requests: [get()] }),
  ...perTracer(both, 'child-span', {
    router: { start_child_span: true },
    requests: [get(), get('/', ...b3)],
  }),
  ...perTracer(both, 'child-span-egress', {
    listener: { traffic_direction: 'OUTBOUND' },
    router: { start_child_span: true },
    requests: [get()],
  }),
  ...perTracer(both, 'tags', {
    tracing: customTags,
    route: routeMetadata,
    requests: [get('/', 'x-tag: \xfctag'), get()],
  }),
  ...perTracer(both, 'tags-spawn', {
    tracing: { ...customTags, spawn_upstream_span: true },
    route: routeMetadata,
    requests: [get('/', 'x-tag: tag')],
  }),
  ...perTracer(both, 'tags-of-route', {
    tracing: {
      custom_tags: [
        { tag: 'one', literal: { value: 'manager' } },
        { tag: 'two', literal: { value: 'manager' } },
        { tag: 'three', literal: { value: 'manager' } },
      ],
    },
    route: {
      tracing: {
        custom_tags: [
          { tag: 'one', literal: { value: 'route' } },
          { tag: 'two', request_header: { name: 'x-none' } },
        ],
      },
    },
    requests: [get()],
  }),
  ...perTracer(both, 'path-length', {
    tracing: { max_path_tag_length: 10 },
    requests: [get('/0123456789'), get('/')],
  }),
  ...perTracer(both, 'path-length-default', { requests: [get(`/${'a'.repeat(300)}`)] }),
  ...perTracer(both, 'path-rewritten', {
    action: { prefix_rewrite: '/new', host_rewrite_literal: 'other.example' },
    requests: [get('/old')],
  }),
  ...perTracer(both, 'decorator', {
    route: { decorator: { operation: 'decorated' } },
    requests: [
      get(),
      get('/', 'x-envoy-decorator-operation: asked'),
      get('/', 'x-envoy-decorator-operation:'),
    ],
    tracing: { spawn_upstream_span: true },
  }),
  ...perTracer(both, 'decorator-untold', {
    route: { decorator: { operation: 'decorated', propagate: false } },
    requests: [get()],
  }),
  ...perTracer(both, 'decorator-egress', {
    listener: { traffic_direction: 'OUTBOUND' },
    route: { decorator: { operation: 'decorated' } },
    answers: [answer('200 OK', 'x-envoy-decorator-operation: answered'), ''],
    requests: [get(), get('/', 'x-envoy-decorator-operation: asked')],
  }),
  ...perTracer(both, 'decorator-absent', {
    requests: [get('/', 'x-envoy-decorator-operation: asked')],
    answers: [answer('200 OK', 'x-envoy-decorator-operation: answered')],
  }),
  ...perTracer(both, 'operation', {
    tracing: {
      spawn_upstream_span: true,
      operation: '%REQ(:METHOD)% %REQ(X-NONE)%',
      upstream_operation: 'to %UPSTREAM_CLUSTER% %REQ(:PATH)%',
    },
    route: { decorator: { operation: 'decorated' } },
    requests: [get(), get('/', 'x-envoy-decorator-operation: asked')],
  }),
  ...perTracer(both, 'operation-empty', {
    tracing: { operation: '%REQ(X-NONE)%', upstream_operation: '%REQ(X-NONE)%', spawn_upstream_span: true },
    requests: [get()],
  }),
  ...perTracer(both, 'operation-of-route', {
    tracing: { operation: 'manager', upstream_operation: 'manager', spawn_upstream_span: true },
    route: { tracing: { operation: 'route %REQ(:PATH)%', upstream_operation: 'route' } },
    requests: [get()],
  }),
  ...perTracer(both, 'no-propagation', {
    tracing: { no_context_propagation: true },
    requests: [get(), get('/', ...b3, traceParent)],
  }),
  ...perTracer(both, 'no-propagation-spawn', {
    tracing: { no_context_propagation: true, spawn_upstream_span: true },
    requests: [get()],
  }),
  ...perTracer(both, 'refused', {
    refused: true,
    tracing: { spawn_upstream_span: true },
    requests: [get()],
  }),
  ...perTracer(both, 'closed', { answers: [''], tracing: { spawn_upstream_span: true }, requests: [get()] }),
  ...perTracer(both, 'retried', {
    tracing: { spawn_upstream_span: true },
    action: { retry_policy: { retry_on: '5xx', num_retries: 2 } },
    answers: [answer('503 Service Unavailable'), '', answer('200 OK')],
    requests: [get()],
  }),
  ...perTracer(both, 'timeout', {
    tracing: { spawn_upstream_span: true },
    action: { timeout: '0.2s' },
    answers: ['HTTP/1.1 200 OK\r\ncontent-le'],
    requests: [get()],
  }),
  ...perTracer(both, 'per-try-timeout', {
    tracing: { spawn_upstream_span: true },
    action: { retry_policy: { retry_on: '5xx', num_retries: 1, per_try_timeout: '0.2s' } },
    answers: ['HTTP/1.1 200 OK\r\ncontent-le', answer('201 Created')],
    requests: [get()],
  }),
  ...perTracer(both, 'statuses', {
    tracing: { spawn_upstream_span: true },
    answers: [answer('404 Not Found'), answer('503 Service Unavailable'), answer('302 Found')],
    requests: [get(), get(), get()],
  }),
  ...perTracer(both, 'egress-statuses', {
    listener: { traffic_direction: 'OUTBOUND' },
    answers: [answer('404 Not Found'), answer('503 Service Unavailable')],
    requests: [get(), get()],
  }),
  ...perTracer(both, 'no-route', {
    routes: [{ match: { path: '/only' }, direct_response: { status: 200 } }],
    requests: [get()],
  }),
  ...perTracer(both, 'redirect', {
    routes: [
      { match: { prefix: '/' }, redirect: { path_redirect: '/there' }, decorator: { operation: 'deco' } },
    ],
    requests: [get()],
  }),
  ...perTracer(both, 'grpc', {
    tracing: { spawn_upstream_span: true },
    answers: [
      answer('200 OK', 'content-type: application/grpc', 'grpc-status: 0'),
      answer('200 OK', 'content-type: application/grpc', 'grpc-status: 5', 'grpc-message: gone'),
      answer('200 OK', 'content-type: application/grpc', 'grpc-status: 14'),
      answer('200 OK', 'content-type: application/grpc', 'grpc-status: 99'),
      answer('200 OK', 'content-type: application/grpc', 'grpc-status: x'),
    ],
    requests: [1, 2, 3, 4, 5].map(() => post('', 'content-type: application/grpc', 'grpc-timeout: 1S')),
  }),
  ...perTracer(both, 'sampling-none', {
    tracing: { random_sampling: { value: 0 } },
    requests: [get(), get('/', 'x-client-trace-id: mine'), get('/', 'x-envoy-force-trace: true')],
  }),
  ...perTracer(both, 'sampling-client-none', {
    tracing: { random_sampling: { value: 0 }, client_sampling: { value: 0 } },
    requests: [get('/', 'x-client-trace-id: mine')],
  }),
  ...perTracer(both, 'sampling-overall-none', {
    tracing: { overall_sampling: { value: 0 } },
    requests: [get(), get('/', 'x-client-trace-id: mine')],
  }),
  ...perTracer(both, 'sampling-of-route', {
    tracing: { random_sampling: { value: 0 } },
    route: { tracing: { random_sampling: { numerator: 100 } } },
    requests: [get()],
  }),
  // aaaaaaaa % 10000 = 1530
  ...perTracer(['zipkin'], 'sampling-by-id', {
    tracing: { random_sampling: { value: 15.31 } },
    requests: [get('/', id('4'))],
  }),
  ...perTracer(['zipkin'], 'sampling-by-id-below', {
    tracing: { random_sampling: { value: 15.3 } },
    requests: [get('/', id('4'))],
  }),
  ...perTracer(['zipkin'], 'sampling-overall-by-id', {
    tracing: { overall_sampling: { value: 30 } },
    requests: [get('/1', id('4')), get('/2', id('9'))],
  }),
  ...perTracer(['zipkin'], 'reasons-of-ids', {
    tracing: { random_sampling: { value: 0 } },
    requests: [
      ...['4', '9', 'a', 'b', '7'].map((digit) => get('/', id(digit))),
      get('/', 'x-request-id: short'),
      get('/', 'x-request-id: 12345678'),
      get('/', 'x-request-id: zzzzzzzz-0000-9000-8000-000000000000'),
    ],
  }),
  ...perTracer(['zipkin'], 'edge', {
    manager: { use_remote_address: true },
    requests: [get('/1', id('9')), get('/2', 'x-envoy-force-trace: true'), get('/', 'x-client-trace-id: a')],
  }),
  ...perTracer(['zipkin'], 'internal', {
    manager: {
      use_remote_address: true,
      internal_address_config: { cidr_ranges: [{ address_prefix: '127.0.0.0', prefix_len: 8 }] },
    },
    tracing: { random_sampling: { value: 0 } },
    requests: [
      get('/', id('9')),
      get('/', 'x-envoy-force-trace: true'),
      get('/', id('4'), 'x-envoy-force-trace: true'),
      get('/', id('b'), 'x-envoy-force-trace: true'),
      get('/', 'x-client-trace-id: a', 'x-envoy-force-trace: true'),
    ],
  }),
  ...perTracer(['zipkin'], 'edge-preserved-id', {
    manager: { use_remote_address: true, preserve_external_request_id: true },
    tracing: { random_sampling: { value: 0 } },
    requests: [get('/', id('9')), get('/', id('b'))],
  }),
  ...perTracer(['zipkin'], 'no-id', { manager: { generate_request_id: false }, requests: [get()] }),
  ...perTracer(['zipkin'], 'unpacked', {
    manager: {
      request_id_extension: {
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig',
          pack_trace_reason: false,
        },
      },
    },
    requests: [get(), get('/', id('4')), get('/', id('9'))],
  }),
  ...perTracer(['zipkin'], 'id-does-not-sample', {
    manager: {
      request_id_extension: {
        typed_config: {
          '@type': 'type.googleapis.com/envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig',
          use_request_id_for_trace_sampling: false,
        },
      },
    },
    tracing: { random_sampling: { value: 0 } },
    requests: [get(), get('/', id('4'))],
  }),
];

const zipkin = (name: string, one: Omit<TracingCase, 'id' | 'tracer'>): TracingCase => ({
  ...one,
  id: `zipkin-${name}`,
  tracer: 'zipkin',
});

const b3Cases: TracingCase[] = [
  zipkin('proto', {
    provider: { collector_endpoint_version: 'HTTP_PROTO' },
    tracing: { spawn_upstream_span: true, verbose: true },
    requests: [get(), get('/', ...b3)],
  }),
  zipkin('long-ids', {
    provider: { trace_id_128bit: true },
    requests: [get(), get('/', `x-b3-traceid: ${shortTraceId}`, `x-b3-spanid: ${spanId}`)],
  }),
  zipkin('unshared', {
    provider: { shared_span_context: false },
    requests: [get(), get('/', ...b3)],
  }),
  zipkin('unshared-spawn', {
    provider: { shared_span_context: false },
    tracing: { spawn_upstream_span: true },
    requests: [get(), get('/', ...b3)],
  }),
  zipkin('hostname', { provider: { collector_hostname: 'zipkin.example' }, requests: [get()] }),
  ...[
    ['several', b3],
    ['several-sampled', [...b3, 'x-b3-sampled: 1']],
    ['several-true', [...b3, 'x-b3-sampled: true']],
    ['several-unsampled', [...b3, 'x-b3-sampled: 0']],
    ['several-odd-flag', [...b3, 'x-b3-sampled: yes']],
    ['parent', [...b3, `x-b3-parentspanid: ${parentId}`]],
    ['parent-empty', [...b3, 'x-b3-parentspanid:']],
    ['parent-bad', [...b3, 'x-b3-parentspanid: zz']],
    ['short-trace', [`x-b3-traceid: ${shortTraceId}`, `x-b3-spanid: ${spanId}`]],
    ['one-digit', ['x-b3-traceid: 1', 'x-b3-spanid: 2']],
    ['no-span', [`x-b3-traceid: ${traceId}`]],
    ['bad-trace', ['x-b3-traceid: zz', `x-b3-spanid: ${spanId}`]],
    ['bad-span', [`x-b3-traceid: ${traceId}`, 'x-b3-spanid: zz']],
    ['only-unsampled', ['x-b3-sampled: 0']],
    ['only-sampled', ['x-b3-sampled: 1']],
    ['single', [`b3: ${traceId}-${spanId}-1-${parentId}`]],
    ['single-short', [`b3: ${shortTraceId}-${spanId}-1-${parentId}`]],
    ['single-flag', [`b3: ${traceId}-${spanId}-0`]],
    ['single-debug', [`b3: ${traceId}-${spanId}-d`]],
    ['single-no-flag', [`b3: ${traceId}-${spanId}`]],
    ['single-0', ['b3: 0']],
    ['single-1', ['b3: 1']],
    ['single-d', ['b3: d']],
    ['single-x', ['b3: x']],
    ['single-empty', ['b3:']],
    ['single-cut', [`b3: ${traceId}-${spanId}-`]],
    ['single-bad-flag', [`b3: ${traceId}-${spanId}-x`]],
    ['single-bad-parent', [`b3: ${traceId}-${spanId}-1-zz`]],
    ['single-long', [`b3: ${traceId}-${spanId}-1-${parentId}-1`]],
    ['single-and-several', [`b3: ${shortTraceId}-${spanId}-0`, ...b3]],
    ['w3c-unread', [traceParent]],
  ].map(([name, headers]) =>
    zipkin(`b3-${name as string}`, {
      tracing: { spawn_upstream_span: true },
      requests: [get('/', ...(headers as string[]))],
    }),
  ),
  ...[
    ['parent', [traceParent]],
    ['unsampled', [`traceparent: 00-${traceId}-${spanId}-00`]],
    ['bad', ['traceparent: 00-1-2-3']],
    ['with-b3', [traceParent, `x-b3-traceid: ${shortTraceId}`, `x-b3-spanid: ${parentId}`]],
    ['with-single', [traceParent, `b3: ${shortTraceId}-${parentId}-1`]],
    ['with-flag', [traceParent, 'x-b3-sampled: 0']],
    ['state', [traceParent, 'tracestate: a=b']],
    ['none', []],
  ].map(([name, headers]) =>
    zipkin(`w3c-${name as string}`, {
      provider: { trace_context_option: 'USE_B3_WITH_W3C_PROPAGATION' },
      tracing: { spawn_upstream_span: true },
      requests: [get('/', ...(headers as string[]))],
    }),
  ),
];

const otlp = (name: string, one: Omit<TracingCase, 'id' | 'tracer'>): TracingCase => ({
  ...one,
  id: `otlp-${name}`,
  tracer: 'otlp-http',
});

const sampler = {
  name: 'on',
  typed_config: {
    '@type': 'type.googleapis.com/envoy.extensions.tracers.opentelemetry.samplers.v3.AlwaysOnSamplerConfig',
  },
};

const w3cCases: TracingCase[] = [
  ...[
    ['parent', [traceParent]],
    ['state', [traceParent, 'tracestate: a=b']],
    ['states', [traceParent, 'tracestate: a=b', 'tracestate: c=d']],
    ['unsampled', [`traceparent: 00-${traceId}-${spanId}-00`]],
    ['other-flags', [`traceparent: 00-${traceId}-${spanId}-ff`]],
    ['version', [`traceparent: 01-${traceId}-${spanId}-01`]],
    ['version-ff', [`traceparent: ff-${traceId}-${spanId}-01`]],
    ['upper', [`traceparent: 00-${traceId.toUpperCase()}-${spanId}-01`]],
    ['zero-trace', [`traceparent: 00-${'0'.repeat(32)}-${spanId}-01`]],
    ['zero-span', [`traceparent: 00-${traceId}-${'0'.repeat(16)}-01`]],
    ['short', ['traceparent: 00-1-2-01']],
    ['long', [`traceparent: 00-${traceId}-${spanId}-01-x`]],
    ['no-hex', [`traceparent: 00-${traceId.replace('4', 'g')}-${spanId}-01`]],
    ['empty', ['traceparent:']],
    ['only-state', ['tracestate: a=b']],
    ['two-parents', [traceParent, `traceparent: 00-${traceId}-${parentId}-00`]],
  ].map(([name, headers]) =>
    otlp(`w3c-${name as string}`, {
      tracing: { spawn_upstream_span: true },
      requests: [get('/', ...(headers as string[]))],
    }),
  ),
  otlp('no-service-name', { provider: { service_name: '' }, requests: [get()] }),
  otlp('bare', {
    provider: {
      set_telemetry_sdk_resource_attributes: false,
      set_service_name_resource_attribute: false,
      set_instrumentation_scope: false,
    },
    requests: [get()],
  }),
  otlp('detector', {
    provider: {
      resource_detectors: [
        {
          name: 'static',
          typed_config: {
            '@type':
              'type.googleapis.com/envoy.extensions.tracers.opentelemetry.resource_detectors.v3.StaticConfigResourceDetectorConfig',
            attributes: { 'deployment.environment': 'test', 'service.name': 'detected' },
          },
        },
      ],
    },
    requests: [get()],
  }),
  otlp('sampler', {
    provider: {
      sampler,
    },
    tracing: { random_sampling: { value: 0 } },
    requests: [get('/1'), get('/2', `traceparent: 00-${traceId}-${spanId}-00`), get('/3', traceParent)],
  }),
  otlp('sampler-of-traced', {
    provider: { sampler },
    requests: [get('/1'), get('/2', `traceparent: 00-${traceId}-${spanId}-00`)],
  }),
];

/** Nothing: whatever differs is a fault. */
const known: Readonly<Record<string, string>> = {};

export function run(context: DifferentialContext): Promise<DifferentialResult> {
  return runTracing([...perAll, ...b3Cases, ...w3cCases], known, context);
}
