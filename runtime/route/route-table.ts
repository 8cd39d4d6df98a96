/**
 * The contract of routing: a `RouteConfiguration` compiled once into a table; matching does no I/O and changes nothing,
 * so that the compiler's route tests run the same code. Implementation in `compile-route-table.ts`.
 */
import type { HeaderList } from '../common/header-list.js';
import type { MetadataCriterion } from '../common/metadata-criteria.js';
import type { Fields } from '../common/message-fields.js';
import type { StreamInfo } from '../common/stream-info.js';
import type { TracedRoute } from '../tracing/request-trace.js';
import type { HeaderTest } from './compile-header-matcher.js';

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
  /** `ip:port` of the client, after `x-forwarded-for` was believed or not; absent where there is no connection. */
  readonly downstreamRemoteAddress?: string;
}

/** A request as hash policies see it. */
export interface HashedRequest extends RouteRequest {
  /** 16 hexadecimal digits that stand for the client's connection: the value of cookies that a policy makes. */
  connectionHash(): string;
  /** A `set-cookie` for the response. */
  addSetCookie(value: string): void;
}

/** @returns unsigned, of 64 bits; undefined when the request has nothing that is hashed */
export type HashPolicy = (request: HashedRequest) => bigint | undefined;
/** A test of the request besides its path. */
export type RequestTest = (request: RouteRequest) => boolean;

/** Adds, replaces or removes headers, in Envoy's order: route, virtual host, route configuration (or the reverse). */
export type HeaderMutation = (headers: HeaderList, info: StreamInfo) => void;

/** What a retry wants no more: hosts that were tried, canaries, or hosts of some metadata. */
export type RetryHostPredicate =
  | { readonly kind: 'previous_hosts' }
  | { readonly kind: 'omit_canary_hosts' }
  | { readonly kind: 'omit_host_metadata'; readonly criteria: readonly MetadataCriterion[] };

/** A header with a number: seconds from now, or seconds since 1970. */
export interface ResetHeader {
  readonly name: string;
  readonly format: 'SECONDS' | 'UNIX_TIMESTAMP';
}

export interface RetryPolicy {
  /** Tokens of `retry_on`: `5xx`, `gateway-error`, `connect-failure`, `reset`, `retriable-4xx`, `unavailable`, ... */
  readonly retryOn: ReadonlySet<string>;
  /** `num_retries`, default 1. */
  readonly numRetries: number;
  /** 0 = none: the global time-out counts for each try. */
  readonly perTryTimeoutMs: number;
  /** Between two parts of a response; 0 = none. */
  readonly perTryIdleTimeoutMs: number;
  readonly retriableStatusCodes: ReadonlySet<number>;
  /** Tests of the response's headers, for `retriable-headers`. */
  readonly retriableHeaders: readonly HeaderTest[];
  /** When there are any, one of them must fit the request, or it is not tried again. */
  readonly retriableRequestHeaders: readonly HeaderTest[];
  /** Hosts that a retry would rather not have, by `retry_host_predicate`. */
  readonly hostPredicates: readonly RetryHostPredicate[];
  /** `host_selection_retry_max_attempts`, default 1. */
  readonly hostSelectionMaxAttempts: number;
  /** `update_frequency` of `previous_priorities`; 0: retries choose priorities as any request. */
  readonly previousPrioritiesFrequency: number;
  /** `rate_limited_retry_back_off`: headers that say when to come back; the first that says something counts. */
  readonly resetHeaders: readonly ResetHeader[];
  /** A longer time is not waited for. */
  readonly resetMaxMs: number;
  /** Base and maximum of the jittered back-off, default 25 ms and ten times the base. */
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
}

/** `request_mirror_policies`: where a copy of the request goes, whose answer nobody sees. */
export interface MirrorPolicy {
  /** undefined: the request names none. */
  cluster(request: RouteRequest): string | undefined;
  /** Whether this request is copied. */
  applies(request: RouteRequest): boolean;
  /** `-shadow` is put behind the host's name, unless `disable_shadow_host_suffix_append`. */
  readonly appendsSuffix: boolean;
  /** `host_rewrite_literal`; `''`: the host of the request. */
  readonly hostRewrite: string;
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
  /** `filter_metadata` of the route; undefined when it has none. */
  readonly metadata: Fields | undefined;
  /** `tracing` and `decorator`; undefined when the route has neither. */
  readonly traced: TracedRoute | undefined;
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
  /** Path with query to send; equal to the request's when there is no rewrite. undefined: it would be empty, and stays. */
  rewritePath(path: string): string | undefined;
  /** Authority that a weighted cluster gives the request before the route may change it, untold; `''`: none. */
  readonly ownAuthority: string;
  /** Authority to send, undefined = unchanged. `'auto'` host rewrite is told by `autoHostRewrite`. */
  rewriteAuthority(request: RouteRequest): string | undefined;
  readonly autoHostRewrite: boolean;
  /** A rewrite is configured: `x-envoy-original-path` is set even where the path stays equal, as in Envoy. */
  readonly rewritesPath: boolean;
  /** `include_request_attempt_count`, `include_attempt_count_in_response` of the virtual host. */
  readonly includeRequestAttemptCount: boolean;
  readonly includeAttemptCountInResponse: boolean;
  /** `include_is_timeout_retry_header`. */
  readonly includeIsTimeoutRetry: boolean;
  readonly appendXForwardedHost: boolean;
  /** `timeout`: default 15 s, 0 = none. */
  readonly timeoutMs: number;
  /** `idle_timeout` of the route, undefined = that of the connection manager, 0 = none. */
  readonly idleTimeoutMs: number | undefined;
  /** `max_stream_duration`, undefined when the route says nothing of it. */
  readonly maxStreamDuration: StreamDuration | undefined;
  readonly retryPolicy: RetryPolicy | undefined;
  /** `hedge_policy.hedge_on_per_try_timeout`. */
  readonly hedgeOnPerTryTimeout: boolean;
  readonly priority: 'DEFAULT' | 'HIGH';
  readonly hashPolicy: HashPolicy | undefined;
  /** `metadata_match`: the subset of hosts that may be chosen. */
  readonly metadataMatch: readonly MetadataCriterion[] | undefined;
  readonly mirrorPolicies: readonly MirrorPolicy[];
  /**
   * Octets of a body that are kept for a retry; undefined: as many as the listener buffers. Only `request_body_buffer_limit` may
   * exceed those.
   */
  readonly bufferLimit: { readonly bytes: number; readonly mayExceed: boolean } | undefined;
  /** 503 by default (`cluster_not_found_response_code`). */
  readonly clusterNotFoundCode: number;
  /** Upgrades that the route turns on or off, by lower-case name. */
  readonly upgrades: ReadonlyMap<string, boolean>;
}

/** `RouteAction.MaxStreamDuration`, in milliseconds. */
export interface StreamDuration {
  /** undefined: that of the connection manager; 0: without limit. */
  readonly maxMs: number | undefined;
  /** Most that the client's `grpc-timeout` may ask for (0: anything); undefined: it is not looked at. */
  readonly grpcMaxMs: number | undefined;
  /** Taken off the client's, so that we give up before it does. */
  readonly grpcOffsetMs: number;
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
    /** What it is called where it is unknown. */
    readonly kind: 'cluster' | 'weighted cluster' | 'shadow cluster';
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
