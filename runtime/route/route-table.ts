/**
 * The contract of routing: a `RouteConfiguration` compiled once into a table; matching does no I/O and changes nothing,
 * so that the compiler's route tests run the same code. Implementation in `compile-route-table.ts`.
 */
import type { HeaderList } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import type { StreamInfo } from '../common/stream-info.js';

/** What the table looks at; the HTTP stream implements it. */
export interface RouteRequest {
  readonly method: string;
  readonly scheme: string;
  /** Host header, as sent. */
  readonly authority: string;
  /** Path with query. */
  readonly path: string;
  readonly headers: HeaderList;
  /** An integer of [0, 2^32), fixed for the request: weighted clusters and runtime fractions. */
  readonly random: number;
}

/** A test of the request besides its path. */
export type RequestTest = (request: RouteRequest) => boolean;

/** Adds, replaces or removes headers, in Envoy's order: route, virtual host, route configuration (or the reverse). */
export type HeaderMutation = (headers: HeaderList, info: StreamInfo) => void;

export interface RetryPolicy {
  /** Tokens of `retry_on`: `5xx`, `gateway-error`, `connect-failure`, `reset`, `retriable-4xx`, ... */
  readonly retryOn: ReadonlySet<string>;
  /** `num_retries`, default 1. */
  readonly numRetries: number;
  /** 0 = none: the global time-out counts for each try. */
  readonly perTryTimeoutMs: number;
  readonly retriableStatusCodes: ReadonlySet<number>;
  /** Base and maximum of the jittered back-off, default 25 ms and ten times the base. */
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
}

/** What all outcomes share. */
export interface RouteCommon {
  /** `name` of the route, `''` when it has none. */
  readonly name: string;
  readonly virtualHostName: string;
  readonly requestHeaders: HeaderMutation | undefined;
  readonly responseHeaders: HeaderMutation | undefined;
  /** What all levels say of HTTP filters (`typed_per_filter_config`), by the configured name of the filter. */
  readonly filterConfigs: ReadonlyMap<string, RouteFilterConfig>;
  /** `cors` of the virtual host and of the action, deprecated; as `filterConfigs` has them, the least specific first. */
  readonly olderCors: readonly unknown[];
  /** Descriptors for rate limit filters. */
  readonly rateLimits: RouteRateLimits;
}

/** What the levels of a route say of one HTTP filter. */
export interface RouteFilterConfig {
  /** Of the most specific level that speaks of the filter; undefined: none turns it on or off. */
  readonly disabled: boolean | undefined;
  /** Compiled; undefined when no level has one. */
  readonly mostSpecific: unknown;
  /** Of all levels, the least specific first. */
  readonly all: readonly unknown[];
}

/** `rate_limits` of a route and of its virtual host. */
export interface RouteRateLimits {
  readonly route: readonly RateLimitPolicy[];
  readonly virtualHost: readonly RateLimitPolicy[];
  /** `include_vh_rate_limits`: those of the virtual host count although the route has some. */
  readonly includeVirtualHost: boolean;
}

/** One entry of a rate limit service's descriptor, or of a local one. */
export interface RateLimitEntry {
  readonly key: string;
  readonly value: string;
}

/** One `RateLimit` of a route. */
export interface RateLimitPolicy {
  /** Only filters of the same stage look at it. */
  readonly stage: number;
  /** @returns undefined when one of its actions finds nothing: there is no descriptor then */
  descriptor(subject: RateLimitSubject): readonly RateLimitEntry[] | undefined;
  /** `hits_addend` for this request; undefined: the default. */
  hitsAddend(subject: RateLimitSubject): number | undefined;
  /** Counted when the response has ended instead. */
  readonly applyOnStreamDone: boolean;
}

/** What the actions of rate limits look at. */
export interface RateLimitSubject {
  readonly request: RouteRequest;
  readonly info: StreamInfo;
  /** Of the client, without port. */
  readonly remoteAddress: string;
  /** `--service-cluster`, or that of the node. */
  readonly localCluster: string;
  /** Of the route; undefined when there is none. */
  readonly cluster: string | undefined;
}

/** Proxy to a cluster. */
export interface RouteToCluster extends RouteCommon {
  readonly kind: 'cluster';
  /** For `cluster_header` this depends on the request; undefined: the header is absent. Of weighted clusters `match` has chosen one. */
  cluster(request: RouteRequest): string | undefined;
  /** Path with query to send; equal to the request's when there is no rewrite. */
  rewritePath(path: string): string;
  /** Authority to send, undefined = unchanged. `'auto'` host rewrite is told by `autoHostRewrite`. */
  rewriteAuthority(request: RouteRequest): string | undefined;
  readonly autoHostRewrite: boolean;
  /** A rewrite is configured: `x-envoy-original-path` is set even where the path stays equal, as in Envoy. */
  readonly rewritesPath: boolean;
  /** `include_request_attempt_count`, `include_attempt_count_in_response` of the virtual host. */
  readonly includeRequestAttemptCount: boolean;
  readonly includeAttemptCountInResponse: boolean;
  readonly appendXForwardedHost: boolean;
  /** `timeout`: default 15 s, 0 = none. */
  readonly timeoutMs: number;
  /** `idle_timeout` of the route, undefined = that of the connection manager, 0 = none. */
  readonly idleTimeoutMs: number | undefined;
  readonly retryPolicy: RetryPolicy | undefined;
  readonly priority: 'DEFAULT' | 'HIGH';
  /** 503 by default (`cluster_not_found_response_code`). */
  readonly clusterNotFoundCode: number;
  /** Upgrades that the route turns on or off, by lower-case name. */
  readonly upgrades: ReadonlyMap<string, boolean>;
}

export interface RouteToRedirect extends RouteCommon {
  readonly kind: 'redirect';
  readonly code: number;
  location(request: RouteRequest): string;
}

export interface RouteToDirectResponse extends RouteCommon {
  readonly kind: 'direct_response';
  readonly code: number;
  readonly body: Buffer;
}

export type Route = RouteToCluster | RouteToRedirect | RouteToDirectResponse;

export interface RouteTable {
  readonly name: string;
  /** undefined: 404 `route_not_found`. A plain-text request to a `require_tls` virtual host gives a 301 redirect. */
  match(request: RouteRequest): Route | undefined;
  /** Names of all clusters that some route names, with the path in the configuration (for `validate_clusters`). */
  readonly clusterReferences: readonly {
    readonly cluster: string;
    readonly path: readonly (string | number)[];
  }[];
}

/**
 * Compiles a message of `typed_per_filter_config`. @param config its canonical payload, with `@type`
 * @throws ConfigError with the path inside it
 */
export type CompileFilterConfig = (filterName: string, config: Fields) => unknown;

/**
 * @param compileFilterConfig default: payloads are kept as they are
 * @throws ConfigError with the path inside the route configuration.
 */
export type CompileRouteTable = (config: unknown, compileFilterConfig?: CompileFilterConfig) => RouteTable;
