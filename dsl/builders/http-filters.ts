/**
 * HTTP filters: `httpListener(8080, { virtualHosts, filters: [cors(), localRateLimit({ requests: 100 })] })`. They run in
 * the order given; the router is added behind them.
 */
import type * as api from '../api/generated/types.js';
import type { Cluster, GrpcService, HeaderMatcher, HttpFilter } from '../types.js';
import { carry, nameOf, valuesOf } from './carried-clusters.js';
import type { DurationInput } from './duration.js';
import { duration } from './duration.js';
import { defined, extension } from './extension.js';

const prefix = 'envoy.extensions.filters.http.';

function filter(name: string, type: string, config: object = {}): HttpFilter {
  return extension<HttpFilter>(`envoy.filters.http.${name}`, `${prefix}${type}`, config);
}

function percent(value: number): api.envoy_type_v3_FractionalPercent {
  if (!(value >= 0 && value <= 100)) throw new RangeError(`${value} is not a percentage; give 0 to 100`);
  return Number.isInteger(value)
    ? { numerator: value, denominator: 'HUNDRED' }
    : { numerator: Math.round(value * 10_000), denominator: 'MILLION' };
}

/** A gRPC service behind a cluster, given by value or by name. @param timeout of a call */
export function grpcService(target: Cluster | string, timeout?: DurationInput): GrpcService {
  const service = {
    envoy_grpc: { cluster_name: nameOf(target) },
    ...(timeout === undefined ? {} : { timeout: duration(timeout) }),
  } as GrpcService;
  return carry(service, valuesOf([target]));
}

/** Answers preflight requests. What is allowed stands at virtual hosts or routes, by `corsPolicy`. */
export function cors(): HttpFilter {
  return filter('cors', 'cors.v3.Cors');
}

/** Of `corsPolicy`. */
export interface CorsPolicyOptions {
  /** Origins, exact. */
  readonly origins: readonly string[];
  /** Default GET, HEAD, POST, PUT, PATCH, DELETE. */
  readonly methods?: readonly string[];
  readonly headers?: readonly string[];
  readonly exposeHeaders?: readonly string[];
  readonly credentials?: boolean;
  /** How long a browser may keep the answer. */
  readonly maxAge?: DurationInput;
}

/** For `typed_per_filter_config` of a virtual host or route: `raw: { typed_per_filter_config: corsPolicy({...}) }`. */
export function corsPolicy(
  options: CorsPolicyOptions,
): NonNullable<api.envoy_config_route_v3_VirtualHost['typed_per_filter_config']> {
  const { credentials, exposeHeaders, headers, maxAge, methods, origins } = options;
  return {
    'envoy.filters.http.cors': {
      '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy',
      ...defined({
        allow_origin_string_match: origins.map((exact) => ({ exact })),
        allow_methods: (methods ?? ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']).join(','),
        allow_headers: headers?.join(','),
        expose_headers: exposeHeaders?.join(','),
        allow_credentials: credentials,
        max_age: maxAge === undefined ? undefined : duration(maxAge).replace(/s$/, ''),
      }),
    },
  };
}

/** Of `fault`. */
export interface FaultOptions {
  /** Answers instead of the upstream. */
  readonly abort?: { readonly status: number; readonly percent: number };
  /** Waits before the upstream is asked. */
  readonly delay?: { readonly duration: DurationInput; readonly percent: number };
  /** Only requests with these headers. */
  readonly headers?: readonly HeaderMatcher[];
}

/** Failures and delays on purpose. */
export function fault({ abort, delay, headers }: FaultOptions): HttpFilter {
  return filter('fault', 'fault.v3.HTTPFault', {
    abort: abort && { http_status: abort.status, percentage: percent(abort.percent) },
    delay: delay && { fixed_delay: duration(delay.duration), percentage: percent(delay.percent) },
    headers,
  });
}

/** Of `localRateLimit`. */
export interface LocalRateLimitOptions {
  /** Requests that may pass in each interval, of each Envoy process. */
  readonly requests: number;
  /** Default one second. */
  readonly per?: DurationInput;
  /** Default 429. */
  readonly status?: number;
  /** Default `http_local_rate_limiter`. */
  readonly statPrefix?: string;
}

/** A token bucket in the proxy itself. Enforced for all requests, where Envoy's own default is none. */
export function localRateLimit(options: LocalRateLimitOptions): HttpFilter {
  const { per = '1s', requests, statPrefix = 'http_local_rate_limiter', status } = options;
  const always = { default_value: { numerator: 100, denominator: 'HUNDRED' } };
  return filter('local_ratelimit', 'local_ratelimit.v3.LocalRateLimit', {
    stat_prefix: statPrefix,
    status: status === undefined ? undefined : { code: status },
    token_bucket: { max_tokens: requests, tokens_per_fill: requests, fill_interval: duration(per) },
    filter_enabled: always,
    filter_enforced: always,
  });
}

/** Of `rateLimit`. */
export interface RateLimitOptions {
  readonly domain: string;
  /** The rate limit service, over gRPC. */
  readonly service: Cluster | string;
  /** Of a call, default 20 ms as in Envoy. */
  readonly timeout?: DurationInput;
  /** Refuse requests when the service does not answer. Default: let them pass. */
  readonly failClosed?: boolean;
}

/** Asks a rate limit service. Descriptors stand at routes (`rate_limits`). */
export function rateLimit({ domain, failClosed, service, timeout }: RateLimitOptions): HttpFilter {
  const built = filter('ratelimit', 'ratelimit.v3.RateLimit', {
    domain,
    timeout: timeout === undefined ? undefined : duration(timeout),
    failure_mode_deny: failClosed,
    rate_limit_service: { grpc_service: grpcService(service), transport_api_version: 'V3' },
  });
  return carry(built, valuesOf([service]));
}

/** Of `extAuthz`. */
export interface ExtAuthzOptions {
  /** The authorization service. */
  readonly service: Cluster | string;
  /** Over plain HTTP, with this URI (its host is the host header); default: gRPC. */
  readonly http?: { readonly uri: string; readonly pathPrefix?: string };
  /** Of a call, default 200 ms as in Envoy. */
  readonly timeout?: DurationInput;
  /** Let requests pass when the service does not answer. Default: refuse them. */
  readonly failOpen?: boolean;
  /** Any other field of `ExtAuthz`; it wins over what the builder sets. */
  readonly raw?: Partial<api.envoy_extensions_filters_http_ext_authz_v3_ExtAuthz>;
}

/** Asks a service whether a request may pass. */
export function extAuthz({ failOpen, http, raw, service, timeout = '200ms' }: ExtAuthzOptions): HttpFilter {
  const call =
    http === undefined
      ? { grpc_service: grpcService(service, timeout) }
      : {
          http_service: defined({
            server_uri: { uri: http.uri, cluster: nameOf(service), timeout: duration(timeout) },
            path_prefix: http.pathPrefix,
          }),
        };
  const built = filter('ext_authz', 'ext_authz.v3.ExtAuthz', {
    ...call,
    transport_api_version: 'V3',
    failure_mode_allow: failOpen,
    ...raw,
  });
  return carry(built, valuesOf([service]));
}

/** Who signs tokens, and where the keys are. */
export interface JwtProviderInput {
  readonly issuer: string;
  readonly audiences?: readonly string[];
  /** Keys: a file that the proxy reads, or a URI with the cluster that it is fetched through. */
  readonly jwks:
    | { readonly file: string }
    | { readonly uri: string; readonly cluster: Cluster | string; readonly cache?: DurationInput };
  /** Header that gets the payload, base64url. */
  readonly payloadHeader?: string;
  /** Let the token go on to the upstream. Default: it is removed. */
  readonly forward?: boolean;
}

/** Of `jwtAuthn`. */
export interface JwtAuthnOptions<Providers extends string> {
  readonly providers: Readonly<Record<Providers, JwtProviderInput>>;
  /** The first prefix that fits counts; `null`: no token is asked for. Default: every path needs the first provider. */
  readonly rules?: readonly { readonly prefix: string; readonly provider: NoInfer<Providers> | null }[];
}

/** Checks JSON Web Tokens. */
export function jwtAuthn<const Providers extends string>(options: JwtAuthnOptions<Providers>): HttpFilter {
  const given = Object.entries(options.providers) as [Providers, JwtProviderInput][];
  const [first] = given;
  if (first === undefined) throw new TypeError('jwtAuthn needs a provider');
  const providers = Object.fromEntries(
    given.map(([name, { audiences, forward, issuer, jwks, payloadHeader }]) => [
      name,
      defined({
        issuer,
        audiences,
        ...('file' in jwks
          ? { local_jwks: { filename: jwks.file } }
          : {
              remote_jwks: {
                http_uri: { uri: jwks.uri, cluster: nameOf(jwks.cluster), timeout: '5s' },
                cache_duration: duration(jwks.cache ?? '5m'),
              },
            }),
        forward,
        forward_payload_header: payloadHeader,
      }),
    ]),
  );
  const rules = (options.rules ?? [{ prefix: '/', provider: first[0] }]).map(
    ({ prefix: path, provider }) => ({
      match: { prefix: path },
      ...(provider === null ? {} : { requires: { provider_name: provider } }),
    }),
  );
  const clusters = given.flatMap(([, { jwks }]) => ('cluster' in jwks ? [jwks.cluster] : []));
  return carry(
    filter('jwt_authn', 'jwt_authn.v3.JwtAuthentication', { providers, rules }),
    valuesOf(clusters),
  );
}

/** Lets requests pass, or refuses them, by who sends them and what they ask for. Policies as in Envoy's own shape. */
export function rbac(
  action: 'ALLOW' | 'DENY',
  policies: Readonly<Record<string, api.envoy_config_rbac_v3_Policy>>,
): HttpFilter {
  return filter('rbac', 'rbac.v3.RBAC', { rules: { action, policies } });
}

/** Of `compressor`. */
export interface CompressorOptions {
  /** Smaller answers stay as they are, in bytes; Envoy's default is 30. */
  readonly minimumBytes?: number;
  /** Default: those of Envoy. */
  readonly contentTypes?: readonly string[];
}

/** Compresses answers for clients that take it. */
export function compressor(
  kind: 'gzip' | 'brotli' | 'zstd' = 'gzip',
  options: CompressorOptions = {},
): HttpFilter {
  const { contentTypes, minimumBytes } = options;
  const type = {
    gzip: 'gzip.compressor.v3.Gzip',
    brotli: 'brotli.compressor.v3.Brotli',
    zstd: 'zstd.compressor.v3.Zstd',
  }[kind];
  const common = defined({ min_content_length: minimumBytes, content_type: contentTypes });
  return filter('compressor', 'compressor.v3.Compressor', {
    response_direction_config: Object.keys(common).length === 0 ? undefined : { common_config: common },
    compressor_library: extension(kind, `envoy.extensions.compression.${type}`),
  });
}

/** Takes whole requests before the upstream sees them. @param maxBytes larger ones get 413 */
export function buffer(maxBytes: number): HttpFilter {
  return filter('buffer', 'buffer.v3.Buffer', { max_request_bytes: maxBytes });
}

/** Answers a path itself: 200, or 503 while the proxy drains. */
export function healthCheckEndpoint(path: `/${string}`): HttpFilter {
  return filter('health_check', 'health_check.v3.HealthCheck', {
    pass_through_mode: false,
    headers: [{ name: ':path', string_match: { exact: path } }],
  });
}

/** gRPC-Web of browsers -> gRPC. */
export function grpcWeb(): HttpFilter {
  return filter('grpc_web', 'grpc_web.v3.GrpcWeb');
}

/** gRPC over HTTP/1.1, unary only, -> gRPC. */
export function grpcHttp1Bridge(): HttpFilter {
  return filter('grpc_http1_bridge', 'grpc_http1_bridge.v3.Config');
}

/** Counts gRPC calls. @param perMethod for each method of its own */
export function grpcStats(perMethod = false): HttpFilter {
  return filter('grpc_stats', 'grpc_stats.v3.FilterConfig', perMethod ? { stats_for_all_methods: true } : {});
}

/** JSON <-> gRPC. @param descriptor file with the descriptors, read by the proxy */
export function grpcJsonTranscoder(descriptor: string, services: readonly string[]): HttpFilter {
  return filter('grpc_json_transcoder', 'grpc_json_transcoder.v3.GrpcJsonTranscoder', {
    proto_descriptor: descriptor,
    services,
    print_options: { add_whitespace: false, always_print_primitive_fields: true },
  });
}

/** A script in Lua, with `envoy_on_request` or `envoy_on_response`. */
export function lua(code: string): HttpFilter {
  return filter('lua', 'lua.v3.Lua', { default_source_code: { inline_string: code } });
}

/** Refuses requests of other sites that change something. Their targets are the origins of routes. */
export function csrf(percentEnforced = 100): HttpFilter {
  return filter('csrf', 'csrf.v3.CsrfPolicy', {
    filter_enabled: { default_value: percent(percentEnforced) },
  });
}
