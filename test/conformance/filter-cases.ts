/**
 * Cases of `filters-parity`, by filter.
 */
import type { DifferentialCase } from './differential.js';

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

function withIds(group: string, cases: Record<string, Omit<DifferentialCase, 'id'>>): DifferentialCase[] {
  return Object.entries(cases).map(([id, one]) => ({ id: `${group}: ${id}`, ...one }));
}

export const filterCases: Readonly<Record<string, readonly DifferentialCase[]>> = {
  cors: withIds('cors', corsCases),
  buffer: withIds('buffer', bufferCases),
  header_mutation: withIds('header mutation', mutationCases),
  fault: withIds('fault', faultCases),
  health_check: withIds('health check', healthCheckCases),
};
