/**
 * `envoy.filters.http.ratelimit`: asks a rate limit service (`envoy.service.ratelimit.v3`) whether a request may pass. The
 * request waits for the answer, which may add headers to both messages.
 */
import { ipOf } from '../../../common/address-text.js';
import type { Fraction } from '../../../common/fractional-percent.js';
import { isDrawn, runtimeFractionOf } from '../../../common/fractional-percent.js';
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader } from '../../../common/header-list.js';
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, numberOf, textOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import { onlyValues } from '../../../config/supported-fields.js';
import type { RequestHead, ResponseHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
  StreamFilterContext,
} from '../../../http/filter.js';
import { grpcReplyHeaders } from '../../../http/local-reply.js';
import { statusCodeOf } from '../../../http/status-code.js';
import { under } from '../../../network/config-path.js';
import { compileHeaderMutation } from '../../../route/compile-header-mutation.js';
import { compileRateLimits } from '../../../route/compile-rate-limits.js';
import type { HeaderMutation, RateLimitPolicy, RouteToCluster } from '../../../route/route-table.js';
import type { StatsScope } from '../../../stats/stat.js';
import type { Cluster } from '../../../upstream/cluster/cluster.js';
import type { GrpcService, UnaryCall } from '../../../upstream/grpc-service.js';
import { createGrpcService, grpcServiceSupportedFields } from '../../../upstream/grpc-service.js';
import { rateLimitHeaders, retryAfterSeconds } from './rate-limit-headers.js';
import type { RateLimitResponse, ServiceDescriptor } from './rate-limit-messages.js';
import { readRateLimitResponse, writeRateLimitRequest } from './rate-limit-messages.js';

const message = 'envoy.extensions.filters.http.ratelimit.v3.';
const method = '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit';
/** `RESOURCE_EXHAUSTED`. */
const resourceExhausted = 8;

interface RateLimitOptions {
  readonly service: GrpcService;
  readonly domain: string;
  readonly stage: number;
  readonly requestType: 'internal' | 'external' | 'both';
  readonly timeoutMs: number;
  /** How often a failure of the service refuses the request. */
  readonly failureDenies: Fraction;
  readonly asResourceExhausted: boolean;
  readonly tellsLimits: boolean;
  readonly tellsLimited: boolean;
  readonly tellsRetryAfter: boolean;
  readonly limitedStatus: number;
  readonly errorStatus: number;
  readonly responseHeaders: HeaderMutation | undefined;
  readonly enabled: Fraction;
  readonly enforced: Fraction;
  readonly policies: readonly RateLimitPolicy[];
  readonly metadataName: string;
  /** `ratelimit.`, with the filter's prefix. */
  readonly statInfix: string;
  readonly stats: StatsScope;
  readonly random: () => number;
  readonly localCluster: string;
}

/** What a route says. */
interface RateLimitRoute {
  readonly domain: string;
  readonly policies: readonly RateLimitPolicy[];
  readonly virtualHost: 'OVERRIDE' | 'INCLUDE' | 'IGNORE';
}

const always: Fraction = { numerator: 1, denominator: 1 };
const never: Fraction = { numerator: 0, denominator: 1 };

function errorCode(status: unknown, absent: number): number {
  const code = statusCodeOf(status) ?? absent;
  return code < 400 ? absent : code;
}

function compileOptions(config: Fields, context: StreamFilterContext): RateLimitOptions {
  const fraction = (given: unknown, absent: Fraction): Fraction =>
    given === undefined ? absent : runtimeFractionOf(given);
  const prefix = textOf(config.stat_prefix);
  return {
    service: under(
      () => createGrpcService(messageOf(config.rate_limit_service).grpc_service, context),
      'rate_limit_service',
      'grpc_service',
    ),
    domain: textOf(config.domain),
    stage: numberOf(config.stage, 0),
    requestType: (textOf(config.request_type) || 'both') as RateLimitOptions['requestType'],
    timeoutMs: durationOf(config.timeout, 20),
    failureDenies: fraction(
      config.failure_mode_deny_percent,
      config.failure_mode_deny === true ? always : never,
    ),
    asResourceExhausted: config.rate_limited_as_resource_exhausted === true,
    tellsLimits: config.enable_x_ratelimit_headers === 'DRAFT_VERSION_03',
    tellsLimited: config.disable_x_envoy_ratelimited_header !== true,
    tellsRetryAfter: config.enable_retry_after_header === true,
    limitedStatus: errorCode(config.rate_limited_status, 429),
    errorStatus: statusCodeOf(config.status_on_error) ?? 500,
    responseHeaders: compileHeaderMutation(
      { response_headers_to_add: config.response_headers_to_add },
      'response',
    ),
    enabled: fraction(config.filter_enabled, always),
    enforced: fraction(config.filter_enforced, always),
    policies: under(() => compileRateLimits(config.rate_limits), 'rate_limits'),
    metadataName: textOf(config.metadata_namespace) || 'envoy.filters.http.ratelimit',
    statInfix: prefix === '' ? 'ratelimit.' : `ratelimit.${prefix}.`,
    stats: context.stats,
    random: context.random,
    localCluster: context.node.cluster,
  };
}

/** @param given `RateLimitPerRoute`. @throws ConfigError with the path inside the message */
function compileRoute(given: unknown): RateLimitRoute {
  const config = messageOf(given);
  return {
    domain: textOf(config.domain),
    policies: under(() => compileRateLimits(config.rate_limits), 'rate_limits'),
    virtualHost: textOf(config.vh_rate_limits, 'OVERRIDE') as RateLimitRoute['virtualHost'],
  };
}

class LimitedStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly options: RateLimitOptions;
  private readonly clusters: StreamFilterContext['clusters'];
  private cluster: Cluster | undefined = undefined;
  private call: UnaryCall | undefined = undefined;
  /** The answer came within the call. */
  private isCalling = false;
  private requestHeaders: HeaderList = [];
  private responseHeaders: HeaderList = [];
  private afterwards: readonly ServiceDescriptor[] = [];
  private domain = '';

  constructor(
    callbacks: StreamFilterCallbacks,
    options: RateLimitOptions,
    clusters: StreamFilterContext['clusters'],
  ) {
    this.callbacks = callbacks;
    this.options = options;
    this.clusters = clusters;
  }

  decodeHeaders({ headers }: RequestHead): FilterStatus {
    const { callbacks, options } = this;
    const { route } = callbacks;
    if (!isDrawn(options.enabled, options.random()) || route?.kind !== 'cluster') return 'continue';
    const isInternal = getHeader(headers, 'x-envoy-internal') === 'true';
    if (options.requestType === (isInternal ? 'external' : 'internal')) return 'continue';
    const name = route.cluster(callbacks.request);
    this.cluster = name === undefined ? undefined : this.clusters.get(name);
    if (this.cluster === undefined) return 'continue';
    this.requestHeaders = headers;
    const ofRoute = callbacks.routeConfig as RateLimitRoute | undefined;
    this.domain = ofRoute?.domain || options.domain;
    const policies = this.policies(route, ofRoute);
    this.afterwards = this.descriptors(policies, name, true);
    const descriptors = this.descriptors(policies, name, false);
    if (descriptors.length === 0) return 'continue';
    this.isCalling = true;
    const request = writeRateLimitRequest(this.domain, descriptors);
    this.call = options.service.call(method, request, options.timeoutMs, (answer) => this.onAnswer(answer));
    if (!this.isCalling) this.call = undefined;
    const waits = this.isCalling;
    this.isCalling = false;
    return waits ? 'pause' : 'continue';
  }

  encodeHeaders({ headers }: ResponseHead): FilterStatus {
    for (const text of this.responseHeaders) headers.push(text);
    return 'continue';
  }

  onDestroy(): void {
    const { afterwards, options } = this;
    this.call?.cancel();
    if (afterwards.length === 0) return;
    // The request is over: the service only counts it.
    options.service.call(
      method,
      writeRateLimitRequest(this.domain, afterwards),
      options.timeoutMs,
      () => undefined,
    );
  }

  /** Those of the filter's configuration on the route, else of the filter, else of the route itself. */
  private policies(route: RouteToCluster, ofRoute: RateLimitRoute | undefined): readonly RateLimitPolicy[] {
    if (ofRoute !== undefined && ofRoute.policies.length > 0) return ofRoute.policies;
    if (this.options.policies.length > 0) return this.options.policies;
    const { includeVirtualHost, route: own, virtualHost } = route.rateLimits;
    const how = includeVirtualHost ? 'INCLUDE' : (ofRoute?.virtualHost ?? 'OVERRIDE');
    if (how === 'INCLUDE') return [...own, ...virtualHost];
    return how === 'IGNORE' || own.length > 0 ? own : virtualHost;
  }

  private descriptors(
    policies: readonly RateLimitPolicy[],
    cluster: string | undefined,
    onStreamDone: boolean,
  ): readonly ServiceDescriptor[] {
    const { info, request } = this.callbacks;
    const { localCluster, stage } = this.options;
    const remoteAddress = ipOf(info.downstreamRemoteAddress) ?? '';
    const subject = { request, info, remoteAddress, localCluster, cluster };
    return policies.flatMap((policy) => {
      if (policy.stage !== stage || policy.applyOnStreamDone !== onStreamDone) return [];
      const entries = policy.descriptor(subject);
      return entries === undefined ? [] : [{ entries, hits: policy.hitsAddend(subject) }];
    });
  }

  private count(name: string): void {
    const { statInfix, stats } = this.options;
    stats.counter(`cluster.${this.cluster?.observabilityName}.${statInfix}${name}`).inc();
  }

  private onAnswer(octets: Buffer | undefined): void {
    this.call = undefined;
    let answer: RateLimitResponse | undefined;
    try {
      answer = octets === undefined ? undefined : readRateLimitResponse(octets);
    } catch {
      answer = undefined;
    }
    if (answer === undefined) this.onFailure();
    else if (answer.overLimit) this.onOverLimit(answer);
    else {
      this.count('ok');
      this.take(answer);
      this.goOn(answer.requestHeaders);
    }
  }

  /** What every answer brings. */
  private take({ metadata, overLimit, responseHeaders, statuses }: RateLimitResponse): void {
    const { callbacks, options } = this;
    if (metadata !== undefined) callbacks.setDynamicMetadata(options.metadataName, metadata);
    const headers = [...responseHeaders];
    if (overLimit && options.tellsLimited) headers.push('x-envoy-ratelimited', 'true');
    if (options.tellsLimits) headers.push(...rateLimitHeaders(statuses));
    this.responseHeaders = headers;
  }

  private goOn(more: HeaderList): void {
    for (const text of more) this.requestHeaders.push(text);
    if (this.isCalling) this.isCalling = false;
    else this.callbacks.continueDecoding();
  }

  private onFailure(): void {
    const { callbacks, options } = this;
    this.count('error');
    if (!isDrawn(options.failureDenies, options.random())) {
      this.count('failure_mode_allowed');
      this.goOn([]);
      return;
    }
    callbacks.addFlag('RLSE');
    callbacks.sendLocalReply(options.errorStatus, '', 'rate_limiter_error');
  }

  private onOverLimit(answer: RateLimitResponse): void {
    const { callbacks, options } = this;
    this.count('over_limit');
    this.cluster?.stats.countResponse(429, true);
    this.take(answer);
    if (!isDrawn(options.enforced, options.random())) {
      this.goOn(answer.requestHeaders);
      return;
    }
    const headers = this.responseHeaders;
    this.responseHeaders = [];
    const seconds = options.tellsRetryAfter ? retryAfterSeconds(answer.statuses) : undefined;
    if (seconds !== undefined && getHeader(headers, 'retry-after') === undefined) {
      headers.push('retry-after', String(seconds));
    }
    options.responseHeaders?.(headers, callbacks.info);
    if (options.asResourceExhausted)
      headers.push(...grpcReplyHeaders(this.requestHeaders, resourceExhausted));
    callbacks.addFlag('RL');
    callbacks.sendLocalReply(options.limitedStatus, answer.body, 'request_rate_limited', headers);
  }
}

/** `envoy.extensions.filters.http.ratelimit.v3.RateLimit`. */
export const ratelimitFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config, context) {
    const options = compileOptions(messageOf(config), context);
    const { clusters } = context;
    return (callbacks) => new LimitedStream(callbacks, options, clusters);
  },
  routeConfig: { type: `${message}RateLimitPerRoute`, create: compileRoute },
};

export const ratelimitSupportedFields: SupportedFields = {
  [`${message}RateLimit`]: {
    domain: true,
    stage: true,
    request_type: true,
    timeout: true,
    failure_mode_deny: true,
    rate_limited_as_resource_exhausted: true,
    rate_limit_service: true,
    enable_x_ratelimit_headers: true,
    disable_x_envoy_ratelimited_header: true,
    rate_limited_status: true,
    response_headers_to_add: true,
    status_on_error: true,
    stat_prefix: true,
    filter_enabled: true,
    filter_enforced: true,
    failure_mode_deny_percent: true,
    rate_limits: true,
    metadata_namespace: true,
    enable_retry_after_header: true,
  },
  [`${message}RateLimitPerRoute`]: {
    vh_rate_limits: true,
    override_option: onlyValues('DEFAULT'),
    rate_limits: true,
    domain: true,
  },
  'envoy.config.ratelimit.v3.RateLimitServiceConfig': {
    grpc_service: true,
    transport_api_version: onlyValues('V3'),
  },
  ...grpcServiceSupportedFields,
};
