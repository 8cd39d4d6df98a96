/**
 * Cases of the external authorization for `filters-parity`. The service and the upstream are one backend: it is asked
 * first, and answers for the upstream next.
 */
import type { DifferentialCase } from './differential.js';

type Json = Record<string, unknown>;
type Case = Omit<DifferentialCase, 'id'>;

const types = 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.';
const names = (...patterns: readonly string[]): Json => ({ patterns: patterns.map((exact) => ({ exact })) });
const get = (headers: readonly string[] = []): string =>
  `${['GET /x?q=1 HTTP/1.1', 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
const post = (body: string): string =>
  `POST /x HTTP/1.1\r\nHost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const answer = (status: string, headers: readonly string[] = [], body = ''): string =>
  `HTTP/1.1 ${status}\r\n${headers.map((one) => `${one}\r\n`).join('')}content-length: ${body.length}\r\n\r\n${body}`;
const upstream = answer('200 OK', ['x-from: upstream'], 'ok');

function authorized(service: Json, verdict: string, more: Partial<Case> & { filter?: Json } = {}): Case {
  const { filter, ...rest } = more;
  return {
    request: get(['x-user: joe', 'authorization: basic x', 'x-other: 1', 'x-other: 2']),
    answers: [verdict, upstream],
    filters: [
      {
        name: 'envoy.filters.http.ext_authz',
        typed_config: {
          '@type': `${types}ExtAuthz`,
          transport_api_version: 'V3',
          http_service: {
            server_uri: { uri: 'http://authz.example/', cluster: 'CLUSTER', timeout: '1s' },
            ...service,
          },
          ...filter,
        },
      },
    ],
    stats: 'http.PREFIX.ext_authz',
    ...rest,
  };
}

const perRoute = (config: Json): Partial<Case> => ({
  virtualHosts: [
    {
      name: 'v',
      domains: ['*'],
      routes: [
        {
          match: { prefix: '/' },
          route: { cluster: 'CLUSTER' },
          typed_per_filter_config: {
            'envoy.filters.http.ext_authz': { '@type': `${types}ExtAuthzPerRoute`, ...config },
          },
        },
      ],
    },
  ],
});
const response = (config: Json): Json => ({ authorization_response: config });
const fine = answer('200 OK', ['x-a: 1', 'x-b: 2', 'x-user: new', 'set-cookie: c'], 'body');
const denied = answer(
  '401 No',
  ['www-authenticate: Basic', 'x-a: 1', 'location: /l', 'content-type: text/html'],
  '<no>',
);

export const extAuthzCases: Record<string, Case> = {
  allowed: authorized({}, fine),
  denied: authorized({}, denied),
  'denied without a body': authorized({}, answer('403 No')),
  'denied by a redirect': authorized({}, answer('302 Found', ['location: http://login'])),
  'denied, gRPC': authorized({}, denied, { request: get(['content-type: application/grpc']) }),
  '201 is no yes': authorized({}, answer('201 Created')),
  'an error': authorized({}, answer('500 Oh', ['x-a: 1'], 'oh')),
  'an error, let through': authorized({}, answer('500 Oh'), { filter: { failure_mode_allow: true } }),
  'an error, let through and told': authorized({}, answer('503 Oh'), {
    filter: { failure_mode_allow: true, failure_mode_allow_header_add: true },
  }),
  'an error, another status': authorized({}, answer('500 Oh'), {
    filter: { status_on_error: { code: 'BadGateway' } },
  }),
  'nobody there': authorized({}, fine, { refused: true }),
  'no answer': authorized({ server_uri: { uri: 'http://x/', cluster: 'CLUSTER', timeout: '0.5s' } }, fine, {
    answerAfterMs: 1200,
  }),
  'a prefix': authorized({ path_prefix: '/authz' }, fine),
  'another path': authorized({ path_override: '/check' }, fine),
  'headers for the service': authorized({}, fine, {
    request: get(['x-user: joe', 'x-other: 1', 'x-other: 2']),
    filter: { allowed_headers: names('x-other') },
  }),
  'headers for the service, the older place': authorized(
    { authorization_request: { allowed_headers: names('x-user') } },
    fine,
    // Envoy's order of several headers is that of a hash.
    { request: get(['x-user: joe', 'x-other: 1']) },
  ),
  'headers not for the service': authorized({}, fine, {
    request: get(['x-user: joe', 'x-others: 1']),
    filter: {
      allowed_headers: { patterns: [{ prefix: 'x-u' }, { prefix: 'x-o' }] },
      disallowed_headers: names('x-others'),
    },
  }),
  'headers added': authorized(
    {
      authorization_request: {
        headers_to_add: [
          { key: 'X-Added', value: 'v' },
          { key: 'authorization', value: 'own' },
        ],
      },
    },
    fine,
  ),
  'headers for the upstream': authorized(
    response({ allowed_upstream_headers: names('x-a', 'x-user') }),
    fine,
  ),
  'headers appended': authorized(
    response({ allowed_upstream_headers_to_append: names('x-a', 'x-user') }),
    fine,
  ),
  'headers removed': authorized(
    {},
    answer('200 OK', ['x-envoy-auth-headers-to-remove: x-user, x-none, host']),
  ),
  'headers for the client': authorized(
    response({ allowed_client_headers_on_success: names('x-a', 'set-cookie') }),
    fine,
  ),
  'headers for the client, denied': authorized(response({ allowed_client_headers: names('x-a') }), denied),
  metadata: authorized(response({ dynamic_metadata_from_headers: names('x-a') }), fine, {
    logFormat: '%DYNAMIC_METADATA(envoy.filters.http.ext_authz:x-a)%',
  }),
  'not enabled': authorized({}, upstream, {
    filter: { filter_enabled: { default_value: { numerator: 0 }, runtime_key: 'k' } },
  }),
  'off on the route': authorized({}, upstream, perRoute({ disabled: true })),
  'settings on the route': authorized(
    {},
    fine,
    perRoute({ check_settings: { context_extensions: { a: 'b' } } }),
  ),
  'a body goes on': authorized({}, fine, { request: post('hello') }),
  'a body for the service': authorized({}, fine, {
    request: post('hello'),
    filter: { with_request_body: { max_request_bytes: 10 } },
  }),
  'a body that is too long': authorized({}, fine, {
    request: post('hello world'),
    filter: { with_request_body: { max_request_bytes: 10 } },
  }),
  'a part of a body': authorized({}, fine, {
    request: post('hello world'),
    filter: { with_request_body: { max_request_bytes: 5, allow_partial_message: true } },
  }),
  'a body for the service, not on the route': authorized({}, fine, {
    request: post('hello'),
    filter: { with_request_body: { max_request_bytes: 10 } },
    ...perRoute({ check_settings: { disable_request_body_buffering: true } }),
  }),
  'a prefix of the statistics': authorized({}, fine, { filter: { stat_prefix: 'sp' } }),
};
