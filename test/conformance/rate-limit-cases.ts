/**
 * Cases of the global rate limit for `filters-parity`: against a service at a port.
 */
import type { DifferentialCase } from './differential.js';

type Json = Record<string, unknown>;
type Case = Omit<DifferentialCase, 'id'>;

const types = 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.';
const get = (headers: readonly string[] = []): string =>
  `${['GET /x HTTP/1.1', 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
const key = (value: string, more: Json = {}): Json => ({
  actions: [{ generic_key: { descriptor_value: value } }],
  ...more,
});
const percent = (numerator: number): Json => ({ default_value: { numerator }, runtime_key: 'k' });

function hosts(
  limits: readonly Json[],
  action: Json = {},
  virtualHost: Json = {},
  route: Json = {},
): readonly Json[] {
  const one = {
    match: { prefix: '/' },
    route: { cluster: 'CLUSTER', rate_limits: limits, ...action },
    ...route,
  };
  return [{ name: 'v', domains: ['*'], routes: [one], ...virtualHost }];
}

const perRoute = (config: Json): Json => ({
  typed_per_filter_config: {
    'envoy.filters.http.ratelimit': { '@type': `${types}RateLimitPerRoute`, ...config },
  },
});

export function rateLimitCases(port: number): Record<string, Case> {
  const limited = (config: Json, virtualHosts: readonly Json[], more: Partial<Case> = {}): Case => ({
    request: get(),
    filters: [
      {
        name: 'envoy.filters.http.ratelimit',
        typed_config: {
          '@type': `${types}RateLimit`,
          domain: 'd',
          timeout: '1.4s',
          rate_limit_service: {
            transport_api_version: 'V3',
            grpc_service: { google_grpc: { target_uri: `127.0.0.1:${port}`, stat_prefix: 'rls' } },
          },
          ...config,
        },
      },
    ],
    virtualHosts,
    stats: 'cluster.CLUSTER.ratelimit',
    ...more,
  });
  const body = 'POST /x HTTP/1.1\r\nHost: a\r\ncontent-length: 3\r\n\r\nabc';
  const headers = { enable_x_ratelimit_headers: 'DRAFT_VERSION_03' };
  const grpc = { request: get(['content-type: application/grpc']) };
  return {
    fine: limited({}, hosts([key('fine')])),
    'fine, with a body': limited({}, hosts([key('slow')]), { request: body }),
    'over the limit': limited({}, hosts([key('over')])),
    'over the limit, gRPC': limited({}, hosts([key('over')]), grpc),
    'over the limit, gRPC, resource exhausted': limited(
      { rate_limited_as_resource_exhausted: true },
      hosts([key('over')]),
      grpc,
    ),
    'over the limit, another status': limited(
      { rate_limited_status: { code: 'ServiceUnavailable' } },
      hosts([key('over')]),
    ),
    'over the limit, no error': limited({ rate_limited_status: { code: 'OK' } }, hosts([key('over')])),
    'over the limit, all headers': limited(
      {
        ...headers,
        enable_retry_after_header: true,
        response_headers_to_add: [{ header: { key: 'x-more', value: '%PROTOCOL%' } }],
      },
      hosts([key('over')]),
    ),
    'over the limit, not told': limited({ disable_x_envoy_ratelimited_header: true }, hosts([key('over')])),
    'over the limit, not enforced': limited({ filter_enforced: percent(0) }, hosts([key('over')])),
    'not enabled': limited({ filter_enabled: percent(0) }, hosts([key('over')])),
    'limits told': limited(headers, hosts([key('limits')])),
    'no limits told': limited(headers, hosts([key('fine')])),
    headers: limited({}, hosts([key('headers')])),
    metadata: limited({}, hosts([key('metadata')]), {
      logFormat: '%DYNAMIC_METADATA(envoy.filters.http.ratelimit)%',
    }),
    'metadata, another namespace': limited({ metadata_namespace: 'n' }, hosts([key('metadata')]), {
      logFormat: '%DYNAMIC_METADATA(envoy.filters.http.ratelimit)% %DYNAMIC_METADATA(n)%',
    }),
    'a failure is let through': limited({}, hosts([key('fail')])),
    'a failure is refused': limited({ failure_mode_deny: true }, hosts([key('fail')])),
    'a failure is refused, another status': limited(
      { failure_mode_deny: true, status_on_error: { code: 'BadGateway' } },
      hosts([key('fail')]),
    ),
    'a failure is refused, by chance': limited(
      { failure_mode_deny_percent: percent(100) },
      hosts([key('fail')]),
    ),
    'an unknown code': limited({ failure_mode_deny: true }, hosts([key('unknown')])),
    'no answer': limited({ timeout: '0.1s', failure_mode_deny: true }, hosts([key('never')])),
    'no answer, let through': limited({ timeout: '0.1s' }, hosts([key('never')])),
    'nobody there': limited(
      {
        failure_mode_deny: true,
        timeout: '0.2s',
        rate_limit_service: {
          transport_api_version: 'V3',
          grpc_service: { google_grpc: { target_uri: '127.0.0.1:1', stat_prefix: 'rls' } },
        },
      },
      hosts([key('fine')]),
    ),
    'no descriptors': limited({}, hosts([])),
    'another stage': limited({ stage: 2 }, hosts([key('over')])),
    'that stage': limited({ stage: 2 }, hosts([key('over', { stage: 2 })])),
    'a prefix of the statistics': limited({ stat_prefix: 'sp' }, hosts([key('fine')])),
    'internal only': limited({ request_type: 'internal' }, hosts([key('over')])),
    'external only': limited({ request_type: 'external' }, hosts([key('over')])),
    'of the virtual host': limited({}, hosts([], {}, { rate_limits: [key('over')] })),
    'of the virtual host, overridden': limited({}, hosts([key('fine')], {}, { rate_limits: [key('over')] })),
    'of the virtual host, included': limited(
      {},
      hosts([key('fine')], { include_vh_rate_limits: true }, { rate_limits: [key('over')] }),
    ),
    'of the virtual host, included by the route': limited(
      {},
      hosts([key('fine')], {}, { rate_limits: [key('over')] }, perRoute({ vh_rate_limits: 'INCLUDE' })),
    ),
    'of the virtual host, ignored by the route': limited(
      {},
      hosts([], {}, { rate_limits: [key('over')] }, perRoute({ vh_rate_limits: 'IGNORE' })),
    ),
    'limits of the filter': limited({ rate_limits: [key('over')] }, hosts([key('fine')])),
    'limits of the route for the filter': limited(
      { rate_limits: [key('over')] },
      hosts([key('over')], {}, {}, perRoute({ rate_limits: [key('fine')] })),
    ),
    hits: limited({}, hosts([key('fine', { hits_addend: { number: 5 } })])),
    'no cluster': limited({}, hosts([key('over')], { cluster: undefined, cluster_header: 'x-none' })),
    'headers of the route': limited(
      {},
      hosts([key('over')], {}, {}, { response_headers_to_add: [{ header: { key: 'x-route', value: '1' } }] }),
    ),
  };
}
