/**
 * Cases of `local_reply_config` and of access log filters for `filters-parity`.
 */
import type { DifferentialCase } from './differential.js';

type Json = Record<string, unknown>;
type Case = Omit<DifferentialCase, 'id'>;

const get = (headers: readonly string[] = [], path = '/x', method = 'GET'): string =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
const grpc = ['content-type: application/grpc'];
/** Answers 503 by itself. */
const refused = { refused: true } as const;
const text = (inline_string: string): Json => ({ text_format_source: { inline_string } });
const code = (op: string, value: number): Json => ({
  status_code_filter: { comparison: { op, value: { default_value: value, runtime_key: 'k' } } },
});
const mapper = (config: Json, filter: Json = code('EQ', 503)): Json => ({ filter, ...config });

function reply(config: Json, more: Partial<Case> = {}): Case {
  return { request: get(['x-a: 1']), manager: { local_reply_config: config }, ...refused, ...more };
}

const body = { body: { inline_string: 'mapped' } };

export const localReplyCases: Record<string, Case> = {
  empty: reply({}),
  'another status': reply({ mappers: [mapper({ status_code: 529 })] }),
  'another body': reply({ mappers: [mapper(body)] }),
  'no body': reply({ mappers: [mapper({ body: { inline_string: '' } })] }),
  'all at once': reply({
    mappers: [
      mapper({
        ...body,
        status_code: 418,
        headers_to_add: [
          { header: { key: 'x-b', value: '%REQ(x-a)%-%RESPONSE_CODE%-%RESPONSE_FLAGS%' } },
          {
            header: { key: 'content-type', value: 'text/html' },
            append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
          },
        ],
        body_format_override: text('<%LOCAL_REPLY_BODY%> %RESPONSE_CODE% %RESP(x-b)%'),
      }),
    ],
  }),
  'the first that fits': reply({
    mappers: [
      mapper({ status_code: 501 }, code('EQ', 404)),
      mapper({ status_code: 502 }),
      mapper({ status_code: 504 }),
    ],
  }),
  'none fits': reply({
    mappers: [mapper({ status_code: 501 }, code('EQ', 404))],
    body_format: text('%LOCAL_REPLY_BODY%!'),
  }),
  'a format for all': reply({
    body_format: text('%PROTOCOL% %REQ(:path)%: %LOCAL_REPLY_BODY%\n%RESPONSE_CODE_DETAILS%'),
  }),
  'a format without commands': reply({ body_format: text('sorry') }),
  'an empty format': reply({ body_format: text('') }),
  JSON: reply({
    body_format: {
      json_format: {
        z: '%RESPONSE_CODE%',
        a: '%LOCAL_REPLY_BODY%',
        n: { p: '%REQ(x-a)%', none: '%REQ(q)%' },
        t: 'x %RESPONSE_CODE%',
      },
    },
  }),
  'JSON with a type': reply({
    body_format: { json_format: { a: '%LOCAL_REPLY_BODY%' }, content_type: 'application/problem+json' },
  }),
  'a text with a type': reply({
    body_format: { ...text('<b>%LOCAL_REPLY_BODY%</b>'), content_type: 'text/html; charset=UTF-8' },
  }),
  'the override goes before': reply({
    mappers: [mapper({ body_format_override: text('one') })],
    body_format: text('two'),
  }),
  gRPC: reply({ mappers: [mapper({ status_code: 404, ...body })] }, { request: get(grpc) }),
  'gRPC, JSON': reply(
    { body_format: { json_format: { a: '%LOCAL_REPLY_BODY%', c: '%RESPONSE_CODE%' } } },
    { request: get(grpc) },
  ),
  HEAD: reply({ mappers: [mapper(body)] }, { request: get([], '/x', 'HEAD') }),
  'no route': reply(
    { mappers: [mapper({ status_code: 410, ...body }, code('EQ', 404))] },
    { refused: false, virtualHosts: [{ name: 'v', domains: ['b'] }] },
  ),
  'a direct response': reply(
    { mappers: [mapper({ status_code: 201 }, code('EQ', 200))], body_format: text('[%LOCAL_REPLY_BODY%]') },
    {
      refused: false,
      virtualHosts: [
        {
          name: 'v',
          domains: ['*'],
          routes: [
            {
              match: { prefix: '/' },
              direct_response: { status: 200, body: { inline_string: 'direct\r\n\x01' } },
            },
          ],
        },
      ],
    },
  ),
  'a redirect': reply(
    { body_format: text('moved') },
    {
      refused: false,
      virtualHosts: [
        { name: 'v', domains: ['*'], routes: [{ match: { prefix: '/' }, redirect: { host_redirect: 'b' } }] },
      ],
    },
  ),
  'of the codec': reply(
    { mappers: [mapper({ status_code: 422, ...body }, code('EQ', 400))] },
    { request: 'GET / HTTP/1.1\r\n\r\n', refused: false },
  ),
  'an answer of the upstream stays': reply(
    { mappers: [mapper({ status_code: 501 })], body_format: text('x') },
    {
      refused: false,
      answer: 'HTTP/1.1 503 No\r\ncontent-length: 2\r\n\r\nno',
    },
  ),
  'by a flag': reply({
    mappers: [mapper({ status_code: 555 }, { response_flag_filter: { flags: ['UF'] } })],
  }),
  'by a header': reply({
    mappers: [
      mapper(
        { status_code: 555 },
        { header_filter: { header: { name: 'x-a', string_match: { exact: '1' } } } },
      ),
    ],
  }),
};

const format = '%RESPONSE_CODE%';

function log(filter: Json, more: Partial<Case> = {}): Case {
  return {
    request: get(),
    ...more,
    logFormat: format,
    logFilter: filter,
  };
}

const metadata = (matcher: Json, more: Json = {}): Json => ({
  metadata_filter: { matcher: { filter: 'n', ...matcher }, ...more },
});
const setMetadata = {
  filters: [
    {
      name: 's',
      typed_config: {
        '@type': 'type.googleapis.com/envoy.extensions.filters.http.set_metadata.v3.Config',
        metadata: [{ metadata_namespace: 'n', value: { a: 'x' } }],
      },
    },
  ],
};
const grpcStatus = (status: number): string =>
  `HTTP/1.1 200 OK\r\ncontent-type: application/grpc\r\ngrpc-status: ${status}\r\ncontent-length: 0\r\n\r\n`;

export const logFilterCases: Record<string, Case> = {
  status: log(code('GE', 200)),
  'status, not': log(code('NE', 200)),
  traceable: log({ traceable_filter: {} }),
  'runtime, all': log({ runtime_filter: { runtime_key: 'k', percent_sampled: { numerator: 100 } } }),
  'runtime, none': log({ runtime_filter: { runtime_key: 'k' } }),
  'runtime, by the id, in': log(
    { runtime_filter: { runtime_key: 'k', percent_sampled: { numerator: 50 } } },
    { request: get(['x-request-id: 00000031-0000-4000-8000-000000000000']) },
  ),
  'runtime, by the id, out': log(
    { runtime_filter: { runtime_key: 'k', percent_sampled: { numerator: 50 } } },
    { request: get(['x-request-id: 00000032-0000-4000-8000-000000000000']) },
  ),
  'grpc status': log(
    { grpc_status_filter: { statuses: ['NOT_FOUND'] } },
    { request: get(grpc), answer: grpcStatus(5) },
  ),
  'grpc status, other': log(
    { grpc_status_filter: { statuses: ['NOT_FOUND'] } },
    { request: get(grpc), answer: grpcStatus(3) },
  ),
  'grpc status, excluded': log(
    { grpc_status_filter: { statuses: ['NOT_FOUND'], exclude: true } },
    { request: get(grpc), answer: grpcStatus(5) },
  ),
  'grpc status of no call': log({ grpc_status_filter: { statuses: ['UNKNOWN'] } }),
  'grpc status of no call, 404': log(
    { grpc_status_filter: { statuses: ['UNIMPLEMENTED'] } },
    { answer: 'HTTP/1.1 404 No\r\ncontent-length: 0\r\n\r\n' },
  ),
  'log type': log({ log_type_filter: { types: ['DownstreamEnd'] } }),
  'log type, other': log({ log_type_filter: { types: ['DownstreamStart'] } }),
  'log type, excluded': log({ log_type_filter: { types: ['DownstreamEnd'], exclude: true } }),
  metadata: log(metadata({ path: [{ key: 'a' }], value: { string_match: { exact: 'x' } } }), setMetadata),
  'metadata, other': log(
    metadata({ path: [{ key: 'a' }], value: { string_match: { exact: 'y' } } }),
    setMetadata,
  ),
  'metadata, absent': log(
    metadata({ path: [{ key: 'b' }], value: { string_match: { exact: 'y' } } }),
    setMetadata,
  ),
  'metadata, absent, not matched': log(
    metadata(
      { path: [{ key: 'b' }], value: { string_match: { exact: 'y' } } },
      { match_if_key_not_found: false },
    ),
    setMetadata,
  ),
  'metadata, inverted': log(
    metadata({ path: [{ key: 'a' }], value: { string_match: { exact: 'x' } }, invert: true }),
    setMetadata,
  ),
  'metadata without a matcher': log({ metadata_filter: { match_if_key_not_found: false } }, setMetadata),
  and: log({ and_filter: { filters: [code('GE', 200), code('LE', 199)] } }),
  or: log({ or_filter: { filters: [code('GE', 200), code('LE', 199)] } }),
};

const operators = (logFormat: string, more: Partial<Case> = {}): Case => ({
  request: get(['x-a: 1', 'content-type: text/plain']),
  answer: 'HTTP/1.1 200 OK\r\nx-b: 22\r\ncontent-length: 2\r\n\r\nok',
  // Neither an id nor a time that differs from run to run.
  manager: { generate_request_id: false },
  router: { suppress_envoy_headers: true },
  logFormat,
  ...more,
});
const chunked = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx-t: 333\r\n\r\n';

export const operatorCases: Record<string, Case> = {
  'octets on the wire': operators('%DOWNSTREAM_WIRE_BYTES_RECEIVED% %DOWNSTREAM_WIRE_BYTES_SENT%'),
  'octets of a request with a body': operators('%DOWNSTREAM_WIRE_BYTES_RECEIVED% %BYTES_RECEIVED%', {
    request: 'POST /x HTTP/1.1\r\nHost: a\r\ncontent-length: 5\r\n\r\nhello',
  }),
  'octets of headers': operators(
    '%REQUEST_HEADERS_BYTES% %RESPONSE_HEADERS_BYTES% %RESPONSE_TRAILERS_BYTES%',
  ),
  'octets of a local reply': operators('%REQUEST_HEADERS_BYTES% %RESPONSE_HEADERS_BYTES%', { refused: true }),
  'octets of trailers': operators('%RESPONSE_TRAILERS_BYTES%', {
    answer: chunked,
    manager: { generate_request_id: false, http_protocol_options: { enable_trailers: true } },
    cluster: {
      typed_extension_protocol_options: {
        'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
          '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
          explicit_http_config: { http_protocol_options: { enable_trailers: true } },
        },
      },
    },
  }),
  'headers by their long names': operators(
    '%REQUEST_HEADER(X-None?:path)% %REQUEST_HEADER(:method):2% %RESPONSE_HEADER(content-type)% %RESPONSE_TRAILER(x-t)%',
  ),
  'a line at the start': operators(
    '%ACCESS_LOG_TYPE% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %BYTES_RECEIVED% %BYTES_SENT% %ROUTE_NAME% %UPSTREAM_CLUSTER% %UPSTREAM_HOST% %REQ(:path)% %RESP(content-type)% %RESPONSE_FLAGS%',
    {
      manager: { generate_request_id: false, access_log_options: { flush_access_log_on_new_request: true } },
      request: 'POST /x HTTP/1.1\r\nHost: a\r\ncontent-length: 5\r\n\r\nhello',
    },
  ),
  'a line at the start, without a route': operators(
    '%ACCESS_LOG_TYPE% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%',
    {
      manager: { access_log_options: { flush_access_log_on_new_request: true } },
      virtualHosts: [{ name: 'v', domains: ['b'] }],
    },
  ),
  'a line at the start, bad request': operators('%ACCESS_LOG_TYPE% %RESPONSE_CODE% %RESPONSE_CODE_DETAILS%', {
    manager: { access_log_options: { flush_access_log_on_new_request: true } },
    request: 'GET /x HTTP/1.1\r\n\r\n',
  }),
  'lines while it runs': operators('%ACCESS_LOG_TYPE% %RESPONSE_CODE% %UPSTREAM_HOST% %BYTES_RECEIVED%', {
    manager: { access_log_options: { access_log_flush_interval: '0.4s' } },
    answerAfterMs: 1000,
  }),
  'lines of some types': operators('%ACCESS_LOG_TYPE%', {
    manager: {
      access_log_options: { access_log_flush_interval: '0.4s', flush_access_log_on_new_request: true },
    },
    answerAfterMs: 600,
    logFilter: { log_type_filter: { types: ['DownstreamStart', 'DownstreamPeriodic'] } },
  }),
  addresses: operators(
    '%DOWNSTREAM_DIRECT_LOCAL_ADDRESS% %DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_DIRECT_LOCAL_PORT% %UPSTREAM_HOST_NAME%',
  ),
  'no TLS': operators(
    '%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% %DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_ISSUER% %DOWNSTREAM_PEER_SERIAL% %DOWNSTREAM_PEER_FINGERPRINT_256% %DOWNSTREAM_PEER_FINGERPRINT_1% %DOWNSTREAM_PEER_CERT% %DOWNSTREAM_PEER_CERT_V_START% %DOWNSTREAM_PEER_CERT_V_END% %DOWNSTREAM_PEER_URI_SAN% %DOWNSTREAM_PEER_DNS_SAN% %DOWNSTREAM_PEER_IP_SAN% %DOWNSTREAM_PEER_EMAIL_SAN% %DOWNSTREAM_LOCAL_SUBJECT% %DOWNSTREAM_LOCAL_URI_SAN% %DOWNSTREAM_LOCAL_DNS_SAN% %DOWNSTREAM_LOCAL_IP_SAN% %DOWNSTREAM_LOCAL_EMAIL_SAN%',
  ),
  'what nobody sets': operators(
    '%FILTER_STATE(x)% %FILTER_STATE(x:PLAIN)% %UPSTREAM_FILTER_STATE(x)% %TLS_JA3_FINGERPRINT% %TLS_JA4_FINGERPRINT% %ROUNDTRIP_DURATION% %TRACE_ID%',
  ),
  metadata: operators(
    '%METADATA(DYNAMIC:n:a)% %METADATA(DYNAMIC:n)% %METADATA(DYNAMIC:none:a)%',
    setMetadata,
  ),
  'nothing in parentheses': operators('%REQUEST_HEADERS_BYTES% %PATH% %QUERY_PARAMS% %STREAM_ID%'),
};
