/** Header mutations where they are easy to get wrong, for `balance-parity`: values of the moment, and answers without an upstream. */
import type { DifferentialCase } from './differential.js';

type Json = Record<string, unknown>;

const add = (key: string, value: string, append_action?: string): Json => ({
  header: { key, value },
  ...(append_action === undefined ? {} : { append_action }),
});
const get = (path: string): string =>
  `GET ${path} HTTP/1.1\r\nHost: a.example\r\nX-In: in\r\nConnection: close\r\n\r\n`;

const operators = [
  'REQ(x-in)',
  'REQ(x-set)',
  'REQ(:path)',
  'REQ(:authority)',
  'REQ(x-envoy-original-path?:path)',
  'RESP(content-type)',
  'RESP(x-up)',
  'RESP(x-none)',
  'RESPONSE_CODE',
  'RESPONSE_FLAGS',
  'RESPONSE_CODE_DETAILS',
  'UPSTREAM_REQUEST_ATTEMPT_COUNT',
  'UPSTREAM_CLUSTER',
  'UPSTREAM_HOST',
  'PROTOCOL',
  'ROUTE_NAME',
  'BYTES_RECEIVED',
  'BYTES_SENT',
  'DURATION',
  'RESPONSE_DURATION',
  'REQUEST_DURATION',
];
// Times differ from run to run.
const steady = operators.filter((name) => !/^(?:REQUEST_)?DURATION$/.test(name));
const asRequest = steady.map((name, at) => add(`x-q${at}`, `[%${name}%]`));
const asResponse = steady
  .filter((name) => !name.endsWith('DURATION'))
  .map((name, at) => add(`x-p${at}`, `[%${name}%]`));
const answer = 'HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nx-up: 1\r\ncontent-length: 2\r\n\r\nok';

function one(
  id: string,
  route: Json,
  more: Partial<DifferentialCase> = {},
  host: Json = {},
): DifferentialCase {
  return {
    id: `mutation: ${id}`,
    request: get('/a/b?c=d'),
    answer,
    virtualHosts: [
      { name: 'v', domains: ['*'], ...host, routes: [{ name: 'r1', match: { prefix: '/' }, ...route }] },
    ],
    ...more,
  };
}

const toCluster = (action: Json = {}): Json => ({ route: { cluster: 'CLUSTER', ...action } });
const retrying = { retry_policy: { retry_on: '5xx', retry_back_off: { base_interval: '0.001s' } } };
const mutated = { request_headers_to_add: [add('x-set', 'set')], response_headers_to_add: asResponse };
const regex = (pattern: string, substitution: string): Json => ({
  regex_rewrite: { pattern: { regex: pattern }, substitution },
});

const inside = {
  manager: {
    use_remote_address: true,
    internal_address_config: { cidr_ranges: [{ address_prefix: '127.0.0.0', prefix_len: 8 }] },
  },
};
const asked = (header: string, router: Json): DifferentialCase =>
  one(`router: ${header} ${JSON.stringify(router)}`, toCluster({ timeout: '0.9s' }), {
    ...inside,
    router,
    request: `GET /a HTTP/1.1\r\nHost: a.example\r\n${header}\r\nConnection: close\r\n\r\n`,
  });
const strict = {
  strict_check_headers: [
    'x-envoy-upstream-rq-timeout-ms',
    'x-envoy-upstream-rq-per-try-timeout-ms',
    'x-envoy-max-retries',
    'x-envoy-retry-on',
    'x-envoy-retry-grpc-on',
  ],
};

export const mutationCases: readonly DifferentialCase[] = [
  ...[
    'x-envoy-max-retries: many',
    'x-envoy-max-retries: 1',
    'x-envoy-retry-on: 5xx, reset',
    'x-envoy-retry-on: 5xx,nonsense',
    'x-envoy-retry-grpc-on: unavailable',
    'x-envoy-retry-grpc-on: 5xx',
    'x-envoy-upstream-rq-timeout-ms: 10s',
    'x-envoy-upstream-rq-per-try-timeout-ms: -1',
  ].map((header) => asked(header, strict)),
  ...[{}, { disable_shadow_host_suffix_append: true }, { host_rewrite_literal: 'other.example' }].map(
    (policy) =>
      one(
        `mirror ${JSON.stringify(policy)}`,
        toCluster({ request_mirror_policies: [{ cluster: 'CLUSTER', ...policy }] }),
      ),
  ),
  ...[
    { host_rewrite_literal: 'w.example' },
    { host_rewrite_literal: 'r.example' },
    { host_rewrite_header: 'x-in' },
    { auto_host_rewrite: true },
  ].map((action, at) =>
    one(`weighted host ${at}`, {
      route: {
        ...action,
        weighted_clusters: {
          clusters: [
            { name: 'CLUSTER', weight: 1, ...(at === 1 ? {} : { host_rewrite_literal: 'own.example' }) },
          ],
        },
      },
    }),
  ),
  ...['x-in', 'x-none'].map((cluster_header) =>
    one(`weighted ${cluster_header}`, {
      route: { weighted_clusters: { clusters: [{ cluster_header, weight: 1 }] } },
    }),
  ),
  one(
    'mirror of a body',
    toCluster({ request_mirror_policies: [{ cluster: 'CLUSTER' }], prefix_rewrite: '/z' }),
    {
      request:
        'POST /a HTTP/1.1\r\nHost: a.example:81\r\nX-Forwarded-For: 1.2.3.4\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody',
    },
  ),
  asked('x-envoy-expected-rq-timeout-ms: 700', { respect_expected_rq_timeout: true }),
  asked('x-envoy-expected-rq-timeout-ms: 700', {}),
  asked('x-envoy-expected-rq-timeout-ms: no', { respect_expected_rq_timeout: true }),
  asked('x-envoy-upstream-rq-timeout-ms: 700', { respect_expected_rq_timeout: true }),
  asked('x-envoy-expected-rq-timeout-ms: 700\r\nx-envoy-upstream-rq-timeout-ms: 600', {
    respect_expected_rq_timeout: true,
  }),
  one('operators in request headers', { ...toCluster(), request_headers_to_add: asRequest }),
  one('operators in response headers', { ...toCluster(), ...mutated }),
  one('operators in response headers, upstream refused', { ...toCluster(), ...mutated }, { refused: true }),
  one(
    'operators in response headers after a retry',
    { ...toCluster({ ...retrying, timeout: '0s' }), ...mutated },
    {
      answers: [answer.replace('200', '503'), answer],
    },
  ),
  one(
    'attempt count to the upstream after a retry',
    {
      ...toCluster({ ...retrying, timeout: '0s' }),
      request_headers_to_add: [add('x-n', '%UPSTREAM_REQUEST_ATTEMPT_COUNT%')],
    },
    { answers: [answer.replace('200', '503'), answer] },
  ),
  one('redirect', { redirect: { path_redirect: '/new' }, ...mutated }),
  one('direct response', { direct_response: { status: 200, body: { inline_string: 'hi' } }, ...mutated }),
  one('redirect removes', {
    redirect: { path_redirect: '/new' },
    request_headers_to_remove: ['x-in'],
    response_headers_to_add: [add('x-seen', '[%REQ(x-in)%]')],
  }),
  one('direct response removes', {
    direct_response: { status: 200 },
    request_headers_to_remove: ['x-in'],
    response_headers_to_add: [add('x-seen', '[%REQ(x-in)%]')],
  }),
  one('no route', {}, { virtualHosts: [{ name: 'v', domains: ['*'], ...mutated }] }),
  one('response reads what the route has added', {
    ...toCluster(),
    response_headers_to_add: [add('x-up', '2', 'OVERWRITE_IF_EXISTS'), add('x-copy', '%RESP(x-up)%')],
  }),
  one(
    'response reads what an outer level adds',
    {
      ...toCluster(),
      response_headers_to_add: [add('x-one', '1')],
    },
    {},
    { response_headers_to_add: [add('x-two', '%RESP(x-one)%')] },
  ),
  ...[
    regex('^.*$', ''),
    regex('/', ''),
    regex('^/a', ''),
    regex('^/a/b$', '\\0?x=y'),
    regex('^/zzz', '/y'),
    regex('b', 'has space'),
    { prefix_rewrite: '/a/b' },
    { prefix_rewrite: '/' },
  ].map((rewrite, at) => one(`rewrite ${at}`, toCluster(rewrite))),
  ...[regex('^.*$', ''), regex('^/a', '')].map((rewrite, at) =>
    one(`redirect rewrite ${at}`, { redirect: { host_redirect: 'n.example', ...rewrite } }),
  ),
];
