/**
 * What `health-parity` plays. Each brings its hosts into a state in which nothing moves any more.
 */
import type { HealthScenario, Http2Step, ScriptedHost, Step } from './health-rig.js';

type Json = Record<string, unknown>;

const status = (code: number, head = '', body = 'ok'): string =>
  `HTTP/1.1 ${code} X\r\ncontent-length: ${body.length}\r\n${head}\r\n${body}`;

const good = status(200);
const bad = status(503);

/** Checks every 50 ms; a check that hangs stays under way for a minute. */
const fast = {
  timeout: '60s',
  interval: '0.05s',
  no_traffic_interval: '0.05s',
  unhealthy_threshold: 3,
  healthy_threshold: 2,
  always_log_health_check_failures: false,
  event_log_path: 'EVENTLOG',
};

const http = (more: Json = {}, check: Json = {}): Json => ({
  health_checks: [{ ...fast, ...check, http_health_check: { path: '/hz', ...more } }],
});

const one = (
  id: string,
  checks: readonly Step[],
  cluster: Json = http(),
  more: Partial<HealthScenario> = {},
): HealthScenario => ({ id, hosts: [{ checks }], cluster, ...more });

const http1: readonly HealthScenario[] = [
  one('first success is enough', [good]),
  one('first failure', [bad]),
  one('first failure, then the threshold', [bad, good, good]),
  one('first failure, then one success', [bad, good]),
  one('one 503 is enough', [good, bad]),
  one('network failures up to the threshold', [good, 'close', 'close', 'close']),
  one('network failures below the threshold', [good, 'close', 'close', good]),
  one('reset', [good, 'reset', 'reset', 'reset']),
  one('garbage', [good, 'no http\r\n\r\n', 'no http\r\n\r\n', 'no http\r\n\r\n']),
  one('flapping', [good, bad, good, good, bad, bad, good, good]),
  one('degraded', [status(200, 'x-envoy-degraded: true\r\n')]),
  one('degraded and back', [good, status(200, 'x-envoy-degraded: true\r\n'), good]),
  one('degraded, then failed', [status(200, 'x-envoy-degraded: true\r\n'), bad]),
  one('failed and degraded while it recovers', [bad, status(200, 'x-envoy-degraded: true\r\n')]),
  one('immediate fail on a check', [good, status(503, 'x-envoy-immediate-health-check-fail: true\r\n')]),
  one('immediate fail, then good', [
    good,
    status(503, 'x-envoy-immediate-health-check-fail: true\r\n'),
    good,
    good,
  ]),
  one('expected statuses', [status(204, '', '')], http({ expected_statuses: [{ start: 201, end: 300 }] })),
  one('unexpected 200', [good], http({ expected_statuses: [{ start: 201, end: 300 }] })),
  one('retriable', [good, bad, bad], http({ retriable_statuses: [{ start: 500, end: 504 }] })),
  one(
    'retriable to the end',
    [good, bad, bad, bad],
    http({ retriable_statuses: [{ start: 500, end: 504 }] }),
  ),
  one('receive', [status(200, '', 'xx hi yy ho')], http({ receive: [{ text: '6869' }, { text: '686f' }] })),
  one(
    'receive in another order',
    [status(200, '', 'ho hi')],
    http({ receive: [{ text: '6869' }, { text: '686f' }] }),
  ),
  one(
    'receive beyond the buffer',
    [status(200, '', '0123456789hi')],
    http({ receive: [{ binary: 'aGk=' }], response_buffer_size: 8 }),
  ),
  one(
    'receive in the buffer',
    [status(200, '', '012345hi')],
    http({ receive: [{ binary: 'aGk=' }], response_buffer_size: 8 }),
  ),
  one('send', [good], http({ method: 'POST', send: { text: '68656c6c6f' } })),
  one('PUT without body', [good], http({ method: 'PUT' })),
  one('HEAD', [status(200, '', '')], http({ method: 'HEAD' })),
  one('OPTIONS', [good], http({ method: 'OPTIONS' })),
  one(
    'headers',
    [good],
    http({
      host: 'hc.example',
      request_headers_to_add: [
        { header: { key: 'x-a', value: '1' } },
        { header: { key: 'x-proto', value: '%PROTOCOL% %DOWNSTREAM_LOCAL_ADDRESS%' } },
        { header: { key: 'user-agent', value: 'mine' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      ],
    }),
  ),
  one('headers removed', [good], http({ request_headers_to_remove: ['user-agent'] })),
  one(
    'service name',
    [status(200, 'x-envoy-upstream-healthchecked-cluster: web-1\r\n')],
    http({ service_name_matcher: { prefix: 'web' } }),
  ),
  one(
    'another service name',
    [status(200, 'x-envoy-upstream-healthchecked-cluster: api\r\n')],
    http({ service_name_matcher: { prefix: 'web' } }),
  ),
  one('no service name', [good], http({ service_name_matcher: { exact: '' } })),
  one('without reuse', [good, good, good], http({}, { reuse_connection: false })),
  one('connection: close', [status(200, 'connection: close\r\n'), good]),
  one('timeout on the first', ['hang'], http({}, { timeout: '1.2s', no_traffic_interval: '60s' })),
  one(
    'timeout, then good',
    ['hang', good, good, good],
    http(
      {},
      {
        timeout: '1.2s',
        no_traffic_interval: '0.3s',
        healthy_threshold: 1,
        no_traffic_healthy_interval: '60s',
      },
    ),
  ),
  one(
    'a timeout at the threshold',
    [good, 'hang'],
    http(
      {},
      {
        timeout: '1.2s',
        no_traffic_interval: '60s',
        unhealthy_threshold: 1,
        no_traffic_healthy_interval: '0.05s',
      },
    ),
  ),
  one(
    'all failures logged',
    [bad, bad, good, 'close', bad],
    http({}, { always_log_health_check_failures: true }),
  ),
  one(
    'all successes logged',
    [good, good, bad, good, good, good],
    http({}, { always_log_health_check_success: true }),
  ),
  one('event logger', [bad, good, good], {
    health_checks: [
      {
        ...fast,
        event_log_path: '',
        event_logger: [
          {
            name: 'envoy.health_check.event_sinks.file',
            typed_config: {
              '@type':
                'type.googleapis.com/envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink',
              event_log_path: 'EVENTLOG',
            },
          },
        ],
        http_health_check: { path: '/hz' },
      },
    ],
  }),
  {
    id: 'metadata and locality in events',
    hosts: [
      {
        checks: [good],
        lbEndpoint: {
          metadata: { filter_metadata: { 'envoy.lb': { stage: { is: 'prod' } } } },
        },
      },
      { checks: [bad], lbEndpoint: { metadata: {} } },
    ],
    cluster: http(),
    unordered: true,
  },
  {
    id: 'metadata in events of a host by name',
    hosts: [{ checks: [good] }],
    cluster: { ...http(), type: 'STRICT_DNS' },
  },
  one('alt_port', [good], http({}, { alt_port: 1 })),
  { id: 'refused', hosts: [{ refused: true }], cluster: http({}, { no_traffic_interval: '60s' }) },
  {
    id: 'own check port and hostname',
    hosts: [
      {
        checks: [good],
        ownCheckPort: true,
        endpoint: {
          health_check_config: { port_value: 'CHECKPORT', hostname: 'endpoint.example' },
          hostname: 'real',
        },
      },
    ],
    cluster: http({ host: 'config.example' }),
  },
  {
    id: 'own check address',
    hosts: [
      {
        checks: [bad],
        ownCheckPort: true,
        endpoint: {
          health_check_config: {
            address: { socket_address: { address: '127.0.0.1', port_value: 'CHECKPORT' } },
          },
        },
      },
    ],
    cluster: http(),
  },
  {
    id: 'hostname of the endpoint is not asked for',
    hosts: [{ checks: [good], endpoint: { hostname: 'endpoint.example' } }],
    cluster: http(),
  },
  {
    id: 'disabled for one',
    hosts: [
      { checks: [bad] },
      { checks: [bad], endpoint: { health_check_config: { disable_active_health_check: true } } },
    ],
    cluster: http(),
    requests: 2,
  },
  {
    id: 'statuses of the configuration',
    hosts: ['UNKNOWN', 'HEALTHY', 'UNHEALTHY', 'DRAINING', 'TIMEOUT', 'DEGRADED'].map((health_status) => ({
      lbEndpoint: { health_status },
    })),
    cluster: {},
  },
  {
    id: 'statuses of the configuration and checks',
    hosts: [
      { checks: [good], lbEndpoint: { health_status: 'UNHEALTHY' } },
      { checks: [bad], lbEndpoint: { health_status: 'DEGRADED' } },
      { checks: [good], lbEndpoint: { health_status: 'DRAINING' } },
    ],
    cluster: http(),
  },
  {
    id: 'nothing is used before its first check',
    hosts: [{ checks: [good] }, { checks: ['hang'] }],
    cluster: {
      ...http({}, { timeout: '1.2s', no_traffic_interval: '60s' }),
      common_lb_config: { ignore_new_hosts_until_first_hc: true },
    },
  },
  {
    id: 'U11 all hosts fail: panic',
    hosts: [{ checks: [bad] }, { checks: [bad] }],
    cluster: http(),
    requests: 4,
  },
  {
    id: 'U11 all hosts fail: no panic',
    hosts: [{ checks: [bad] }, { checks: [bad] }],
    cluster: { ...http(), common_lb_config: { healthy_panic_threshold: { value: 0 } } },
    requests: 2,
  },
  {
    id: 'one of three fails',
    hosts: [{ checks: [good] }, { checks: [good, bad] }, { checks: [good] }],
    cluster: http(),
    requests: 6,
  },
  {
    id: 'immediate fail on a request',
    hosts: [{ checks: [good], answers: [status(200, 'x-envoy-immediate-health-check-fail: true\r\n')] }],
    cluster: { ...http(), common_lb_config: { healthy_panic_threshold: { value: 0 } } },
    requests: 2,
  },
  {
    id: 'two checks',
    unordered: true,
    hosts: [{ checks: [good, good, bad] }],
    cluster: {
      health_checks: [
        { ...fast, name: 'a', no_traffic_interval: '60s', http_health_check: { path: '/hz' } },
        { ...fast, name: 'b', no_traffic_interval: '60s', tcp_health_check: {} },
      ],
    },
  },
  {
    id: 'two checks, one fails',
    unordered: true,
    hosts: [{ checks: [bad] }],
    cluster: {
      health_checks: [
        { ...fast, name: 'a', no_traffic_interval: '60s', http_health_check: { path: '/hz' } },
        { ...fast, name: 'b', no_traffic_interval: '60s', tcp_health_check: {} },
      ],
    },
  },
];

const tcp = (fields: Json, check: Json = {}): Json => ({
  health_checks: [{ ...fast, ...check, tcp_health_check: fields }],
});

const raw = (id: string, checks: readonly Step[], cluster: Json): HealthScenario => ({
  id,
  hosts: [{ checks, raw: true }],
  cluster,
});

const tcpChecks: readonly HealthScenario[] = [
  raw('tcp connect', [], tcp({}, { no_traffic_interval: '60s' })),
  { id: 'tcp refused', hosts: [{ refused: true }], cluster: tcp({}, { no_traffic_interval: '60s' }) },
  raw('tcp send and receive', ['PONG'], tcp({ send: { text: '50494e47' }, receive: [{ text: '504f4e47' }] })),
  raw(
    'tcp receive in parts',
    ['xx PO NG 1'],
    tcp({ send: { text: '50494e47' }, receive: [{ text: '504f' }, { text: '4e47' }] }),
  ),
  raw(
    'tcp wrong answer',
    ['no'],
    tcp(
      { send: { text: '50494e47' }, receive: [{ text: '504f4e47' }] },
      { timeout: '1.2s', no_traffic_interval: '60s' },
    ),
  ),
  raw(
    'tcp closes',
    ['PONG', 'close', 'close', 'close'],
    tcp({ send: { text: '50494e47' }, receive: [{ text: '504f4e47' }] }),
  ),
  raw(
    'tcp without reuse',
    ['PONG', 'PONG'],
    tcp({ send: { text: '50494e47' }, receive: [{ text: '504f4e47' }] }, { reuse_connection: false }),
  ),
  raw('tcp send only', [], tcp({ send: { text: '50494e47' } }, { no_traffic_interval: '60s' })),
  raw('tcp binary', ['PONG'], tcp({ send: { text: '50494e47' }, receive: [{ binary: 'T04=' }] })),
];

const http2 = (id: string, steps: readonly Http2Step[], check: Json, more: Json = {}): HealthScenario => ({
  id,
  hosts: [{ http2: steps }],
  cluster: { health_checks: [{ ...fast, ...more, ...check }] },
});

const overHttp2 = { http_health_check: { path: '/hz', codec_client_type: 'HTTP2' } };

const http2Checks: readonly HealthScenario[] = [
  http2('http2', [{}], overHttp2),
  http2('http2 with a body and trailers', [{ body: '6f6b', trailers: { 'x-a': '1' } }, {}], overHttp2),
  http2('http2 503', [{}, { status: 503 }], overHttp2),
  http2('http2 degraded', [{ headers: { 'x-envoy-degraded': 'true' } }], overHttp2),
  http2('http2 reset', [{}, { instead: 'reset' }, { instead: 'reset' }, { instead: 'reset' }], overHttp2),
  http2('http2 closes', [{}, { instead: 'close' }, { instead: 'close' }, { instead: 'close' }], overHttp2),
  http2('http2 goaway and an answer', [{ goaway: 0 }, {}], overHttp2),
  http2('http2 without reuse', [{}, {}], overHttp2, { reuse_connection: false }),
];

const grpc = (
  id: string,
  steps: readonly Http2Step[],
  fields: Json = {},
  more: Json = {},
): HealthScenario => ({
  id,
  hosts: [{ http2: steps }],
  cluster: {
    health_checks: [{ ...fast, ...more, grpc_health_check: fields }],
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http2_protocol_options: {} },
      },
    },
  },
});

const overTls = (
  id: string,
  context: Json,
  check: Json,
  host: Partial<ScriptedHost> = { tls: true },
): HealthScenario => ({
  id,
  hosts: [{ checks: [good, good], ...host }],
  cluster: {
    health_checks: [{ ...fast, no_traffic_interval: '60s', ...check }],
    transport_socket: {
      name: 'envoy.transport_sockets.tls',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext',
        ...context,
      },
    },
  },
});

const byHttp = { http_health_check: { path: '/hz' } };

const tlsChecks: readonly HealthScenario[] = [
  overTls('tls', {}, byHttp),
  overTls(
    'tls with protocols of the cluster',
    { common_tls_context: { alpn_protocols: ['http/1.1', 'x'] } },
    byHttp,
  ),
  overTls('tls with protocols of the check', {}, { ...byHttp, tls_options: { alpn_protocols: ['y'] } }),
  overTls(
    'tls with protocols of both',
    { common_tls_context: { alpn_protocols: ['http/1.1', 'x'] } },
    { ...byHttp, tls_options: { alpn_protocols: ['y'] } },
  ),
  overTls('tls tcp', {}, { tcp_health_check: {} }),
  overTls(
    'tls tcp with an answer',
    {},
    { tcp_health_check: { send: { text: '00' }, receive: [{ text: '504f4e47' }] } },
    {
      tls: true,
      raw: true,
      checks: ['PONG'],
    },
  ),
  overTls('tls with a host of plain text', {}, { ...byHttp, timeout: '0.6s' }, { checks: [] }),
];

const ofGrpc = { 'content-type': 'application/grpc' };
const serving: Http2Step = {
  headers: ofGrpc,
  body: '00000000020801',
  trailers: { 'grpc-status': '0' },
};

const grpcChecks: readonly HealthScenario[] = [
  grpc('grpc SERVING', [serving]),
  grpc('grpc service and authority', [serving], {
    service_name: 'my.Service',
    authority: 'grpc.example',
    initial_metadata: [{ header: { key: 'x-a', value: '1' } }],
  }),
  grpc('grpc NOT_SERVING', [serving, { ...serving, body: '00000000020802' }]),
  grpc('grpc UNKNOWN', [{ ...serving, body: '0000000000' }]),
  grpc('grpc SERVICE_UNKNOWN', [{ ...serving, body: '00000000020803' }]),
  grpc('grpc unimplemented', [{ headers: { ...ofGrpc, 'grpc-status': '12' } }]),
  grpc('grpc not found', [serving, { headers: { ...ofGrpc, 'grpc-status': '5' } }]),
  grpc('grpc an error in the trailers', [{ ...serving, trailers: { 'grpc-status': '13' } }]),
  grpc('grpc no status', [{ ...serving, trailers: { 'x-a': '1' } }]),
  grpc('grpc no trailers', [{ headers: ofGrpc, body: '00000000020801' }]),
  grpc('grpc another content type', [
    { headers: { 'content-type': 'text/plain' }, body: '6f6b', trailers: { 'grpc-status': '0' } },
  ]),
  grpc('grpc 503', [{ status: 503, headers: ofGrpc }]),
  grpc('grpc two messages', [{ ...serving, body: '0000000002080100000000020801' }]),
  grpc('grpc compressed', [{ ...serving, body: '01000000020801' }]),
  grpc('grpc no message', [{ ...serving, body: '00000000020fff' }]),
  grpc('grpc reset', [serving, { instead: 'reset' }, { instead: 'reset' }, { instead: 'reset' }]),
  grpc('grpc closes', [serving, { instead: 'close' }, { instead: 'close' }, { instead: 'close' }]),
  grpc('grpc goaway and an answer', [{ ...serving, goaway: 0 }, serving]),
  grpc('grpc goaway with an error', [serving, { ...serving, goaway: 2 }, serving]),
  grpc('grpc without reuse', [serving, serving], {}, { reuse_connection: false }),
  grpc('grpc timeout', [{ instead: 'hang' }], {}, { timeout: '0.6s', no_traffic_interval: '60s' }),
];

/** Sweeps do not come while a scenario lasts, so that what is counted is what requests did. */
const outlier = (fields: Json): Json => ({
  lb_policy: 'ROUND_ROBIN',
  // Envoy would keep a change back for a second after another one.
  common_lb_config: { healthy_panic_threshold: { value: 0 }, update_merge_window: '0s' },
  outlier_detection: { max_ejection_percent: 100, ...fields },
});

const answering = (...answers: Step[]) => ({ answers });

const outliers: readonly HealthScenario[] = [
  { id: 'outlier defaults', hosts: [answering(bad)], cluster: outlier({}), requests: 6 },
  {
    id: 'outlier 500',
    hosts: [answering(status(500))],
    cluster: outlier({ consecutive_5xx: 3 }),
    requests: 4,
  },
  {
    id: 'outlier success between',
    hosts: [answering(bad, bad, good, bad, bad, good)],
    cluster: outlier({ consecutive_5xx: 3 }),
    requests: 6,
  },
  {
    id: 'outlier 4xx is a success',
    hosts: [answering(bad, bad, status(404), bad, bad)],
    cluster: outlier({ consecutive_5xx: 3 }),
    requests: 5,
  },
  {
    id: 'outlier not enforced',
    pauseMs: 60,
    hosts: [answering(bad)],
    cluster: outlier({ consecutive_5xx: 3, enforcing_consecutive_5xx: 0 }),
    requests: 7,
  },
  {
    id: 'outlier gateway',
    hosts: [answering(bad)],
    cluster: outlier({ consecutive_gateway_failure: 2, enforcing_consecutive_gateway_failure: 100 }),
    requests: 3,
  },
  {
    id: 'outlier gateway, a 500 between',
    hosts: [answering(bad, status(500), bad)],
    cluster: outlier({ consecutive_gateway_failure: 2, enforcing_consecutive_gateway_failure: 100 }),
    requests: 3,
  },
  { id: 'outlier reset', hosts: [answering('reset')], cluster: outlier({ consecutive_5xx: 2 }), requests: 3 },
  {
    id: 'outlier timeout',
    hosts: [answering('hang')],
    cluster: outlier({ consecutive_5xx: 2 }),
    requests: 3,
  },
  {
    id: 'U01 outlier refused',
    hosts: [{ refused: true }],
    cluster: outlier({ consecutive_5xx: 2 }),
    requests: 3,
  },
  {
    id: 'outlier split: refused',
    hosts: [{ refused: true }],
    cluster: outlier({
      consecutive_5xx: 2,
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 3,
    }),
    requests: 5,
  },
  {
    id: 'outlier split: reset',
    hosts: [answering('reset')],
    cluster: outlier({
      consecutive_5xx: 2,
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 3,
    }),
    requests: 5,
  },
  {
    id: 'outlier split: timeout',
    hosts: [answering('hang')],
    cluster: outlier({
      consecutive_5xx: 2,
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 3,
    }),
    requests: 5,
  },
  {
    id: 'outlier split: 503',
    hosts: [answering(bad)],
    cluster: outlier({
      consecutive_5xx: 3,
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 2,
    }),
    requests: 5,
  },
  {
    id: 'outlier overflow',
    pauseMs: 60,
    unordered: true,
    hosts: [answering(bad), answering(bad), answering(bad)],
    cluster: outlier({ consecutive_5xx: 1, max_ejection_percent: 50 }),
    requests: 8,
  },
  {
    id: 'outlier ten percent of two',
    pauseMs: 60,
    hosts: [answering(bad), answering(bad)],
    cluster: outlier({ consecutive_5xx: 1, max_ejection_percent: 10 }),
    requests: 4,
  },
  {
    id: 'outlier always one',
    pauseMs: 60,
    hosts: [answering(bad), answering(bad)],
    cluster: outlier({ consecutive_5xx: 1, max_ejection_percent: 10, always_eject_one_host: true }),
    requests: 6,
    unordered: true,
  },
  {
    id: 'outlier no percent at all',
    pauseMs: 60,
    hosts: [answering(bad), answering(bad)],
    cluster: outlier({ consecutive_5xx: 1, max_ejection_percent: 0 }),
    requests: 4,
  },
  {
    id: 'outlier back again',
    hosts: [answering(bad, good)],
    cluster: outlier({ consecutive_5xx: 1, interval: '0.2s', base_ejection_time: '0.1s' }),
    requests: 1,
    afterMs: 700,
    laterRequests: 2,
  },
  {
    id: 'outlier and a check that passes',
    hosts: [{ checks: [good, good, good, good], answers: [bad, good] }],
    cluster: {
      ...outlier({ consecutive_5xx: 1 }),
      ...http({}, { no_traffic_interval: '1.9s', interval: '0.4s' }),
    },
    requests: 1,
    afterMs: 2000,
    laterRequests: 2,
  },
  {
    id: 'outlier and a check that does not help',
    hosts: [{ checks: [good, good, good, good], answers: [bad, good] }],
    cluster: {
      ...outlier({ consecutive_5xx: 1, successful_active_health_check_uneject_host: false }),
      ...http({}, { no_traffic_interval: '1.9s', interval: '0.4s' }),
    },
    requests: 1,
    afterMs: 2000,
    laterRequests: 2,
  },
  {
    id: 'outlier success rate',
    ratesPass: true,
    unordered: true,
    hosts: [
      answering(bad),
      answering(good),
      answering(good),
      answering(good),
      answering(good),
      answering(good),
    ],
    cluster: outlier({
      consecutive_5xx: 1000,
      interval: '2.8s',
      success_rate_minimum_hosts: 3,
      success_rate_request_volume: 2,
      success_rate_stdev_factor: 1900,
      base_ejection_time: '60s',
    }),
    requests: 60,
    afterMs: 2800,
    laterRequests: 5,
  },
  {
    id: 'outlier failure percentage',
    ratesPass: true,
    unordered: true,
    hosts: [answering(bad), answering(good)],
    cluster: outlier({
      consecutive_5xx: 1000,
      interval: '2.8s',
      failure_percentage_minimum_hosts: 2,
      failure_percentage_request_volume: 2,
      enforcing_failure_percentage: 100,
      failure_percentage_threshold: 50,
      enforcing_success_rate: 0,
      base_ejection_time: '60s',
    }),
    requests: 20,
    afterMs: 2800,
    laterRequests: 2,
  },
  {
    id: 'outlier failure percentage of our own',
    ratesPass: true,
    unordered: true,
    hosts: [{ refused: true }, answering(good)],
    cluster: outlier({
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 1000,
      interval: '2.8s',
      failure_percentage_minimum_hosts: 2,
      failure_percentage_request_volume: 2,
      enforcing_failure_percentage_local_origin: 100,
      failure_percentage_threshold: 50,
      base_ejection_time: '60s',
    }),
    requests: 20,
    afterMs: 2800,
    laterRequests: 2,
  },
  {
    id: 'outlier success rate of our own',
    ratesPass: true,
    unordered: true,
    hosts: [
      { refused: true },
      answering(good),
      answering(good),
      answering(good),
      answering(good),
      answering(good),
    ],
    cluster: outlier({
      split_external_local_origin_errors: true,
      consecutive_local_origin_failure: 1000,
      interval: '2.8s',
      success_rate_minimum_hosts: 3,
      success_rate_request_volume: 2,
      base_ejection_time: '60s',
    }),
    requests: 60,
    afterMs: 2800,
    laterRequests: 5,
  },
  {
    id: 'outlier degraded hosts',
    unordered: true,
    hosts: [answering(status(200, 'x-envoy-degraded: true\r\n')), answering(good)],
    cluster: outlier({ detect_degraded_hosts: true }),
    requests: 4,
  },
  {
    id: 'outlier degraded for a while',
    hosts: [answering(status(200, 'x-envoy-degraded: true\r\n'), good)],
    cluster: outlier({ detect_degraded_hosts: true, interval: '0.2s', base_ejection_time: '0.1s' }),
    requests: 1,
    afterMs: 700,
  },
  {
    id: 'outlier a degraded failure is a failure',
    hosts: [answering(status(503, 'x-envoy-degraded: true\r\n'))],
    cluster: outlier({ detect_degraded_hosts: true, consecutive_5xx: 2 }),
    requests: 3,
  },
];

export const healthScenarios: readonly HealthScenario[] = [
  ...http1,
  ...http2Checks,
  ...tlsChecks,
  ...grpcChecks,
  ...tcpChecks,
  ...outliers,
];
