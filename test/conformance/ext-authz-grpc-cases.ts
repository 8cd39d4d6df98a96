/**
 * Cases of the external authorization over gRPC for `filters-parity`: against a service at a port, which answers by the header
 * `x-plan`, and shows to the upstream what it was asked.
 */
import type { DifferentialCase } from './differential.js';

type Json = Record<string, unknown>;
type Case = Omit<DifferentialCase, 'id'>;

const types = 'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.';
const perRoute = (config: Json): Json => ({
  typed_per_filter_config: {
    'envoy.filters.http.ext_authz': { '@type': `${types}ExtAuthzPerRoute`, ...config },
  },
});

function get(plan: string, headers: readonly string[] = [], path = '/x?b=2&a=1'): string {
  return `${[`GET ${path} HTTP/1.1`, 'Host: a', `x-plan: ${plan}`, ...headers].join('\r\n')}\r\n\r\n`;
}

function post(body: string): string {
  return `POST /x HTTP/1.1\r\nHost: a\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}

const there = ['x-there: 0', 'x-join: 0', 'x-set: 0', 'x-absent: 0', 'x-over: 0', 'x-exists: 0'];
const names = (...patterns: readonly string[]): Json => ({ patterns: patterns.map((exact) => ({ exact })) });

export function extAuthzGrpcCases(port: number): Record<string, Case> {
  const service = (more: Json = {}, at = port): Json => ({
    google_grpc: { target_uri: `127.0.0.1:${at}`, stat_prefix: 'authz' },
    timeout: '1.4s',
    ...more,
  });
  const asked = (request: string, filter: Json = {}, more: Partial<Case> = {}): Case => ({
    request,
    filters: [
      {
        name: 'envoy.filters.http.ext_authz',
        typed_config: {
          '@type': `${types}ExtAuthz`,
          transport_api_version: 'V3',
          grpc_service: service(),
          ...filter,
        },
      },
    ],
    stats: 'http.PREFIX.ext_authz',
    ...more,
  });
  const onRoute = (route: Json, virtualHost: Json = {}): Partial<Case> => ({
    virtualHosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [{ match: { prefix: '/' }, route: { cluster: 'CLUSTER' }, ...route }],
        ...virtualHost,
      },
    ],
  });
  const metadata = { logFormat: '%RESPONSE_CODE% %DYNAMIC_METADATA(envoy.filters.http.ext_authz:k)%' };
  return {
    'what is asked': asked(get('asked', ['x-two: 1', 'x-two: 2', 'cookie: a=1', 'user-agent: u'])),
    'what is asked, of a cluster': asked(get('asked', ['x-envoy-downstream-service-cluster: from'])),
    'what is asked, some headers': asked(get('asked', ['x-a: 1', 'x-b: 2']), {
      allowed_headers: names('x-plan', 'x-b', ':method'),
    }),
    'what is asked, without some headers': asked(get('asked', ['x-a: 1', 'x-b: 2']), {
      disallowed_headers: names('x-b'),
    }),
    'what is asked, without an id in the headers': asked(
      get('asked'),
      {},
      {
        manager: { generate_request_id: false },
      },
    ),
    'what is asked, with extensions': asked(
      get('asked'),
      {},
      onRoute(
        perRoute({ check_settings: { context_extensions: { a: 'route', b: 'route' } } }),
        perRoute({ check_settings: { context_extensions: { a: 'host', c: 'host' } } }),
      ),
    ),
    'what is asked, headers as a list': asked(get('asked', ['x-two: 1', 'x-two: 2']), {
      encode_raw_headers: true,
    }),
    'what is asked, with an HTTP/1.0 request': asked(
      'GET /x HTTP/1.0\r\nHost: a\r\n\r\n',
      {},
      { manager: { http_protocol_options: { accept_http_10: true } } },
    ),
    'what is asked, with a body': asked(post('hello'), { with_request_body: { max_request_bytes: 10 } }),
    'what is asked, with octets': asked(post('hello'), {
      with_request_body: { max_request_bytes: 10, pack_as_bytes: true },
    }),
    'what is asked, with a part of a body': asked(post('hello world'), {
      with_request_body: { max_request_bytes: 5, allow_partial_message: true },
    }),
    'what is asked, without a body': asked(get('asked'), { with_request_body: { max_request_bytes: 10 } }),
    'a body that is too long': asked(post('hello world'), { with_request_body: { max_request_bytes: 10 } }),
    'fine, and nothing more': asked(get('empty')),
    'headers of the request': asked(get('headers', there)),
    'headers removed': asked(get('remove', there)),
    'headers of the response': asked(
      get('response'),
      {},
      {
        answer: `HTTP/1.1 200 OK\r\n${there.join('\r\n')}\r\ncontent-length: 0\r\n\r\n`,
      },
    ),
    'parameters of the query': asked(get('query')),
    'the path': asked(get('path')),
    'the authority': asked(get('authority')),
    metadata: asked(get('metadata'), {}, metadata),
    'metadata, the older place': asked(get('older metadata'), {}, metadata),
    denied: asked(get('denied')),
    'denied plainly': asked(get('denied plainly')),
    'denied, gRPC': asked(get('denied', ['content-type: application/grpc'])),
    'denied with metadata': asked(get('denied with metadata'), {}, metadata),
    'denied by the status, whatever is fine': asked(get('denied, and fine')),
    'an error of the service': asked(get('error')),
    'an error of the service, plainly': asked(get('error plainly')),
    'an error of the service, let through': asked(get('error'), { failure_mode_allow: true }),
    'a failure': asked(get('fail')),
    'a failure, another status': asked(get('fail'), { status_on_error: { code: 'BadGateway' } }),
    'a failure, let through and told': asked(get('fail'), {
      failure_mode_allow: true,
      failure_mode_allow_header_add: true,
    }),
    'no answer': asked(get('never'), { grpc_service: service({ timeout: '0.2s' }) }),
    'no answer in the usual time': asked(get('never'), { grpc_service: service({ timeout: undefined }) }),
    'nobody there': asked(get('empty'), { grpc_service: service({ timeout: '0.3s' }, 1) }),
    'off on the route': asked(get('denied'), {}, onRoute(perRoute({ disabled: true }))),
    'not enabled': asked(get('denied'), {
      filter_enabled: { default_value: { numerator: 0 }, runtime_key: 'k' },
    }),
  };
}
