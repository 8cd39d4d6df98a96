/**
 * Cases of `filters-parity`, by filter.
 */
import { compressorCases, decompressorCases } from './compression-cases.js';
import type { DifferentialCase } from './differential.js';
import { extAuthzCases } from './ext-authz-cases.js';
import { jwtCases } from './jwt-cases.js';
import { localReplyCases, logFilterCases, operatorCases } from './local-reply-cases.js';

type Json = Record<string, unknown>;

const types = 'type.googleapis.com/envoy.extensions.filters.http.';

/** A filter by the part of its type after `filters.http.`. */
function filter(type: string, config: Json = {}, more: Json = {}): Json {
  const name = `envoy.filters.http.${type.split('.')[0]}`;
  return { name, typed_config: { '@type': types + type, ...config }, ...more };
}

/** `typed_per_filter_config`. */
function perRoute(type: string, config: Json = {}): Json {
  const name = `envoy.filters.http.${type.split('.')[0]}`;
  return { typed_per_filter_config: { [name]: { '@type': types + type, ...config } } };
}

function switched(filterName: string, config: Json): Json {
  const type = 'type.googleapis.com/envoy.config.route.v3.FilterConfig';
  return { typed_per_filter_config: { [`envoy.filters.http.${filterName}`]: { '@type': type, ...config } } };
}

/** One virtual host with one route to the cluster. */
function hosts(route: Json = {}, virtualHost: Json = {}, action: Json = {}): readonly Json[] {
  return [
    {
      name: 'v',
      domains: ['*'],
      routes: [{ match: { prefix: '/' }, route: { cluster: 'CLUSTER', ...action }, ...route }],
      ...virtualHost,
    },
  ];
}

function get(headers: readonly string[] = [], path = '/x', method = 'GET'): string {
  return `${[`${method} ${path} HTTP/1.1`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
}

function post(body: string, headers: readonly string[] = []): string {
  return `POST /x HTTP/1.1\r\nHost: a\r\n${headers.map((one) => `${one}\r\n`).join('')}content-length: ${body.length}\r\n\r\n${body}`;
}

const grpc = ['content-type: application/grpc'];
const percent = (numerator: number): Json => ({ numerator, denominator: 'HUNDRED' });

// ---- cors

const policy = {
  allow_origin_string_match: [{ exact: 'https://a.example' }, { suffix: '.b.example' }],
  allow_methods: 'GET, PUT',
  allow_headers: 'x-one, x-two',
  expose_headers: 'x-three',
  max_age: '600',
  allow_credentials: true,
};
const preflight = (origin: string, more: readonly string[] = []) =>
  get([`Origin: ${origin}`, 'Access-Control-Request-Method: PUT', ...more], '/x', 'OPTIONS');
const cors = (config: Json, request: string, more: Partial<DifferentialCase> = {}) => ({
  request,
  filters: [filter('cors.v3.Cors')],
  virtualHosts: hosts({}, perRoute('cors.v3.CorsPolicy', config)),
  stats: 'http.PREFIX.cors',
  ...more,
});
const corsCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  preflight: cors(policy, preflight('https://a.example')),
  'preflight, suffix': cors(policy, preflight('https://x.b.example')),
  'preflight, other origin': cors(policy, preflight('https://c.example')),
  'preflight, other origin, not forwarded': cors(
    { ...policy, forward_not_matching_preflights: false },
    preflight('https://c.example'),
  ),
  'preflight without a method': cors(policy, get(['Origin: https://a.example'], '/x', 'OPTIONS')),
  'simple request': cors(policy, get(['Origin: https://a.example'])),
  'simple request, other origin': cors(policy, get(['Origin: https://c.example'])),
  'without origin': cors(policy, get()),
  'empty origin': cors(policy, get(['Origin:'])),
  'any origin': cors({ allow_origin_string_match: [{ safe_regex: { regex: '\\*' } }] }, get(['Origin: q'])),
  'stars name what is asked for': cors(
    { ...policy, allow_methods: '*', allow_headers: '*' },
    preflight('https://a.example', ['Access-Control-Request-Headers: q, r']),
  ),
  'star without asked headers': cors({ ...policy, allow_headers: '*' }, preflight('https://a.example')),
  'private network': cors(
    { ...policy, allow_private_network_access: true },
    preflight('https://a.example', ['Access-Control-Request-Private-Network: true']),
  ),
  'the upstream answers with its own headers': cors(policy, get(['Origin: https://a.example']), {
    answer:
      'HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: *\r\nx: y\r\nAccess-Control-Expose-Headers: own\r\ncontent-length: 0\r\n\r\n',
  }),
  'only shadowed': cors(
    {
      ...policy,
      filter_enabled: { default_value: percent(0), runtime_key: 'a' },
      shadow_enabled: { default_value: percent(100), runtime_key: 'b' },
    },
    preflight('https://a.example'),
  ),
  off: cors(
    { ...policy, filter_enabled: { default_value: percent(0), runtime_key: 'a' } },
    preflight('https://a.example'),
  ),
  'route over virtual host, value by value': cors({}, preflight('https://r.example'), {
    virtualHosts: hosts(
      perRoute('cors.v3.CorsPolicy', {
        allow_origin_string_match: [{ exact: 'https://r.example' }],
        allow_credentials: false,
      }),
      perRoute('cors.v3.CorsPolicy', policy),
    ),
  }),
  'the older place': cors({}, preflight('https://a.example'), {
    virtualHosts: hosts(
      {},
      { cors: { ...policy, allow_methods: 'POST' } },
      { cors: { allow_methods: 'DELETE' } },
    ),
  }),
  'the older place, simple': cors({}, get(['Origin: https://a.example']), {
    virtualHosts: hosts({}, { cors: policy }),
  }),
  'no policy': cors({}, preflight('https://a.example'), { virtualHosts: hosts() }),
  'turned off by the route': cors({}, preflight('https://a.example'), {
    virtualHosts: hosts(switched('cors', { disabled: true }), perRoute('cors.v3.CorsPolicy', policy)),
  }),
  'off, turned on by the route': cors({}, preflight('https://a.example'), {
    filters: [filter('cors.v3.Cors', {}, { disabled: true })],
    virtualHosts: hosts(perRoute('cors.v3.CorsPolicy', policy)),
  }),
  'direct response': cors(policy, get(['Origin: https://a.example']), {
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [{ match: { prefix: '/' }, direct_response: { status: 200, body: { inline_string: 'x' } } }],
        ...perRoute('cors.v3.CorsPolicy', policy),
      },
    ],
  }),
  'no cluster': cors(policy, get(['Origin: https://a.example']), {
    virtualHosts: hosts({}, perRoute('cors.v3.CorsPolicy', policy), {
      cluster_header: 'c',
      cluster: undefined,
    }),
  }),
  'upstream refuses': cors(policy, get(['Origin: https://a.example']), { refused: true }),
  'preflight of gRPC': cors(policy, preflight('https://a.example', grpc)),
};

// ---- buffer

const buffer = (bytes: number, request: string, more: Partial<DifferentialCase> = {}) => ({
  request,
  filters: [filter('buffer.v3.Buffer', { max_request_bytes: bytes })],
  ...more,
});
const chunked = 'POST /x HTTP/1.1\r\nHost: a\r\ntransfer-encoding: chunked\r\n\r\n';
const bufferCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  fits: buffer(10, post('0123456789')),
  'too long': buffer(10, post('01234567890'), { stats: 'http.PREFIX.downstream_rq_too_large' }),
  'too long, gRPC': buffer(10, post('01234567890', grpc)),
  'chunks get a length': buffer(10, `${chunked}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`),
  'chunks in parts': buffer(10, `${chunked}3\r\nabc\r\n`, { later: [[100, '2\r\nde\r\n0\r\n\r\n']] }),
  'chunks that are too long': buffer(4, `${chunked}3\r\nabc\r\n`, { later: [[100, '2\r\nde\r\n0\r\n\r\n']] }),
  trailers: buffer(10, `${chunked}3\r\nabc\r\n0\r\nt: 1\r\n\r\n`, {
    manager: { http_protocol_options: { enable_trailers: true } },
  }),
  'no body': buffer(10, get()),
  'empty chunked body': buffer(10, `${chunked}0\r\n\r\n`),
  'off on the route': buffer(2, post('0123'), {
    virtualHosts: hosts(perRoute('buffer.v3.BufferPerRoute', { disabled: true })),
  }),
  'longer on the route': buffer(2, post('0123'), {
    virtualHosts: hosts(perRoute('buffer.v3.BufferPerRoute', { buffer: { max_request_bytes: 4 } })),
  }),
  'shorter on the virtual host': buffer(20, post('0123'), {
    virtualHosts: hosts({}, perRoute('buffer.v3.BufferPerRoute', { buffer: { max_request_bytes: 3 } })),
  }),
  'weighted cluster': buffer(2, post('0123'), {
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [
          {
            match: { prefix: '/' },
            route: {
              weighted_clusters: {
                clusters: [
                  {
                    name: 'CLUSTER',
                    weight: 1,
                    ...perRoute('buffer.v3.BufferPerRoute', { buffer: { max_request_bytes: 4 } }),
                  },
                ],
              },
            },
            ...perRoute('buffer.v3.BufferPerRoute', { buffer: { max_request_bytes: 1 } }),
          },
        ],
      },
    ],
  }),
  'no route': buffer(2, post('0123'), { virtualHosts: [{ name: 'v', domains: ['b'] }] }),
};

// ---- header mutation

const option = (key: string, value: string, append_action = 'APPEND_IF_EXISTS_OR_ADD'): Json => ({
  append: { header: { key, value }, append_action },
});
const mutation = (mutations: Json, more: Partial<DifferentialCase> = {}) => ({
  request: get(['x-a: 1', 'x-a: 2', 'x-b: 3']),
  answer: 'HTTP/1.1 200 OK\r\nx-a: 1\r\nx-c: 4\r\ncontent-length: 0\r\n\r\n',
  filters: [filter('header_mutation.v3.HeaderMutation', { mutations })],
  ...more,
});
const both = (list: readonly Json[]): Json => ({ request_mutations: list, response_mutations: list });
const mutationCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  append: mutation(both([option('x-a', 'n'), option('x-n', 'm')])),
  'add if absent': mutation(both([option('x-a', 'n', 'ADD_IF_ABSENT'), option('x-n', 'm', 'ADD_IF_ABSENT')])),
  overwrite: mutation(
    both([
      option('x-a', 'n', 'OVERWRITE_IF_EXISTS_OR_ADD'),
      option('x-n', 'm', 'OVERWRITE_IF_EXISTS_OR_ADD'),
    ]),
  ),
  'overwrite if there': mutation(
    both([option('x-a', 'n', 'OVERWRITE_IF_EXISTS'), option('x-n', 'm', 'OVERWRITE_IF_EXISTS')]),
  ),
  remove: mutation(both([{ remove: 'x-a' }, { remove: 'X-B' }, { remove: 'x-none' }])),
  'remove on match': mutation(both([{ remove_on_match: { key_matcher: { prefix: 'x-' } } }])),
  'in order': mutation(both([option('x-n', '1'), { remove: 'x-n' }, option('x-n', '2')])),
  'values of the request': mutation(both([option('x-n', '%REQ(x-b)% %PROTOCOL% %REQ(none)%')])),
  'an empty value': mutation(both([option('x-n', '%REQ(none)%'), option('x-m', '')])),
  'routes add theirs': mutation(both([option('x-n', 'filter')]), {
    virtualHosts: hosts(
      perRoute('header_mutation.v3.HeaderMutationPerRoute', { mutations: both([option('x-n', 'route')]) }),
      perRoute('header_mutation.v3.HeaderMutationPerRoute', { mutations: both([option('x-n', 'host')]) }),
    ),
  }),
  'the most specific last': mutation(
    {},
    {
      filters: [
        filter('header_mutation.v3.HeaderMutation', {
          mutations: both([option('x-n', 'filter')]),
          most_specific_header_mutations_wins: true,
        }),
      ],
      virtualHosts: hosts(
        perRoute('header_mutation.v3.HeaderMutationPerRoute', { mutations: both([option('x-n', 'route')]) }),
        perRoute('header_mutation.v3.HeaderMutationPerRoute', { mutations: both([option('x-n', 'host')]) }),
      ),
    },
  ),
  ...Object.fromEntries(
    Object.entries({
      append: [{ append: { record: { key: 'a', value: 'x y' } } }],
      'add if absent': [
        { append: { record: { key: 'a', value: 'n' }, action: 'ADD_IF_ABSENT' } },
        { append: { record: { key: 'z', value: 'n' }, action: 'ADD_IF_ABSENT' } },
      ],
      overwrite: [
        { append: { record: { key: 'a', value: '%REQ(x-b)%' }, action: 'OVERWRITE_IF_EXISTS_OR_ADD' } },
      ],
      'overwrite if there': [{ append: { record: { key: 'z', value: 'n' }, action: 'OVERWRITE_IF_EXISTS' } }],
      remove: [{ remove: 'a' }, { remove: 'none' }],
      'all removed': ['a', 'b', 'c', 'd', 'e-f'].map((remove) => ({ remove })),
    }).flatMap(([name, list]) =>
      ['/x?b=2&a=1&a=3&c&d=&e-f=g&&=i', '/x', '/x?'].map((path) => [
        `query, ${name}, ${path}`,
        mutation({ query_parameter_mutations: list }, { request: get(['x-b: 3'], path) }),
      ]),
    ),
  ),
  'local replies': mutation(both([option('x-n', 'm'), { remove: 'content-type' }]), {
    virtualHosts: [{ name: 'v', domains: ['b'] }],
  }),
  'routes see what was changed': mutation(
    { request_mutations: [option('x-n', 'm')] },
    {
      virtualHosts: [
        {
          name: 'v',
          domains: ['*'],
          routes: [
            {
              match: { prefix: '/', headers: [{ name: 'x-n', present_match: true }] },
              direct_response: { status: 200 },
            },
            { match: { prefix: '/' }, route: { cluster: 'CLUSTER' } },
          ],
        },
      ],
    },
  ),
  trailers: mutation(
    {
      request_trailers_mutations: [option('x-n', 'm'), { remove: 't' }],
      response_trailers_mutations: [option('x-r', 'm'), { remove: 'u' }],
    },
    {
      request: `${chunked}3\r\nabc\r\n0\r\nt: 1\r\n\r\n`,
      manager: { http_protocol_options: { enable_trailers: true } },
      cluster: {
        typed_extension_protocol_options: {
          'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
            '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
            explicit_http_config: { http_protocol_options: { enable_trailers: true } },
          },
        },
      },
      answer: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n0\r\nu: 1\r\n\r\n',
    },
  ),
};

// ---- fault

const all = { percentage: percent(100) };
const fault = (config: Json, request = get(), more: Partial<DifferentialCase> = {}) => ({
  request,
  filters: [filter('fault.v3.HTTPFault', config)],
  stats: 'http.PREFIX.fault',
  ...more,
});
const abort = (config: Json): Json => ({ abort: { ...all, ...config } });
const faultCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  abort: fault(abort({ http_status: 503 })),
  'abort 200': fault(abort({ http_status: 200 })),
  'abort 404 of gRPC': fault(abort({ http_status: 404 }), get(grpc)),
  'abort by a gRPC status': fault(abort({ grpc_status: 5 }), get(grpc)),
  'abort by a gRPC status, plain request': fault(abort({ grpc_status: 5 })),
  'a body of its own': fault(abort({ http_status: 500, response_body: 'no luck' })),
  'a body of its own, gRPC': fault(abort({ http_status: 500, response_body: 'no luck' }), get(grpc)),
  never: fault({ abort: { http_status: 503, percentage: percent(0) } }),
  'no percentage': fault({ abort: { http_status: 503 } }),
  delay: fault({ delay: { ...all, fixed_delay: '0.2s' } }),
  'delay of a body': fault({ delay: { ...all, fixed_delay: '0.2s' } }, post('abc')),
  'delay, then abort': fault({ delay: { ...all, fixed_delay: '0.2s' }, ...abort({ http_status: 503 }) }),
  'the client leaves': fault({ delay: { ...all, fixed_delay: '0.4s' } }, get(), { halfClose: true }),
  'abort by header': fault(abort({ header_abort: {} }), get(['x-envoy-fault-abort-request: 418'])),
  'abort by header, none': fault(abort({ header_abort: {} })),
  'abort by header, out of range': fault(
    abort({ header_abort: {} }),
    get(['x-envoy-fault-abort-request: 99']),
  ),
  'abort by header, no number': fault(abort({ header_abort: {} }), get(['x-envoy-fault-abort-request: x'])),
  'abort by gRPC header': fault(
    abort({ header_abort: {} }),
    get([...grpc, 'x-envoy-fault-abort-grpc-request: 7']),
  ),
  'abort by both headers': fault(
    abort({ header_abort: {} }),
    get([...grpc, 'x-envoy-fault-abort-grpc-request: 7', 'x-envoy-fault-abort-request: 418']),
  ),
  'abort by header, percentage 0': fault(
    abort({ header_abort: {} }),
    get(['x-envoy-fault-abort-request: 418', 'x-envoy-fault-abort-request-percentage: 0']),
  ),
  'abort by header, percentage above': fault(
    abort({ header_abort: {} }),
    get(['x-envoy-fault-abort-request: 418', 'x-envoy-fault-abort-request-percentage: 1000']),
  ),
  'delay by header': fault(
    { delay: { ...all, header_delay: {} } },
    get(['x-envoy-fault-delay-request: 150']),
  ),
  'delay by header, 0': fault(
    { delay: { ...all, header_delay: {} } },
    get(['x-envoy-fault-delay-request: 0']),
  ),
  'rate of the response': fault({ response_rate_limit: { ...all, fixed_limit: { limit_kbps: 1 } } }, get(), {
    answer: `HTTP/1.1 200 OK\r\ncontent-length: 150\r\n\r\n${'x'.repeat(150)}`,
  }),
  'rate by header': fault(
    { response_rate_limit: { ...all, header_limit: {} } },
    get(['x-envoy-fault-throughput-response: 1']),
    { answer: `HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n${'x'.repeat(100)}` },
  ),
  'rate of a response without body': fault(
    {
      response_rate_limit: { ...all, fixed_limit: { limit_kbps: 1 } },
    },
    get(),
    { answer: 'HTTP/1.1 204 No Content\r\n\r\n' },
  ),
  'only some headers, not these': fault({
    ...abort({ http_status: 503 }),
    headers: [{ name: 'x-f', string_match: { exact: '1' } }],
  }),
  'only some headers, these': fault(
    { ...abort({ http_status: 503 }), headers: [{ name: 'x-f', string_match: { exact: '1' } }] },
    get(['x-f: 1']),
  ),
  'another cluster': fault({ ...abort({ http_status: 503 }), upstream_cluster: 'other' }),
  'another node': fault({ ...abort({ http_status: 503 }), downstream_nodes: ['n'] }),
  'no active faults allowed': fault({ ...abort({ http_status: 503 }), max_active_faults: 0 }),
  'of the route': fault(abort({ http_status: 503 }), get(), {
    virtualHosts: hosts(perRoute('fault.v3.HTTPFault', abort({ http_status: 418 }))),
  }),
  'the route has an empty one': fault(abort({ http_status: 503 }), get(), {
    virtualHosts: hosts(perRoute('fault.v3.HTTPFault', {})),
  }),
  'downstream cluster': fault(abort({ http_status: 503 }), get(['x-envoy-downstream-service-cluster: dc'])),
  'downstream cluster, not counted': fault(
    { ...abort({ http_status: 503 }), disable_downstream_cluster_stats: true },
    get(['x-envoy-downstream-service-cluster: dc']),
  ),
  'headers of the route on an abort': fault(abort({ http_status: 503 }), get(), {
    virtualHosts: hosts({ response_headers_to_add: [{ header: { key: 'x-r', value: '1' } }] }),
  }),
  metadata: fault({ ...abort({ http_status: 503 }), filter_metadata: { a: { b: 1, c: 'd' } } }, get(), {
    logFormat:
      '%DYNAMIC_METADATA(envoy.filters.http.fault)% %DYNAMIC_METADATA(envoy.filters.http.fault:a:c)%',
  }),
  HEAD: fault(abort({ http_status: 503 }), get([], '/x', 'HEAD')),
};

// ---- health check

const check = (config: Json, request = get([], '/healthz'), more: Partial<DifferentialCase> = {}) => ({
  request,
  filters: [
    filter('health_check.v3.HealthCheck', {
      headers: [{ name: ':path', string_match: { exact: '/healthz' } }],
      ...config,
    }),
  ],
  stats: 'http.PREFIX.downstream_rq_',
  ...more,
});
const direct = { pass_through_mode: false };
const healthCheckCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  answered: check(direct),
  'answered, with a body': check(direct, post('abc').replace('/x', '/healthz')),
  'answered, in parts': check(direct, post('abc').replace('/x', '/healthz').slice(0, -1), {
    later: [[50, 'c']],
  }),
  'another path': check(direct, get()),
  'passed through': check({ pass_through_mode: true }),
  'passed through, 503': check({ pass_through_mode: true }, get([], '/healthz'), {
    answer: 'HTTP/1.1 503 No\r\ncontent-length: 0\r\n\r\n',
  }),
  remembered: check({ pass_through_mode: true, cache_time: '10s' }, get([], '/healthz'), {
    later: [[200, get([], '/healthz')]],
    answers: ['HTTP/1.1 201 Created\r\nx-envoy-degraded: 1\r\ncontent-length: 2\r\n\r\nab'],
  }),
  'remembered failure': check({ pass_through_mode: true, cache_time: '10s' }, get([], '/healthz'), {
    later: [[200, get([], '/healthz')]],
    answers: ['HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nab'],
  }),
  'enough hosts': check(
    { ...direct, cluster_min_healthy_percentages: { CLUSTER: { value: 50 } } },
    get([], '/healthz'),
  ),
  'unknown cluster': check({ ...direct, cluster_min_healthy_percentages: { none: { value: 50 } } }),
  gRPC: check(direct, get(grpc, '/healthz')),
  'no headers: all': check({ ...direct, headers: [] }, get()),
  'not logged': check(direct, get([], '/healthz'), {
    manager: {
      access_log: [
        {
          name: 'log',
          filter: { not_health_check_filter: {} },
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
            path: '/dev/null',
          },
        },
      ],
    },
  }),
};

// ---- local rate limit

const bucket = (max_tokens: number, more: Json = {}): Json => ({
  token_bucket: { max_tokens, tokens_per_fill: 1, fill_interval: '100s', ...more },
});
const enforced = {
  filter_enabled: { default_value: percent(100), runtime_key: 'a' },
  filter_enforced: { default_value: percent(100), runtime_key: 'b' },
};
const twice = { request: get(), later: [[150, get()]] as const };
const limit = (config: Json, more: Partial<DifferentialCase> = {}) => ({
  ...twice,
  filters: [
    filter('local_ratelimit.v3.LocalRateLimit', { stat_prefix: 'PREFIX_limit', ...enforced, ...config }),
  ],
  stats: 'PREFIX_limit',
  ...more,
});
const limited = (rateLimits: readonly Json[], more: Json = {}) =>
  hosts({}, {}, { rate_limits: rateLimits, ...more });
const descriptor = (
  entries: readonly (readonly [string, string])[],
  tokens: number,
  more: Json = {},
): Json => ({
  entries: entries.map(([key, value]) => ({ key, value })),
  ...bucket(tokens),
  ...more,
});
const key = (value: string): Json => ({ actions: [{ generic_key: { descriptor_value: value } }] });
const byHeader: Json = { actions: [{ request_headers: { header_name: 'x-user', descriptor_key: 'user' } }] };
const localRatelimitCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  'the second one is refused': limit(bucket(1)),
  gRPC: limit(bucket(0), { request: get(grpc), later: [] }),
  'gRPC, as resource exhausted': limit(
    { ...bucket(0), rate_limited_as_resource_exhausted: true },
    { request: get(grpc), later: [] },
  ),
  'plain, as resource exhausted': limit({ ...bucket(1), rate_limited_as_resource_exhausted: true }),
  'its own status': limit({ ...bucket(1), status: { code: 'ServiceUnavailable' } }),
  'a status that is no error': limit({ ...bucket(1), status: { code: 'OK' } }),
  'not enabled': limit({ ...bucket(1), filter_enabled: undefined }),
  'not enforced': limit({
    ...bucket(1),
    filter_enforced: undefined,
    request_headers_to_add_when_not_enforced: [{ header: { key: 'x-over', value: '%REQ(host)%' } }],
  }),
  'no bucket': limit({}),
  'headers of the refusal': limit({
    ...bucket(1),
    response_headers_to_add: [
      { header: { key: 'x-limited', value: 'yes' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      { header: { key: 'x-protocol', value: '%PROTOCOL%' } },
    ],
  }),
  'limits are told': limit(
    { ...bucket(2), enable_x_ratelimit_headers: 'DRAFT_VERSION_03' },
    {
      later: [
        [150, get()],
        [300, get()],
      ],
    },
  ),
  'retry after': limit({ ...bucket(1), enable_retry_after_header: true }),
  'retry after and limits': limit({
    ...bucket(1),
    enable_retry_after_header: true,
    enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
    response_headers_to_add: [{ header: { key: 'x-limited', value: 'yes' } }],
  }),
  refilled: limit(bucket(1, { fill_interval: '0.1s' })),
  'a descriptor': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'a']], 1)] },
    { virtualHosts: limited([key('a')]) },
  ),
  'a descriptor, limits told': limit(
    {
      ...bucket(10),
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      descriptors: [descriptor([['generic_key', 'a']], 1)],
    },
    { virtualHosts: limited([key('a')]) },
  ),
  'another descriptor': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'b']], 1)] },
    { virtualHosts: limited([key('a')]) },
  ),
  'a shadowed descriptor': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'a']], 1, { shadow_mode: true })] },
    { virtualHosts: limited([key('a')]) },
  ),
  'a shadowed descriptor before one that counts': limit(
    {
      ...bucket(10),
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      descriptors: [
        descriptor([['generic_key', 'a']], 0, { shadow_mode: true }),
        { ...descriptor([['generic_key', 'b']], 1), token_bucket: { max_tokens: 1, fill_interval: '50s' } },
      ],
    },
    { virtualHosts: limited([key('a'), key('b')]) },
  ),
  'a shadowed descriptor and an empty bucket': limit(
    { ...bucket(0), descriptors: [descriptor([['generic_key', 'a']], 0, { shadow_mode: true })] },
    { virtualHosts: limited([key('a')]) },
  ),
  'two descriptors': limit(
    {
      ...bucket(10),
      enable_x_ratelimit_headers: 'DRAFT_VERSION_03',
      descriptors: [descriptor([['generic_key', 'a']], 5), descriptor([['user', 'u']], 3)],
    },
    { virtualHosts: limited([key('a'), byHeader]), request: get(['x-user: u']), later: [] },
  ),
  'a descriptor of two entries': limit(
    {
      ...bucket(10),
      descriptors: [
        descriptor(
          [
            ['generic_key', 'a'],
            ['user', 'u'],
          ],
          0,
        ),
      ],
    },
    {
      virtualHosts: limited([
        {
          actions: [
            { generic_key: { descriptor_value: 'a' } },
            { request_headers: { header_name: 'x-user', descriptor_key: 'user' } },
          ],
        },
      ]),
      request: get(['x-user: u']),
    },
  ),
  'any value': limit(
    { ...bucket(10), descriptors: [descriptor([['user', '']], 1)] },
    {
      virtualHosts: limited([byHeader]),
      request: get(['x-user: u']),
      later: [
        [150, get(['x-user: v'])],
        [300, get(['x-user: u'])],
      ],
    },
  ),
  'the shared bucket is spared': limit(
    {
      ...bucket(0),
      always_consume_default_token_bucket: false,
      descriptors: [descriptor([['generic_key', 'a']], 1)],
    },
    { virtualHosts: limited([key('a')]) },
  ),
  'limits of the virtual host': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'v']], 1)] },
    { virtualHosts: hosts({}, { rate_limits: [key('v')] }) },
  ),
  'limits of the virtual host, overridden': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'v']], 1)] },
    { virtualHosts: hosts({}, { rate_limits: [key('v')] }, { rate_limits: [key('a')] }) },
  ),
  'limits of the virtual host, included': limit(
    { ...bucket(10), vh_rate_limits: 'INCLUDE', descriptors: [descriptor([['generic_key', 'v']], 1)] },
    { virtualHosts: hosts({}, { rate_limits: [key('v')] }, { rate_limits: [key('a')] }) },
  ),
  'limits of the virtual host, ignored': limit(
    { ...bucket(10), vh_rate_limits: 'IGNORE', descriptors: [descriptor([['generic_key', 'v']], 1)] },
    { virtualHosts: hosts({}, { rate_limits: [key('v')] }) },
  ),
  'another stage': limit(
    { ...bucket(10), stage: 1, descriptors: [descriptor([['generic_key', 'a']], 1)] },
    { virtualHosts: limited([key('a')]) },
  ),
  'rate limits of the filter': limit({
    ...bucket(10),
    rate_limits: [key('f')],
    descriptors: [descriptor([['generic_key', 'f']], 1)],
  }),
  hits: limit({
    ...bucket(10),
    rate_limits: [{ ...key('f'), hits_addend: { number: 3 } }],
    descriptors: [descriptor([['generic_key', 'f']], 5)],
  }),
  'hits of a header': limit(
    {
      ...bucket(10),
      rate_limits: [{ ...key('f'), hits_addend: { format: '%REQ(x-hits)%' } }],
      descriptors: [descriptor([['generic_key', 'f']], 5)],
    },
    { request: get(['x-hits: 6']) },
  ),
  'per connection': limit({ ...bucket(1), local_rate_limit_per_downstream_connection: true }),
  'of the route': limit(bucket(10), {
    virtualHosts: hosts(
      perRoute('local_ratelimit.v3.LocalRateLimit', {
        stat_prefix: 'PREFIX_limit_route',
        ...enforced,
        ...bucket(1),
      }),
    ),
  }),
  'remote address': limit(
    { ...bucket(10), descriptors: [descriptor([['remote_address', '127.0.0.1']], 1)] },
    { virtualHosts: limited([{ actions: [{ remote_address: {} }] }]) },
  ),
  'masked remote address': limit(
    { ...bucket(10), descriptors: [descriptor([['masked_remote_address', '127.0.0.0/8']], 1)] },
    { virtualHosts: limited([{ actions: [{ masked_remote_address: { v4_prefix_mask_len: 8 } }] }]) },
  ),
  clusters: limit(
    {
      ...bucket(10),
      descriptors: [
        descriptor(
          [
            ['source_cluster', 'cluster'],
            ['destination_cluster', 'CLUSTER'],
          ],
          1,
        ),
      ],
    },
    { virtualHosts: limited([{ actions: [{ source_cluster: {} }, { destination_cluster: {} }] }]) },
  ),
  'header match': limit(
    { ...bucket(10), descriptors: [descriptor([['header_match', 'm']], 1)] },
    {
      virtualHosts: limited([
        {
          actions: [
            {
              header_value_match: { descriptor_value: 'm', headers: [{ name: 'host', present_match: true }] },
            },
          ],
        },
      ]),
    },
  ),
  'header match, not expected': limit(
    { ...bucket(10), descriptors: [descriptor([['k', 'm']], 1)] },
    {
      virtualHosts: limited([
        {
          actions: [
            {
              header_value_match: {
                descriptor_key: 'k',
                descriptor_value: 'm',
                expect_match: false,
                headers: [{ name: 'x-none', present_match: true }],
              },
            },
          ],
        },
      ]),
    },
  ),
  'query parameters': limit(
    {
      ...bucket(10),
      descriptors: [
        descriptor(
          [
            ['q', '1'],
            ['query_match', 'm'],
          ],
          1,
        ),
      ],
    },
    {
      request: get([], '/x?a=1&b=2'),
      later: [[150, get([], '/x?a=1&b=2')]],
      virtualHosts: limited([
        {
          actions: [
            { query_parameters: { query_parameter_name: 'a', descriptor_key: 'q' } },
            {
              query_parameter_value_match: {
                descriptor_value: 'm',
                query_parameters: [{ name: 'b', string_match: { exact: '2' } }],
              },
            },
          ],
        },
      ]),
    },
  ),
  'skipped header': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'a']], 1)] },
    {
      virtualHosts: limited([
        {
          actions: [
            { request_headers: { header_name: 'x-none', descriptor_key: 'n', skip_if_absent: true } },
            { generic_key: { descriptor_value: 'a' } },
          ],
        },
      ]),
    },
  ),
  'missing header': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'a']], 1)] },
    {
      virtualHosts: limited([
        {
          actions: [
            { request_headers: { header_name: 'x-none', descriptor_key: 'n' } },
            { generic_key: { descriptor_value: 'a' } },
          ],
        },
      ]),
    },
  ),
  'a value of the request': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'a-HTTP/1.1']], 1)] },
    { virtualHosts: limited([key('%REQ(host)%-%PROTOCOL%')]) },
  ),
  'a value that looks like a format': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'x-u']], 1)] },
    {
      virtualHosts: limited([key('x-%REQ(x-user)%')]),
      request: get(['x-user: u']),
      later: [[150, get(['x-user: u'])]],
    },
  ),
  'a value with percent signs': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', '%']], 1)] },
    { virtualHosts: limited([key('%%')]), request: get(['x-user: u']), later: [[150, get(['x-user: u'])]] },
  ),
  'no value, a default': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', 'dd']], 1)] },
    {
      virtualHosts: limited([
        { actions: [{ generic_key: { descriptor_value: '%REQ(x-none)%', default_value: 'dd' } }] },
      ]),
    },
  ),
  'no value, no default': limit(
    { ...bucket(10), descriptors: [descriptor([['generic_key', '-']], 1)] },
    { virtualHosts: limited([key('%REQ(x-none)%')]) },
  ),
  'remote address match': limit(
    { ...bucket(10), descriptors: [descriptor([['remote_address_match', 'm']], 1)] },
    {
      virtualHosts: limited([
        {
          actions: [
            {
              remote_address_match: {
                descriptor_value: 'm',
                address_matcher: { ranges: [{ address_prefix: '127.0.0.0', prefix_len: 8 }] },
              },
            },
          ],
        },
      ]),
    },
  ),
};

// ---- rbac

const any = [{ any: true }];
const rules = (policies: Json, action = 'ALLOW'): Json => ({ rules: { action, policies } });
const rbac = (config: Json, more: Partial<DifferentialCase> = {}) => ({
  request: get(['x-u: 1', 'x-u: 2'], '/a/b?c=d'),
  filters: [filter('rbac.v3.RBAC', config)],
  stats: 'http.PREFIX.rbac',
  ...more,
});
const permission = (one: Json): Json => rules({ p: { permissions: [one], principals: any } });
const principal = (one: Json): Json => rules({ p: { permissions: any, principals: [one] } });
const metadataLog =
  '%DYNAMIC_METADATA(envoy.filters.http.rbac)% %DYNAMIC_METADATA(envoy.common)% %RESPONSE_CODE_DETAILS%';
const cidr = (address_prefix: string, prefix_len: number): Json => ({ address_prefix, prefix_len });
const rbacCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  allowed: rbac(rules({ p: { permissions: any, principals: any } })),
  denied: rbac(rules({ 'my policy': { permissions: any, principals: any } }, 'DENY'), {
    logFormat: metadataLog,
  }),
  'nothing fits': rbac(permission({ header: { name: 'x-none', present_match: true } }), {
    logFormat: metadataLog,
  }),
  'no policies, allow': rbac({ rules: { action: 'ALLOW' } }),
  'no policies, deny': rbac({ rules: { action: 'DENY' } }),
  'no rules': rbac({}),
  logged: rbac(rules({ p: { permissions: any, principals: any } }, 'LOG'), { logFormat: metadataLog }),
  'not logged': rbac(
    rules(
      { p: { permissions: [{ header: { name: 'x-none', present_match: true } }], principals: any } },
      'LOG',
    ),
    { logFormat: metadataLog },
  ),
  gRPC: rbac({ rules: {} }, { request: get(grpc) }),
  shadow: rbac(
    {
      ...permission({ any: true }),
      shadow_rules: { action: 'DENY', policies: { s: { permissions: any, principals: any } } },
    },
    { logFormat: metadataLog },
  ),
  prefixes: rbac(
    {
      ...permission({ any: true }),
      rules_stat_prefix: 'rp',
      shadow_rules_stat_prefix: 'sp_',
      shadow_rules: { action: 'DENY', policies: { s: { permissions: any, principals: any } } },
    },
    { logFormat: metadataLog },
  ),
  'counted by policy': rbac({
    ...permission({ any: true }),
    track_per_rule_stats: true,
    shadow_rules: { action: 'DENY', policies: { s: { permissions: any, principals: any } } },
  }),
  'counted by policy, with prefixes': rbac({
    ...permission({ any: true }),
    rules_stat_prefix: 'rp.',
    shadow_rules_stat_prefix: 'sp',
    track_per_rule_stats: true,
    shadow_rules: { action: 'DENY', policies: { s: { permissions: any, principals: any } } },
  }),
  'the first by name': rbac(
    rules({ z: { permissions: any, principals: any }, b: { permissions: any, principals: any } }, 'DENY'),
  ),
  'off on the route': rbac({ rules: {} }, { virtualHosts: hosts(perRoute('rbac.v3.RBACPerRoute')) }),
  'others on the route': rbac(permission({ any: true }), {
    virtualHosts: hosts(perRoute('rbac.v3.RBACPerRoute', { rbac: { rules: {} } })),
  }),
  'others on the virtual host': rbac(permission({ any: true }), {
    virtualHosts: hosts(
      {},
      perRoute('rbac.v3.RBACPerRoute', { rbac: { rules: {}, rules_stat_prefix: 'r' } }),
    ),
    logFormat: metadataLog,
  }),
  header: rbac(permission({ header: { name: 'x-u', string_match: { exact: '2' } } })),
  'repeated header': rbac(permission({ header: { name: 'x-u', string_match: { exact: '1,2' } } })),
  'repeated header, inverted': rbac(
    permission({ header: { name: 'x-u', string_match: { exact: '1' }, invert_match: true } }),
  ),
  'header deny, repeated': rbac(
    rules(
      { p: { permissions: [{ header: { name: 'x-u', string_match: { exact: '2' } } }], principals: any } },
      'DENY',
    ),
  ),
  method: rbac(permission({ header: { name: ':method', string_match: { exact: 'GET' } } })),
  host: rbac(permission({ header: { name: ':authority', string_match: { exact: 'a' } } })),
  path: rbac(permission({ url_path: { path: { exact: '/a/b' } } })),
  'path with query': rbac(permission({ url_path: { path: { exact: '/a/b?c=d' } } })),
  'header :path': rbac(permission({ header: { name: ':path', string_match: { exact: '/a/b?c=d' } } })),
  'destination port': rbac(permission({ destination_port: 1 })),
  'destination port range': rbac(permission({ destination_port_range: { start: 1024, end: 65535 } })),
  'destination ip': rbac(permission({ destination_ip: cidr('127.0.0.0', 8) })),
  'destination ip, other': rbac(permission({ destination_ip: cidr('10.0.0.0', 8) })),
  'server name': rbac(permission({ requested_server_name: { exact: 'a' } })),
  'server name, none': rbac(permission({ requested_server_name: { exact: '' } })),
  and: rbac(permission({ and_rules: { rules: [{ any: true }, { url_path: { path: { prefix: '/a' } } }] } })),
  'and, not': rbac(
    permission({
      and_rules: { rules: [{ any: true }, { not_rule: { url_path: { path: { prefix: '/a' } } } }] },
    }),
  ),
  or: rbac(permission({ or_rules: { rules: [{ destination_port: 1 }, { any: true }] } })),
  'remote ip': rbac(principal({ remote_ip: cidr('127.0.0.1', 32) })),
  'remote ip of x-forwarded-for': rbac(principal({ remote_ip: cidr('9.9.9.9', 32) }), {
    request: get(['x-forwarded-for: 9.9.9.9']),
    manager: { use_remote_address: true, xff_num_trusted_hops: 1 },
  }),
  'direct remote ip': rbac(principal({ direct_remote_ip: cidr('127.0.0.1', 32) })),
  'source ip': rbac(principal({ source_ip: cidr('127.0.0.1', 32) })),
  'source ip with x-forwarded-for': rbac(principal({ source_ip: cidr('9.9.9.9', 32) }), {
    request: get(['x-forwarded-for: 9.9.9.9']),
    manager: { use_remote_address: true, xff_num_trusted_hops: 1 },
  }),
  authenticated: rbac(principal({ authenticated: {} })),
  'not authenticated': rbac(principal({ not_id: { authenticated: { principal_name: { exact: 'a' } } } })),
  'principal header': rbac(principal({ header: { name: 'x-u', string_match: { prefix: '1' } } })),
  'principals or': rbac(
    principal({ or_ids: { ids: [{ authenticated: {} }, { url_path: { path: { prefix: '/a' } } }] } }),
  ),
  'principals and': rbac(principal({ and_ids: { ids: [{ any: true }, { authenticated: {} }] } })),
  metadata: rbac(
    permission({
      metadata: {
        filter: 'envoy.filters.http.fault',
        path: [{ key: 'a' }, { key: 'b' }],
        value: { double_match: { exact: 1 } },
      },
    }),
    {
      filters: [
        filter('fault.v3.HTTPFault', {
          delay: { ...all, fixed_delay: '0.001s' },
          filter_metadata: { a: { b: 1, c: ['x', 'y'], n: null, t: true } },
        }),
        filter(
          'rbac.v3.RBAC',
          permission({
            and_rules: {
              rules: [
                ['b', { double_match: { exact: 1 } }],
                ['b', { double_match: { range: { start: 1, end: 2 } } }],
                ['c', { list_match: { one_of: { string_match: { exact: 'y' } } } }],
                ['n', { null_match: {} }],
                ['t', { bool_match: true }],
                ['b', { present_match: true }],
                ['b', { or_match: { value_matchers: [{ bool_match: true }, { present_match: true }] } }],
              ].map(([last, value]) => ({
                metadata: { filter: 'envoy.filters.http.fault', path: [{ key: 'a' }, { key: last }], value },
              })),
            },
          }),
        ),
      ],
    },
  ),
  'absent metadata': rbac(
    permission({ metadata: { filter: 'x', path: [{ key: 'a' }], value: { present_match: false } } }),
  ),
  'absent metadata, inverted': rbac(
    permission({
      metadata: { filter: 'x', path: [{ key: 'a' }], value: { string_match: { exact: 'a' } }, invert: true },
    }),
  ),
  'sourced metadata': rbac(
    permission({
      sourced_metadata: {
        metadata_matcher: { filter: 'x', path: [{ key: 'a' }], value: { present_match: true } },
      },
    }),
  ),
};

// ---- csrf

const csrfOn = { filter_enabled: { default_value: percent(100) } };
const csrf = (config: Json, request: string, more: Partial<DifferentialCase> = {}) => ({
  request,
  filters: [filter('csrf.v3.CsrfPolicy', { ...csrfOn, ...config })],
  stats: 'http.PREFIX.csrf',
  ...more,
});
const change = (headers: readonly string[], method = 'PUT') =>
  get([...headers, 'content-length: 0'], '/x', method);
const csrfCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  'same origin': csrf({}, change(['Origin: http://a'])),
  'other origin': csrf({}, change(['Origin: http://b'])),
  'no origin': csrf({}, change([])),
  'no scheme': csrf({}, change(['Origin: a'])),
  'null origin': csrf({}, change(['Origin: null'])),
  'other port': csrf({}, change(['Origin: http://a:81'])),
  'port of the scheme': csrf({}, change(['Origin: http://a:80'])),
  https: csrf({}, change(['Origin: https://a'])),
  'upper case': csrf({}, change(['Origin: HTTP://A'])),
  user: csrf({}, change(['Origin: http://u@a'])),
  referer: csrf({}, change(['Referer: http://a/path?q'])),
  'other referer': csrf({}, change(['Referer: http://b/a'])),
  'origin before referer': csrf({}, change(['Origin: http://b', 'Referer: http://a/'])),
  'empty origin, referer': csrf({}, change(['Origin:', 'Referer: http://a/'])),
  PATCH: csrf({}, change(['Origin: http://b'], 'PATCH')),
  DELETE: csrf({}, change(['Origin: http://b'], 'DELETE')),
  GET: csrf({}, get(['Origin: http://b'])),
  OPTIONS: csrf({}, get(['Origin: http://b'], '/x', 'OPTIONS')),
  'additional origins': csrf({ additional_origins: [{ suffix: 'b' }] }, change(['Origin: http://b'])),
  'additional origins, others': csrf(
    { additional_origins: [{ exact: 'http://b' }] },
    change(['Origin: http://b']),
  ),
  shadow: csrf(
    { filter_enabled: { default_value: percent(0) }, shadow_enabled: { default_value: percent(100) } },
    change(['Origin: http://b']),
  ),
  off: csrf({ filter_enabled: { default_value: percent(0) } }, change(['Origin: http://b'])),
  'of the route': csrf({}, change(['Origin: http://b']), {
    virtualHosts: hosts(perRoute('csrf.v3.CsrfPolicy', { filter_enabled: { default_value: percent(0) } })),
  }),
};

// ---- gRPC-Web

const trailersOn = {
  manager: { http_protocol_options: { enable_trailers: true } },
  cluster: {
    typed_extension_protocol_options: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicit_http_config: { http_protocol_options: { enable_trailers: true } },
      },
    },
  },
};
const chunk = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n`;
const grpcAnswer = (body: readonly string[], trailers: readonly string[]): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ntransfer-encoding: chunked\r\n\r\n${body.map(chunk).join('')}0\r\n${trailers.map((one) => `${one}\r\n`).join('')}\r\n`;
const frame = (text: string): string => `\0\0\0\0${String.fromCharCode(text.length)}${text}`;
const web = (body: string, type = 'application/grpc-web', more: readonly string[] = []) =>
  post(body, [`content-type: ${type}`, ...more]).replace('/x', '/pkg.Service/Method');
const encoded = Buffer.from(frame('hello'), 'latin1').toString('base64');
const grpcWeb = (request: string, more: Partial<DifferentialCase> = {}) => ({
  request,
  filters: [filter('grpc_web.v3.GrpcWeb')],
  // Frames begin with octets of zero.
  answerIsWhole: true,
  answer: grpcAnswer([frame('world')], ['grpc-status: 0', 'grpc-message: fine', 'x-t: 1']),
  ...trailersOn,
  ...more,
});
const grpcWebCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  binary: grpcWeb(web(frame('hello'))),
  'binary proto': grpcWeb(web(frame('hello'), 'application/grpc-web+proto')),
  'json is none of it': grpcWeb(web(frame('hello'), 'application/grpc-web+json')),
  'with a charset': grpcWeb(web(frame('hello'), 'application/grpc-web; charset=utf-8')),
  text: grpcWeb(web(encoded, 'application/grpc-web-text')),
  'text, both ways': grpcWeb(
    web(encoded, 'application/grpc-web-text', ['accept: application/grpc-web-text']),
  ),
  'text, both ways, in pieces': grpcWeb(
    web(encoded, 'application/grpc-web-text+proto', ['accept: application/grpc-web-text+proto']),
    { answer: grpcAnswer(['\0\0\0', '\0\x05wor', `ld${frame('again')}`], ['grpc-status: 0']) },
  ),
  'binary, text back': grpcWeb(
    web(frame('hello'), 'application/grpc-web', ['accept: application/grpc-web-text']),
  ),
  'text in pieces': grpcWeb(web(encoded, 'application/grpc-web-text').slice(0, -5), {
    later: [[100, encoded.slice(-5)]],
  }),
  'bad base64': grpcWeb(web('****', 'application/grpc-web-text')),
  'bad length of base64': grpcWeb(web('abcde', 'application/grpc-web-text')),
  'plain gRPC': grpcWeb(web(frame('hello'), 'application/grpc')),
  'no request body': grpcWeb(get(['content-type: application/grpc-web'])),
  'trailers only': grpcWeb(web(frame('hello')), {
    answer:
      'HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: 5\r\ngrpc-message: no\r\ncontent-length: 0\r\n\r\n',
  }),
  'a foreign answer': grpcWeb(web(frame('hello')), {
    answer: 'HTTP/1.1 503 No\r\ncontent-type: text/plain\r\ncontent-length: 9\r\n\r\nbad%\r\n\x01\xe9x',
  }),
  'a foreign answer in pieces': grpcWeb(web(frame('hello')), {
    answer: 'HTTP/1.1 404 No\r\ncontent-type: text/plain\r\ncontent-length: 6\r\n\r\nabc\0def',
    answerIsWhole: false,
    answerPauseMs: 100,
  }),
  'a foreign answer without body': grpcWeb(web(frame('hello')), {
    answer: 'HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n',
  }),
  'an answer that is gRPC-Web': grpcWeb(web(frame('hello')), {
    answer: 'HTTP/1.1 200 OK\r\ncontent-type: application/grpc-web+proto\r\ncontent-length: 2\r\n\r\nab',
  }),
  'local reply': grpcWeb(web(frame('hello')), { refused: true }),
  'no route': grpcWeb(web(frame('hello')), { virtualHosts: [{ name: 'v', domains: ['b'] }] }),
  'refused before': grpcWeb(web(frame('hello')), {
    filters: [filter('rbac.v3.RBAC', { rules: {} }), filter('grpc_web.v3.GrpcWeb')],
  }),
  'refused after': grpcWeb(web(frame('hello')), {
    filters: [filter('grpc_web.v3.GrpcWeb'), filter('rbac.v3.RBAC', { rules: {} })],
  }),
  'with cors': grpcWeb(web(frame('hello'), 'application/grpc-web', ['origin: https://a.example']), {
    filters: [filter('grpc_web.v3.GrpcWeb'), filter('cors.v3.Cors')],
    virtualHosts: hosts({}, perRoute('cors.v3.CorsPolicy', policy)),
  }),
};

// ---- set metadata

const setMetadata = (config: Json, logFormat: string) => ({
  request: get(),
  filters: [filter('set_metadata.v3.Config', config)],
  stats: 'http.PREFIX.set_metadata',
  logFormat,
});
const setMetadataCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  'values of all kinds': setMetadata(
    {
      metadata: [
        {
          metadata_namespace: 'n',
          value: { z: 1, a: 'x', t: true, l: [1, 'y', { c: 1, b: 2 }], o: { p: 5 }, u: null },
        },
      ],
    },
    '%DYNAMIC_METADATA(n)% %DYNAMIC_METADATA(n:z)% %DYNAMIC_METADATA(n:a)% %DYNAMIC_METADATA(n:t)% %DYNAMIC_METADATA(n:l)% %DYNAMIC_METADATA(n:o:p)% %DYNAMIC_METADATA(n:u)% %DYNAMIC_METADATA(n:none)% %DYNAMIC_METADATA(none)% %DYNAMIC_METADATA(n:a):1%',
  ),
  'the older fields': setMetadata({ metadata_namespace: 'n', value: { a: 'x' } }, '%DYNAMIC_METADATA(n)%'),
  'not overwritten': setMetadata(
    {
      metadata: [
        { metadata_namespace: 'n', value: { a: 1, o: { x: 1 } } },
        { metadata_namespace: 'n', value: { a: 2, b: 3 } },
        { metadata_namespace: 'm', value: { a: 2, b: 3 } },
      ],
    },
    '%DYNAMIC_METADATA(n)% %DYNAMIC_METADATA(m)%',
  ),
  overwritten: setMetadata(
    {
      metadata: [
        { metadata_namespace: 'n', value: { a: 1, o: { x: 1 }, l: [1] } },
        { metadata_namespace: 'n', value: { a: 2, b: 3, o: { y: 2 }, l: [2] }, allow_overwrite: true },
      ],
    },
    '%DYNAMIC_METADATA(n)%',
  ),
};

// ---- header to metadata

const ns = 'envoy.filters.http.header_to_metadata';
const toMetadata = (rule: Json, headers: readonly string[], more: Partial<DifferentialCase> = {}) => ({
  request: get(headers),
  filters: [filter('header_to_metadata.v3.Config', { request_rules: [rule] })],
  logFormat: `%DYNAMIC_METADATA(${ns})% %DYNAMIC_METADATA(n)%`,
  ...more,
});
const headerToMetadataCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  'a header': toMetadata({ header: 'X-A', on_header_present: { key: 'k' } }, ['x-a: v']),
  'its own namespace': toMetadata(
    { header: 'x-a', on_header_present: { metadata_namespace: 'n', key: 'k' } },
    ['x-a: v'],
  ),
  'a repeated header': toMetadata({ header: 'x-a', on_header_present: { key: 'k' } }, ['x-a: v', 'x-a: w']),
  'an empty header': toMetadata({ header: 'x-a', on_header_present: { key: 'k' } }, ['x-a:']),
  'another value': toMetadata({ header: 'x-a', on_header_present: { key: 'k', value: 'w' } }, ['x-a: v']),
  removed: toMetadata({ header: 'x-a', on_header_present: { key: 'k' }, remove: true }, ['x-a: v', 'x-a: w']),
  missing: toMetadata({ header: 'x-a', on_header_missing: { key: 'k', value: 'none' } }, []),
  'missing, and there': toMetadata({ header: 'x-a', on_header_missing: { key: 'k', value: 'none' } }, [
    'x-a: v',
  ]),
  rewritten: toMetadata(
    {
      header: 'x-a',
      on_header_present: {
        key: 'k',
        regex_value_rewrite: { pattern: { regex: '^(\\w+)-(\\w+)$' }, substitution: '\\2/\\1' },
      },
    },
    ['x-a: one-two'],
  ),
  'a number': toMetadata({ header: 'x-a', on_header_present: { key: 'k', type: 'NUMBER' } }, ['x-a: 42']),
  'a number with a fraction': toMetadata({ header: 'x-a', on_header_present: { key: 'k', type: 'NUMBER' } }, [
    'x-a: 1.5',
  ]),
  'no number': toMetadata({ header: 'x-a', on_header_present: { key: 'k', type: 'NUMBER' } }, ['x-a: 4x']),
  base64: toMetadata({ header: 'x-a', on_header_present: { key: 'k', encode: 'BASE64' } }, ['x-a: aGVsbG8=']),
  'bad base64': toMetadata({ header: 'x-a', on_header_present: { key: 'k', encode: 'BASE64' } }, [
    'x-a: ****',
  ]),
  'a cookie': toMetadata({ cookie: 'c', on_header_present: { key: 'k' } }, ['cookie: a=1; c=2; d=3']),
  'a quoted cookie': toMetadata({ cookie: 'c', on_header_present: { key: 'k' } }, ['cookie: c="2"']),
  'no cookie': toMetadata({ cookie: 'c', on_header_missing: { key: 'k', value: 'none' } }, ['cookie: a=1']),
  'pseudo header': toMetadata({ header: ':path', on_header_present: { key: 'k' } }, []),
  host: toMetadata({ header: 'host', on_header_present: { key: 'k' } }, []),
  'of a response': toMetadata({}, [], {
    filters: [
      filter('header_to_metadata.v3.Config', {
        response_rules: [{ header: 'x-b', on_header_present: { key: 'k' }, remove: true }],
      }),
    ],
    answer: 'HTTP/1.1 200 OK\r\nx-b: v\r\ncontent-length: 0\r\n\r\n',
  }),
  'of the route': toMetadata({ header: 'x-a', on_header_present: { key: 'k' } }, ['x-a: v'], {
    virtualHosts: hosts(
      perRoute('header_to_metadata.v3.Config', {
        request_rules: [{ header: 'x-a', on_header_present: { metadata_namespace: 'n', key: 'r' } }],
      }),
    ),
  }),
};

// ---- gRPC over HTTP/1.1

const bridged = (answer: string, more: Partial<DifferentialCase> = {}): Omit<DifferentialCase, 'id'> => ({
  ...grpcWeb(web(frame('hello'), 'application/grpc'), { answer }),
  filters: [filter('grpc_http1_bridge.v3.Config')],
  ...more,
});
const call = (path: string, type = 'application/grpc'): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\ncontent-type: ${type}\r\ncontent-length: 2\r\n\r\nab`;
const bridgeCases: Record<string, Omit<DifferentialCase, 'id'>> = {
  fine: bridged(grpcAnswer([frame('hello')], ['grpc-status: 0'])),
  'fine, of a method': bridged(grpcAnswer([frame('hello')], ['grpc-status: 0']), {
    request: call('/p.S/M?q=1'),
  }),
  'fine, in pieces': bridged(grpcAnswer([frame('hello'), frame('again')], ['grpc-status: 0', 'x-more: 1'])),
  failed: bridged(grpcAnswer([frame('hello')], ['grpc-status: 5', 'grpc-message: not there']), {
    request: call('/p.S/M'),
  }),
  'no number': bridged(grpcAnswer([''], ['grpc-status: x']), { request: call('/p.S/M') }),
  'no status': bridged(grpcAnswer([frame('hello')], ['x-more: 1']), { request: call('/p.S/M') }),
  'no trailers': bridged('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello'),
  'a status of several zeros': bridged(grpcAnswer([''], ['grpc-status: 00'])),
  'trailers only': bridged(
    'HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: 5\r\ncontent-length: 0\r\n\r\n',
    { request: call('/p.S/M') },
  ),
  'no gRPC': bridged(grpcAnswer([frame('hello')], ['grpc-status: 0']), {
    request: call('/p.S/M', 'application/json'),
  }),
  'a path that is no method': bridged(grpcAnswer([frame('hello')], ['grpc-status: 0']), {
    request: call('/p.S/M/x'),
  }),
  'local reply': bridged('', { refused: true, request: call('/p.S/M') }),
};

export function withIds(
  group: string,
  cases: Record<string, Omit<DifferentialCase, 'id'>>,
): DifferentialCase[] {
  return Object.entries(cases).map(([id, one]) => ({ id: `${group}: ${id}`, ...one }));
}

export const filterCases: Readonly<Record<string, readonly DifferentialCase[]>> = {
  cors: withIds('cors', corsCases),
  buffer: withIds('buffer', bufferCases),
  header_mutation: withIds('header mutation', mutationCases),
  fault: withIds('fault', faultCases),
  health_check: withIds('health check', healthCheckCases),
  local_ratelimit: withIds('local rate limit', localRatelimitCases),
  rbac: withIds('rbac', rbacCases),
  compressor: withIds('compressor', compressorCases),
  decompressor: withIds('decompressor', decompressorCases),
  csrf: withIds('csrf', csrfCases),
  header_to_metadata: withIds('header to metadata', headerToMetadataCases),
  local_reply: withIds('local reply', localReplyCases),
  log_filters: withIds('log filter', logFilterCases),
  operators: withIds('operator', operatorCases),
  ext_authz: withIds('ext authz', extAuthzCases),
  jwt_authn: withIds('jwt', jwtCases),
  grpc_http1_bridge: withIds('gRPC over HTTP/1.1', bridgeCases),
  grpc_web: withIds('gRPC-Web', grpcWebCases),
  set_metadata: withIds('set metadata', setMetadataCases),
};
