/**
 * Requests and configurations that try the connection manager and the router: headers both ways, local replies, paths,
 * redirects, retries, time-outs, upgrades. What real Envoy answers is not written here: it is asked.
 */
import type { DifferentialCase } from './differential.js';
import { resetCases } from './reset-cases.js';

type Json = Record<string, unknown>;

const plain =
  'GET /plain/a?q=1 HTTP/1.1\r\nHost: a.example\r\nUser-Agent: t/1\r\nX-Req: 1\r\nX-Rm: 1\r\n\r\n';

/** Everything that a proxy may believe, remove or pass on. */
const crowded = [
  'GET /full?q=1 HTTP/1.1',
  'Host: a.example:8080',
  'User-Agent: t/1',
  'X-Forwarded-For: 1.2.3.4, 5.6.7.8',
  'X-Forwarded-Proto: https',
  'X-Forwarded-Host: fh',
  'X-Forwarded-Port: 77',
  'Forwarded: for=1.1.1.1',
  'X-Request-Id: abc',
  'Via: 1.0 c',
  'X-Envoy-Retry-On: 5xx',
  'X-Envoy-Max-Retries: 2',
  'X-Envoy-Upstream-Rq-Timeout-Ms: 250',
  'X-Envoy-Internal: true',
  'X-Envoy-External-Address: 6.6.6.6',
  'X-Envoy-Original-Path: /o',
  'X-Envoy-Original-Host: oh',
  'X-Envoy-Decorator-Operation: op',
  'X-Envoy-Downstream-Service-Cluster: c',
  'X-Envoy-Downstream-Service-Node: n',
  'X-Envoy-Expected-Rq-Timeout-Ms: 9',
  'X-Envoy-Attempt-Count: 7',
  'X-Envoy-Force-Trace: true',
  'X-Envoy-Ip-Tags: t',
  'X-Forwarded-Client-Cert: By=x',
  'X-Envoy-Foo: keep',
  'Referer: notaurl',
  '',
  '',
].join('\r\n');

const crowdedAnswer = [
  'HTTP/1.1 200 OK',
  'Server: backend/1',
  'Content-Type: text/plain',
  'X-B: 1',
  'X-B: 2',
  'x-b3: rm',
  'Connection: x-hop, keep-alive',
  'X-Hop: h',
  'Keep-Alive: timeout=5',
  'Proxy-Connection: keep-alive',
  'Via: 1.1 b',
  'X-Envoy-Upstream-Service-Time: 999',
  'X-Envoy-Attempt-Count: 9',
  'X-Request-Id: back',
  'Set-Cookie: a=1',
  'Set-Cookie: b=2',
  'Content-Length: 2',
  '',
  'ok',
].join('\r\n');

function range(address_prefix: string, prefix_len: number): Json {
  return { address_prefix, prefix_len };
}

const loopbackIsInternal = {
  use_remote_address: true,
  internal_address_config: { cidr_ranges: [range('127.0.0.0', 8)] },
};

const managers: Readonly<Record<string, Json>> = {
  default: {},
  remote: { use_remote_address: true },
  hops1: { xff_num_trusted_hops: 1 },
  hops5: { xff_num_trusted_hops: 5 },
  'remote-hops1': { use_remote_address: true, xff_num_trusted_hops: 1 },
  'remote-hops2': { use_remote_address: true, xff_num_trusted_hops: 2 },
  'remote-hops5': { use_remote_address: true, xff_num_trusted_hops: 5 },
  'remote-internal': loopbackIsInternal,
  'internal-by-xff': { internal_address_config: { cidr_ranges: [range('1.2.3.0', 24)] } },
  'remote-skip-xff': { use_remote_address: true, skip_xff_append: true },
  'preserve-id': { use_remote_address: true, preserve_external_request_id: true },
  'no-id': { generate_request_id: false },
  'always-id': { always_set_request_id_in_response: true },
  'server-if-absent': { server_header_transformation: 'APPEND_IF_ABSENT' },
  'server-pass': { server_header_transformation: 'PASS_THROUGH' },
  'server-name': { server_name: 'my-edge' },
  via: { via: '1.1 edge' },
  'user-agent': { add_user_agent: true },
  port: { append_x_forwarded_port: true },
  'remote-port': { use_remote_address: true, append_x_forwarded_port: true },
  scheme: { scheme_header_transformation: { scheme_to_overwrite: 'https' } },
  'forward-cert': { forward_client_cert_details: 'ALWAYS_FORWARD_ONLY' },
  'all-at-once': {
    use_remote_address: true,
    via: '1.1 edge',
    add_user_agent: true,
    append_x_forwarded_port: true,
    always_set_request_id_in_response: true,
  },
};

function header(name: string, value: string): string {
  return `GET /x HTTP/1.1\r\nHost: a\r\n${name}: ${value}\r\n\r\n`;
}

const headerCases: DifferentialCase[] = Object.entries(managers).flatMap(([name, manager]) => [
  { id: `headers ${name} plain`, request: plain, manager },
  { id: `headers ${name} crowded`, request: crowded, answer: crowdedAnswer, manager },
]);

const singleHeaders: DifferentialCase[] = [
  ['xff-single', header('X-Forwarded-For', '1.2.3.4'), managers['internal-by-xff']],
  ['xff-single-default', header('X-Forwarded-For', '1.2.3.4'), {}],
  ['xff-port', header('X-Forwarded-For', '1.2.3.4:99'), managers['remote-hops1']],
  ['xff-garbage', header('X-Forwarded-For', 'nobody'), managers['remote-hops1']],
  ['xff-empty', header('X-Forwarded-For', ''), { use_remote_address: true }],
  ['xff-v6', header('X-Forwarded-For', '::1, 2001:db8::1'), managers['remote-hops1']],
  [
    'xff-twice',
    'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n\r\n',
    managers['remote-hops1'],
  ],
  ['xfp-garbage', header('X-Forwarded-Proto', 'gopher'), {}],
  ['xfp-upper', header('X-Forwarded-Proto', 'HTTPS'), {}],
  [
    'xfp-twice',
    'GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Proto: https\r\n\r\n',
    {},
  ],
  ['id-empty', header('X-Request-Id', ''), {}],
  ['id-twice', 'GET / HTTP/1.1\r\nHost: a\r\nX-Request-Id: 1\r\nX-Request-Id: 2\r\n\r\n', {}],
  ['te', header('TE', 'gzip;q=0.5, trailers'), {}],
  ['ua-empty', header('User-Agent', ''), { add_user_agent: true }],
  ['referer-relative', header('Referer', '/x/y'), {}],
  ['referer-bad', header('Referer', 'ht^tp://x'), {}],
  ['referer-fragment', header('Referer', 'http://x/#f'), {}],
  ['referer-userinfo', header('Referer', 'http://u:p@x/'), {}],
  ['referer-good', header('Referer', 'https://x.example:81/y?z=1'), {}],
  ['referer-nopath', header('Referer', 'http://x'), {}],
  ['referer-ftp', header('Referer', 'ftp://x/y'), {}],
  ['referer-twice', 'GET / HTTP/1.1\r\nHost: a\r\nReferer: http://x/\r\nReferer: http://y/\r\n\r\n', {}],
  ['internal-timeout', header('X-Envoy-Upstream-Rq-Timeout-Ms', '2000'), loopbackIsInternal],
  ['internal-per-try', header('X-Envoy-Upstream-Rq-Per-Try-Timeout-Ms', '700'), loopbackIsInternal],
  ['internal-expected', header('X-Envoy-Expected-Rq-Timeout-Ms', '700'), loopbackIsInternal],
].map(([id, request, manager]) => ({ id, request, manager }) as DifferentialCase);

const route = (action: Json, match: Json = { prefix: '/' }, more: Json = {}): Json[] => [
  { name: 'v', domains: ['*'], routes: [{ match, route: { cluster: 'CLUSTER', ...action }, ...more }] },
];
const add = (key: string, value: string, more: Json = {}): Json => ({ header: { key, value }, ...more });

const rewrites: Readonly<Record<string, Json>> = {
  'host-literal': { host_rewrite_literal: 'new.host' },
  'host-literal-xfh': { host_rewrite_literal: 'new.host', append_x_forwarded_host: true },
  'host-header': { host_rewrite_header: 'user-agent' },
  'host-header-absent': { host_rewrite_header: 'x-nope' },
  'host-regex': {
    host_rewrite_path_regex: { pattern: { regex: '^/(.+)/.+$' }, substitution: '\\1.svc' },
  },
  prefix: { prefix_rewrite: '/other' },
  regex: { regex_rewrite: { pattern: { regex: '^/plain/(.*)$' }, substitution: '/\\1/plain' } },
  'regex-no-match': { regex_rewrite: { pattern: { regex: 'nope' }, substitution: 'x' } },
  'timeout-0': { timeout: '0s' },
  'timeout-2': { timeout: '2s' },
  'per-try': { timeout: '2s', retry_policy: { retry_on: '5xx', per_try_timeout: '0.25s' } },
  'per-try-longer': { timeout: '2s', retry_policy: { retry_on: '5xx', per_try_timeout: '3s' } },
};

const routerCases: DifferentialCase[] = [
  ...Object.entries(rewrites).flatMap(([name, action]): DifferentialCase[] => [
    { id: `router ${name} plain`, request: plain, virtualHosts: route(action) },
    { id: `router ${name} crowded`, request: crowded, answer: crowdedAnswer, virtualHosts: route(action) },
    {
      id: `router ${name} suppressed`,
      request: plain,
      virtualHosts: route(action),
      router: { suppress_envoy_headers: true },
    },
  ]),
  {
    id: 'router suppressed crowded',
    request: crowded,
    answer: crowdedAnswer,
    router: { suppress_envoy_headers: true },
  },
  ...[plain, crowded].map(
    (request, at): DifferentialCase => ({
      id: `router attempt-count ${at}`,
      request,
      answer: crowdedAnswer,
      virtualHosts: [
        {
          ...route({ host_rewrite_literal: 'h', prefix_rewrite: '/p' })[0],
          include_request_attempt_count: true,
          include_attempt_count_in_response: true,
        },
      ],
    }),
  ),
  {
    id: 'router header mutations',
    request: plain,
    answer: crowdedAnswer,
    virtualHosts: [
      {
        ...route(
          {},
          { prefix: '/' },
          {
            request_headers_to_add: [add('x-route', 'route'), add('x-path', '%REQ(:PATH)%')],
            request_headers_to_remove: ['x-rm'],
            response_headers_to_add: [add('x-r', '%RESPONSE_CODE%'), add('server', 'mine')],
            response_headers_to_remove: ['x-b3'],
          },
        )[0],
        request_headers_to_add: [add('x-route', 'vhost')],
        response_headers_to_add: [add('x-vh', 'vh')],
      },
    ],
    routeConfig: { request_headers_to_add: [add('x-route', 'rc')] },
  },
  ...['refused', 'closed'].map(
    (kind): DifferentialCase => ({
      id: `router mutations of a local reply, ${kind}`,
      request: plain,
      refused: kind === 'refused',
      answers: [''],
      virtualHosts: [
        {
          ...route({}, { prefix: '/' }, { response_headers_to_add: [add('x-r', 'r')] })[0],
          include_attempt_count_in_response: true,
        },
      ],
    }),
  ),
];

const grpc = 'POST /s/M HTTP/1.1\r\nHost: a\r\nContent-Type: application/grpc\r\nContent-Length: 0\r\n\r\n';
const head = 'HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n';
const get = 'GET /x HTTP/1.1\r\nHost: a\r\n\r\n';
const post = 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi';

/** One situation as seen by a GET, a HEAD, a gRPC call and a POST. */
function eachKind(id: string, more: Omit<DifferentialCase, 'id' | 'request'>): DifferentialCase[] {
  return [
    { id: `${id}, GET`, request: get, ...more },
    { id: `${id}, HEAD`, request: head, ...more },
    { id: `${id}, gRPC`, request: grpc, ...more },
    { id: `${id}, POST`, request: post, ...more },
  ];
}

const empty: Json = { load_assignment: { cluster_name: 'none', endpoints: [] } };
const retry = (retry_on: string, more: Json = {}): Json[] =>
  route({ timeout: '5s', retry_policy: { retry_on, ...more } });
const unavailable = 'HTTP/1.1 503 Service Unavailable\r\ncontent-length: 2\r\n\r\nno';
const good = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const answerOf = (status: number, more = ''): string =>
  `HTTP/1.1 ${status} X\r\n${more}content-length: 2\r\n\r\nno`;

const direct = (status: number, body?: Json, more: Json = {}): Json[] => [
  {
    name: 'v',
    domains: ['*'],
    routes: [
      {
        match: { prefix: '/' },
        direct_response: { status, ...(body === undefined ? {} : { body }) },
        ...more,
      },
    ],
  },
];
const redirect = (action: Json, more: Json = {}): Json[] => [
  { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/rd' }, redirect: action, ...more }] },
];
const replyCases: DifferentialCase[] = [
  ...eachKind('no virtual host', { virtualHosts: [{ name: 'v', domains: ['other'], routes: [] }] }),
  ...eachKind('no route', { virtualHosts: route({}, { prefix: '/other' }) }),
  ...eachKind('cluster header absent', {
    virtualHosts: [
      { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, route: { cluster_header: 'x-c' } }] },
    ],
  }),
  ...eachKind('cluster unknown', {
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [
          {
            match: { prefix: '/' },
            route: { cluster: 'nope', cluster_not_found_response_code: 'NOT_FOUND' },
          },
        ],
      },
    ],
    routeConfig: { validate_clusters: false },
  }),
  ...eachKind('no host', { cluster: empty }),
  ...eachKind('refused', { refused: true }),
  ...eachKind('refused and retried', {
    refused: true,
    virtualHosts: retry('connect-failure', { num_retries: 2 }),
  }),
  ...eachKind('closed before the head', { answers: [''] }),
  ...eachKind('closed and retried', {
    answers: [''],
    virtualHosts: retry('reset'),
    router: { suppress_envoy_headers: true },
  }),
  ...eachKind('garbage', { answer: 'garbage\r\n\r\n' }),
  ...eachKind('half a head', { answer: 'HTTP/1.1 200 OK\r\nx: y', answerCloses: true }),
  ...eachKind('pending breaker', {
    cluster: { circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] } },
  }),
  ...eachKind('requests breaker', {
    cluster: { circuit_breakers: { thresholds: [{ max_requests: 0 }] } },
  }),
  {
    id: 'requests breaker, suppressed',
    request: get,
    cluster: { circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] } },
    router: { suppress_envoy_headers: true },
  },
  ...eachKind('route time-out', {
    answerAfterMs: 1500,
    virtualHosts: route({ timeout: '0.3s' }),
  }),
  ...eachKind('per-try time-out', {
    answerAfterMs: 1500,
    virtualHosts: route({ timeout: '1.2s', retry_policy: { retry_on: '5xx', per_try_timeout: '0.2s' } }),
  }),
  ...eachKind('per-try time-out, no retries', {
    answerAfterMs: 1500,
    virtualHosts: route({ timeout: '1.2s', retry_policy: { per_try_timeout: '0.2s' } }),
  }),
  ...eachKind('idle stream', { answerAfterMs: 1500, manager: { stream_idle_timeout: '0.3s' } }),
  ...eachKind('idle stream of the route', {
    answerAfterMs: 1500,
    virtualHosts: route({ idle_timeout: '0.3s' }),
  }),
  ...eachKind('long stream', {
    answerAfterMs: 1500,
    manager: { common_http_protocol_options: { max_stream_duration: '0.3s' } },
  }),
  {
    id: 'route time-out in the body',
    request: get,
    answer: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345\0' + '67890',
    answerPauseMs: 1200,
    virtualHosts: route({ timeout: '0.3s' }),
  },
  {
    id: 'idle stream in the body',
    request: get,
    answer: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n\0' + '0\r\n\r\n',
    answerPauseMs: 1200,
    manager: { stream_idle_timeout: '0.3s' },
  },
  {
    id: 'idle stream, request incomplete',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na',
    manager: { stream_idle_timeout: '0.3s' },
  },
  {
    id: 'idle stream, request incomplete, later more',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\na',
    later: [
      [200, 'b'],
      [400, 'c'],
    ],
    manager: { stream_idle_timeout: '0.3s' },
  },
  {
    id: 'request time-out',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na',
    manager: { request_timeout: '0.3s' },
  },
  {
    id: 'request time-out, in time',
    request: post,
    manager: { request_timeout: '0.3s' },
    answerAfterMs: 600,
  },
  {
    id: 'headers time-out',
    request: 'GET /x HTTP/1.1\r\nHost: a\r\n',
    manager: { request_headers_timeout: '0.3s' },
  },
  ...eachKind('half a body', {
    answer: 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n12345',
    answerCloses: true,
  }),
  {
    id: 'half a chunked body',
    request: get,
    answer: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n12345\r\n',
    answerCloses: true,
  },
  {
    id: 'body until the close',
    request: get,
    answer: 'HTTP/1.1 200 OK\r\nx: y\r\n\r\n12345',
    answerCloses: true,
  },
  ...[100, 102, 103].flatMap((status): DifferentialCase[] => [
    { id: `${status} dropped`, request: get, answer: `HTTP/1.1 ${status} X\r\nx: y\r\n\r\n${good}` },
    {
      id: `${status} passed`,
      request: get,
      answer: `HTTP/1.1 ${status} X\r\nx: y\r\n\r\n${good}`,
      manager: { proxy_100_continue: true },
    },
  ]),
  {
    id: 'answer before the request ended',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc',
    later: [[300, 'defghi']],
    virtualHosts: route({}, { prefix: '/other' }),
  },
  ...['GET', 'POST'].map(
    (method): DifferentialCase => ({
      id: `large bodies, ${method}`,
      request: `${method} /x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n${'q'.repeat(200000)}`,
      answer: `HTTP/1.1 200 OK\r\ncontent-length: 300000\r\n\r\n${'r'.repeat(300000)}`,
      bufferLimitBytes: 32768,
    }),
  ),
  {
    id: 'expect',
    request: 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-Continue\r\n\r\n',
    later: [[200, 'hi']],
  },
  {
    id: 'expect, refused by routing',
    request: 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n',
    virtualHosts: route({}, { prefix: '/other' }),
  },
  {
    id: 'early answer of the upstream',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc',
    answers: [answerOf(413)],
    answerEarly: true,
  },
  {
    id: 'client leaves while the upstream works',
    request: get,
    halfClose: true,
    answerAfterMs: 500,
  },
  { id: 'CONNECT', request: 'CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n' },
  {
    id: 'upgrade off',
    request: 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  },
  {
    id: 'upgrade off, no route',
    request: 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    virtualHosts: route({}, { prefix: '/other' }),
  },
  ...['manager', 'route on', 'route off'].map(
    (where): DifferentialCase => ({
      id: `upgrade by ${where}`,
      request: 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly',
      later: [[300, 'more']],
      manager:
        where === 'route on'
          ? { upgrade_configs: [{ upgrade_type: 'websocket', enabled: false }] }
          : { upgrade_configs: [{ upgrade_type: 'websocket' }] },
      virtualHosts:
        where === 'manager'
          ? route({ timeout: '0.2s' })
          : route({ upgrade_configs: [{ upgrade_type: 'websocket', enabled: where === 'route on' }] }),
    }),
  ),
  ...['direct', 'redirect', 'no cluster'].map(
    (kind): DifferentialCase => ({
      id: `upgrade on a route to ${kind}`,
      request: 'GET /rd HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      manager: { upgrade_configs: [{ upgrade_type: 'websocket' }] },
      virtualHosts:
        kind === 'direct'
          ? direct(200, { inline_string: 'x' })
          : kind === 'redirect'
            ? redirect({ host_redirect: 'n' })
            : [
                {
                  name: 'v',
                  domains: ['*'],
                  routes: [{ match: { prefix: '/' }, route: { cluster_header: 'x-c' } }],
                  response_headers_to_add: [add('x-r', 'r')],
                },
              ],
    }),
  ),
  {
    id: 'mutations of a time-out',
    request: get,
    answerAfterMs: 900,
    virtualHosts: route(
      { timeout: '0.2s' },
      { prefix: '/' },
      { response_headers_to_add: [add('x-r', '%RESPONSE_CODE% %RESPONSE_FLAGS%')] },
    ),
  },
  ...[200, 400].map(
    (status): DifferentialCase => ({
      id: `direct ${status}, its code by a mutation`,
      request: get,
      virtualHosts: direct(status, undefined, { response_headers_to_add: [add('x-r', '%RESPONSE_CODE%')] }),
    }),
  ),
  {
    id: 'mutations of an overflow',
    request: get,
    cluster: { circuit_breakers: { thresholds: [{ max_pending_requests: 0 }] } },
    virtualHosts: route(
      {},
      { prefix: '/' },
      { response_headers_to_add: [add('x-r', 'r'), add('content-type', 'a/b')] },
    ),
  },
  {
    id: 'mutations of a refused upgrade',
    request: 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    virtualHosts: route({}, { prefix: '/' }, { response_headers_to_add: [add('x-r', 'r')] }),
  },
  {
    id: 'mutations of a request time-out',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\na',
    manager: { request_timeout: '0.3s' },
    virtualHosts: route({}, { prefix: '/' }, { response_headers_to_add: [add('x-r', 'r')] }),
  },
  {
    id: 'mutations of a weighted cluster',
    request: get,
    answers: [''],
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [
          {
            match: { prefix: '/' },
            route: {
              weighted_clusters: {
                clusters: [{ name: 'CLUSTER', weight: 1, response_headers_to_add: [add('x-w', 'w')] }],
              },
            },
            response_headers_to_add: [add('x-r', 'r')],
          },
        ],
      },
    ],
  },
  {
    id: 'mutations of an idle stream',
    request: get,
    answerAfterMs: 900,
    manager: { stream_idle_timeout: '0.2s' },
    virtualHosts: route({}, { prefix: '/' }, { response_headers_to_add: [add('x-r', 'r')] }),
  },
  ...[200, 204, 302, 404, 503].map(
    (status): DifferentialCase => ({
      id: `upgrade answered by ${status}`,
      request: 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      manager: { upgrade_configs: [{ upgrade_type: 'websocket' }] },
      answer: status === 204 ? 'HTTP/1.1 204 No Content\r\n\r\n' : answerOf(status),
    }),
  ),
  {
    id: 'other upgrade answered by 200',
    request: 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: foo\r\n\r\n',
    manager: { upgrade_configs: [{ upgrade_type: 'foo' }] },
    answer: answerOf(200),
  },
  {
    id: 'upgrade, the upstream ends the tunnel',
    request: 'GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    manager: { upgrade_configs: [{ upgrade_type: 'websocket' }] },
    answer: 'HTTP/1.1 101 X\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\nbye',
    answerCloses: true,
  },
  {
    id: 'upgrade refused by the upstream',
    request: 'GET /refuse HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    manager: { upgrade_configs: [{ upgrade_type: 'websocket' }] },
    answer: answerOf(403),
  },
  {
    id: 'connection of two requests',
    request: `${get}${get}${get}`,
    manager: { common_http_protocol_options: { max_requests_per_connection: 2 } },
  },
  {
    id: 'idle connection',
    request: get,
    manager: {
      common_http_protocol_options: { idle_timeout: '0.3s' },
      drain_timeout: '0.2s',
      delayed_close_timeout: '0.2s',
    },
  },
  {
    id: 'idle connection, a request while it drains',
    request: get,
    later: [[500, get]],
    manager: { common_http_protocol_options: { idle_timeout: '0.3s' }, drain_timeout: '0.6s' },
  },
  {
    id: 'old connection',
    request: get,
    later: [[500, get]],
    manager: { common_http_protocol_options: { max_connection_duration: '0.3s' }, drain_timeout: '0.6s' },
  },
];

const redirects: Readonly<Record<string, Json>> = {
  host: { host_redirect: 'n.example' },
  https: { https_redirect: true },
  path: { path_redirect: '/new' },
  'path with query': { path_redirect: '/new?a=b' },
  prefix: { prefix_rewrite: '/pp' },
  302: { host_redirect: 'n', response_code: 'FOUND' },
  308: { host_redirect: 'n', response_code: 'PERMANENT_REDIRECT' },
  'strip query': { path_redirect: '/n', strip_query: true },
  all: { https_redirect: true, host_redirect: 'n.example', port_redirect: 444, path_redirect: '/z' },
};

const directCases: DifferentialCase[] = [
  ...[200, 201, 204, 301, 304, 418, 503, 599].flatMap((status) => [
    ...eachKind(`direct ${status}`, { virtualHosts: direct(status) }).slice(0, 3),
    ...eachKind(`direct ${status} with a body`, {
      virtualHosts: direct(status, { inline_string: 'hello\n' }),
    }).slice(0, 3),
  ]),
  {
    id: 'direct with mutations',
    request: get,
    virtualHosts: direct(
      201,
      { inline_string: '{}' },
      {
        response_headers_to_add: [
          add('content-type', 'application/json', { append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' }),
          add('x-a', 'b'),
        ],
      },
    ),
  },
  {
    id: 'direct, content-length by a mutation',
    request: get,
    virtualHosts: direct(
      200,
      { inline_string: 'abc' },
      { response_headers_to_add: [add('content-length', '7')] },
    ),
  },
  {
    id: 'direct, request incomplete',
    request: 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\na',
    virtualHosts: direct(200, { inline_string: 'abc' }),
  },
  ...Object.entries(redirects).map(
    ([name, action]): DifferentialCase => ({
      id: `redirect ${name}`,
      request: 'GET /rd/a?q=1 HTTP/1.1\r\nHost: h.example:8080\r\n\r\n',
      virtualHosts: redirect(action, { response_headers_to_add: [add('x-a', 'b')] }),
    }),
  ),
  {
    id: 'redirect for gRPC',
    request: grpc.replace('/s/M', '/rd'),
    virtualHosts: redirect({ host_redirect: 'n' }),
  },
];

const paths = [
  '/a/../b',
  '/a/./b',
  '/..',
  '/a/..',
  '/a/.',
  '/%2e%2E/b',
  '/a%2fb',
  '/a%5Cb',
  '/a\\b',
  '/a\\..\\c',
  '//a',
  '/a//b',
  '///',
  '//',
  '/a//../b',
  '/%61%7E%3a',
  '/a;x/../b',
  '/a/..;/b',
  '/a?x=/../y',
  '/a/..%2fb',
  '/a%252fb',
  '/.',
  '/a/...',
  '/%zz',
  '/a/%2e',
  '/a%00',
  '/a/..?q',
  '/a%2F%2fb',
  '/a#f',
  '/?a#b',
  '/%2f..%2fx',
];
const normalisers: Readonly<Record<string, Json>> = {
  off: {},
  normal: { normalize_path: true },
  merge: { merge_slashes: true },
  both: { normalize_path: true, merge_slashes: true },
  reject: { normalize_path: true, merge_slashes: true, path_with_escaped_slashes_action: 'REJECT_REQUEST' },
  redirect: {
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'UNESCAPE_AND_REDIRECT',
  },
  unescape: {
    normalize_path: true,
    merge_slashes: true,
    path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD',
  },
  'unescape only': { path_with_escaped_slashes_action: 'UNESCAPE_AND_FORWARD' },
};

const pathCases: DifferentialCase[] = Object.entries(normalisers).flatMap(([name, manager]) =>
  paths.map((path) => ({
    id: `path ${name} ${path}`,
    request: `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`,
    manager,
  })),
);

const hostOptions: Readonly<Record<string, Json>> = {
  any: { strip_any_host_port: true },
  matching: { strip_matching_host_port: true },
  dot: { strip_trailing_host_dot: true },
  'any and dot': { strip_any_host_port: true, strip_trailing_host_dot: true },
};
const hosts = ['a', 'a:80', 'a:PORT', 'a.', 'a.:80', '[::1]:80', '[::1]', 'a:xx', '.', 'a:', 'A.Example:80'];

const hostCases: DifferentialCase[] = Object.entries(hostOptions).flatMap(([name, manager]) =>
  hosts.map((host) => ({
    id: `host ${name} ${host}`,
    request: `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`,
    manager,
  })),
);

/** Retries without delay would be told apart by nothing but time, so each case ends after few tries. */
const quick = { retry_back_off: { base_interval: '0.001s', max_interval: '0.002s' } };
const failures: Readonly<Record<string, readonly string[]>> = {
  '503': [unavailable, good],
  '500': [answerOf(500), good],
  '502': [answerOf(502), good],
  '409': [answerOf(409), good],
  '418': [answerOf(418), good],
  '404': [answerOf(404), good],
  ratelimited: [answerOf(503, 'x-envoy-ratelimited: true\r\n'), good],
  close: ['', good],
  garbage: ['x\r\n\r\n', good],
  'two 503': [unavailable, unavailable, good],
};
const policies = [
  '5xx',
  'gateway-error',
  'reset',
  'reset-before-request',
  'connect-failure',
  'retriable-4xx',
  'refused-stream',
  'envoy-ratelimited',
  'retriable-status-codes',
];
const attempts = (vhosts: Json[]): Json[] => [
  { ...vhosts[0], include_request_attempt_count: true, include_attempt_count_in_response: true },
];

const retryCases: DifferentialCase[] = [
  ...policies.flatMap((policy) =>
    Object.entries(failures).map(
      ([name, answers]): DifferentialCase => ({
        id: `retry on ${policy} after ${name}`,
        request: get,
        answers,
        router: { suppress_envoy_headers: true },
        virtualHosts: attempts(
          retry(policy, {
            ...quick,
            ...(policy === 'retriable-status-codes' ? { retriable_status_codes: [418, 500] } : {}),
          }),
        ),
      }),
    ),
  ),
  ...[0, 1, 2, 3].map(
    (num_retries): DifferentialCase => ({
      id: `retry at most ${num_retries} times`,
      request: post,
      answers: [unavailable, unavailable, unavailable, good],
      router: { suppress_envoy_headers: true },
      virtualHosts: attempts(retry('5xx', { num_retries, ...quick })),
    }),
  ),
  {
    id: 'retry breaker',
    request: get,
    answers: [unavailable, good],
    cluster: { circuit_breakers: { thresholds: [{ max_retries: 0 }] } },
    virtualHosts: retry('5xx', quick),
  },
  {
    id: 'retry with a body in two parts',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nabc',
    later: [[200, 'def']],
    answers: [unavailable, good],
    router: { suppress_envoy_headers: true },
    virtualHosts: retry('5xx', quick),
  },
  {
    id: 'retry with chunks',
    request: 'POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n',
    answers: ['', good],
    router: { suppress_envoy_headers: true },
    virtualHosts: retry('reset', quick),
  },
  {
    id: 'retry, body beyond the buffer',
    request: `POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3000\r\n\r\n${'a'.repeat(3000)}`,
    answers: [unavailable, good],
    bufferLimitBytes: 1024,
    router: { suppress_envoy_headers: true },
    virtualHosts: retry('5xx', quick),
  },
  {
    id: 'retry asked for from inside',
    request: 'GET /x HTTP/1.1\r\nHost: a\r\nX-Envoy-Retry-On: 5xx\r\nX-Envoy-Max-Retries: 2\r\n\r\n',
    answers: [unavailable, unavailable, good],
    manager: loopbackIsInternal,
    router: { suppress_envoy_headers: true },
  },
  {
    id: 'retry asked for from outside',
    request: 'GET /x HTTP/1.1\r\nHost: a\r\nX-Envoy-Retry-On: 5xx\r\nX-Envoy-Max-Retries: 2\r\n\r\n',
    answers: [unavailable, unavailable, good],
    manager: { use_remote_address: true },
  },
  {
    id: 'time-out asked for from inside',
    request: 'GET /x HTTP/1.1\r\nHost: a\r\nX-Envoy-Upstream-Rq-Timeout-Ms: 200\r\n\r\n',
    answerAfterMs: 900,
    manager: loopbackIsInternal,
  },
];

/** Groups of cases by what they are about. */
export const httpCases: Readonly<Record<string, readonly DifferentialCase[]>> = {
  headers: [...headerCases, ...singleHeaders],
  router: routerCases,
  replies: replyCases,
  direct: directCases,
  paths: [...pathCases, ...hostCases],
  retries: retryCases,
  resets: resetCases,
};
