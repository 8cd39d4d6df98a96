/**
 * `envoy.filters.http.local_ratelimit`: refuses requests for which there is no token, without asking anybody.
 */
import { ipOf } from '../../../common/address-text.js';
import type { Fraction } from '../../../common/fractional-percent.js';
import { isDrawn, runtimeFractionOf } from '../../../common/fractional-percent.js';
import type { HeaderList } from '../../../common/header-list.js';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, numberOf, textOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
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
import { ConfigError } from '../../../network/filter.js';
import { compileHeaderMutation } from '../../../route/compile-header-mutation.js';
import { compileRateLimits } from '../../../route/compile-rate-limits.js';
import type { HeaderMutation, RateLimitPolicy, Route } from '../../../route/route-table.js';
import type { Counter } from '../../../stats/stat.js';
import type { RequestDescriptor } from './local-rate-limiter.js';
import { LocalRateLimiter } from './local-rate-limiter.js';
import type { TokenBucket } from './token-bucket.js';

const message = 'envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit';
/** `RESOURCE_EXHAUSTED`. */
const resourceExhausted = 8;
/** All filters of a chain share the limiter of a connection, as in Envoy. */
const connectionKey = Symbol('local rate limiter of the connection');

interface LocalRateLimit {
  readonly limiter: LocalRateLimiter;
  readonly status: number;
  readonly enabled: Fraction;
  readonly enforced: Fraction;
  /** Of the refusal. */
  readonly responseHeaders: HeaderMutation | undefined;
  /** Of requests that would be refused if it were enforced. */
  readonly requestHeaders: HeaderMutation | undefined;
  /** `rate_limits` of the filter: those of routes do not count then. */
  readonly ownPolicies: readonly RateLimitPolicy[];
  readonly stage: number;
  readonly virtualHost: 'OVERRIDE' | 'INCLUDE' | 'IGNORE';
  readonly tellsLimits: boolean;
  readonly tellsRetryAfter: boolean;
  readonly asResourceExhausted: boolean;
  readonly perConnection: boolean;
  readonly enabledCount: Counter;
  readonly enforcedCount: Counter;
  readonly limitedCount: Counter;
  readonly okCount: Counter;
  readonly shadowCount: Counter;
  /** A limiter of the same kind for one connection. */
  makeLimiter(): LocalRateLimiter;
}

function compile(config: Fields, { clock, shareOfLimit, stats }: StreamFilterContext): LocalRateLimit {
  const prefix = `${textOf(config.stat_prefix)}.http_local_rate_limit.`;
  const code = statusCodeOf(config.status) ?? 429;
  const mutation = (field: string, direction: 'request' | 'response'): HeaderMutation | undefined =>
    under(() => compileMutation(config[field], direction), field);
  const makeLimiter = (): LocalRateLimiter => new LocalRateLimiter(config, clock);
  return {
    limiter: new LocalRateLimiter(config, clock, shareOfLimit),
    makeLimiter,
    // Whatever is no error would let the client believe that it was served.
    status: code < 400 ? 429 : code,
    enabled: runtimeFractionOf(config.filter_enabled),
    enforced: runtimeFractionOf(config.filter_enforced),
    responseHeaders: mutation('response_headers_to_add', 'response'),
    requestHeaders: mutation('request_headers_to_add_when_not_enforced', 'request'),
    ownPolicies: under(() => compileRateLimits(config.rate_limits), 'rate_limits'),
    stage: numberOf(config.stage, 0),
    virtualHost: textOf(config.vh_rate_limits, 'OVERRIDE') as LocalRateLimit['virtualHost'],
    tellsLimits: config.enable_x_ratelimit_headers === 'DRAFT_VERSION_03',
    tellsRetryAfter: config.enable_retry_after_header === true,
    asResourceExhausted: config.rate_limited_as_resource_exhausted === true,
    perConnection: config.local_rate_limit_per_downstream_connection === true,
    enabledCount: stats.counter(`${prefix}enabled`),
    enforcedCount: stats.counter(`${prefix}enforced`),
    limitedCount: stats.counter(`${prefix}rate_limited`),
    okCount: stats.counter(`${prefix}ok`),
    shadowCount: stats.counter(`${prefix}shadow_mode`),
  };
}

/** @throws ConfigError with the path from the list on */
function compileMutation(list: unknown, direction: 'request' | 'response'): HeaderMutation | undefined {
  const field = `${direction}_headers_to_add`;
  try {
    return compileHeaderMutation({ [field]: list }, direction);
  } catch (error) {
    if (error instanceof ConfigError)
      throw new ConfigError(error.message, error.path.slice(1), error.unsupported);
    throw error;
  }
}

/** Which policies of a route concern a filter (`vh_rate_limits`). */
function policiesOf(route: Route | undefined, limit: LocalRateLimit): readonly RateLimitPolicy[] {
  if (limit.ownPolicies.length > 0) return limit.ownPolicies;
  if (route?.kind !== 'cluster') return [];
  const { includeVirtualHost, route: own, virtualHost } = route.rateLimits;
  if (includeVirtualHost || limit.virtualHost === 'INCLUDE') return [...own, ...virtualHost];
  return limit.virtualHost === 'IGNORE' || own.length > 0 ? own : virtualHost;
}

class LimitedStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly ofFilter: LocalRateLimit;
  private readonly random: () => number;
  private readonly localCluster: string;
  private limit: LocalRateLimit;
  private bucket: TokenBucket | undefined = undefined;

  constructor(
    callbacks: StreamFilterCallbacks,
    ofFilter: LocalRateLimit,
    random: () => number,
    localCluster: string,
  ) {
    this.callbacks = callbacks;
    this.ofFilter = ofFilter;
    this.limit = ofFilter;
    this.random = random;
    this.localCluster = localCluster;
  }

  decodeHeaders({ headers }: RequestHead): FilterStatus {
    const { callbacks } = this;
    const limit = (callbacks.routeConfig as LocalRateLimit | undefined) ?? this.ofFilter;
    this.limit = limit;
    if (!isDrawn(limit.enabled, this.random())) return 'continue';
    limit.enabledCount.inc();
    const limiter = limit.perConnection ? this.ofConnection(limit) : limit.limiter;
    const { allowed, bucket, shadowed } = limiter.take(limiter.hasDescriptors ? this.descriptors(limit) : []);
    this.bucket = bucket;
    if (allowed) {
      limit.okCount.inc();
      return 'continue';
    }
    limit.limitedCount.inc();
    if (shadowed) {
      limit.shadowCount.inc();
      return 'continue';
    }
    if (!isDrawn(limit.enforced, this.random())) {
      limit.requestHeaders?.(headers, callbacks.info);
      return 'continue';
    }
    limit.enforcedCount.inc();
    callbacks.addFlag('RL');
    callbacks.sendLocalReply(limit.status, 'local_rate_limited', 'local_rate_limited', this.refusal(headers));
    return 'stop';
  }

  encodeHeaders({ headers }: ResponseHead): FilterStatus {
    const { bucket } = this;
    if (bucket === undefined || !this.limit.tellsLimits) return 'continue';
    headers.push(
      'x-ratelimit-limit',
      String(bucket.maxTokens),
      'x-ratelimit-remaining',
      String(Math.floor(bucket.tokens)),
      'x-ratelimit-reset',
      String(Math.ceil(bucket.untilNextToken)),
    );
    return 'continue';
  }

  private refusal(requestHeaders: HeaderList): HeaderList {
    const { bucket, callbacks, limit } = this;
    const headers: HeaderList = limit.asResourceExhausted
      ? grpcReplyHeaders(requestHeaders, resourceExhausted)
      : [];
    limit.responseHeaders?.(headers, callbacks.info);
    if (limit.tellsRetryAfter && bucket !== undefined) {
      headers.push('retry-after', String(Math.max(1, Math.ceil(bucket.untilNextToken))));
    }
    return headers;
  }

  private descriptors(limit: LocalRateLimit): RequestDescriptor[] {
    const { info, request, route } = this.callbacks;
    const subject = {
      request,
      info,
      remoteAddress: ipOf(info.downstreamRemoteAddress) ?? '',
      localCluster: this.localCluster,
      cluster: route?.kind === 'cluster' ? route.cluster(request) : undefined,
    };
    const found: RequestDescriptor[] = [];
    for (const policy of policiesOf(route, limit)) {
      if (policy.stage !== limit.stage) continue;
      const entries = policy.descriptor(subject);
      if (entries !== undefined) found.push({ entries, hits: policy.hitsAddend(subject) ?? 1 });
    }
    return found;
  }

  private ofConnection(limit: LocalRateLimit): LocalRateLimiter {
    const { filterState } = this.callbacks.connection;
    let limiter = filterState.get(connectionKey) as LocalRateLimiter | undefined;
    if (limiter === undefined) {
      limiter = limit.makeLimiter();
      filterState.set(connectionKey, limiter);
    }
    return limiter;
  }
}

/** `envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit`. */
export const localRatelimitFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config, context) {
    const limit = compile(messageOf(config), context);
    const { node, random } = context;
    return (callbacks) => new LimitedStream(callbacks, limit, random, node.cluster);
  },
  routeConfig: {
    type: message,
    create(given, context) {
      const config = messageOf(given);
      if (config.token_bucket === undefined) {
        throw new ConfigError('local rate limit token bucket must be set for per filter configs');
      }
      return compile(config, context);
    },
  },
};

const common = 'envoy.extensions.common.ratelimit.v3.';

export const localRatelimitSupportedFields: SupportedFields = {
  [message]: {
    stat_prefix: true,
    status: true,
    token_bucket: true,
    filter_enabled: true,
    filter_enforced: true,
    request_headers_to_add_when_not_enforced: true,
    response_headers_to_add: true,
    descriptors: true,
    stage: true,
    local_rate_limit_per_downstream_connection: true,
    enable_x_ratelimit_headers: true,
    vh_rate_limits: true,
    always_consume_default_token_bucket: true,
    rate_limited_as_resource_exhausted: true,
    rate_limits: true,
    max_dynamic_descriptors: true,
    enable_retry_after_header: true,
  },
  [`${common}LocalRateLimitDescriptor`]: { entries: true, token_bucket: true, shadow_mode: true },
  [`${common}RateLimitDescriptor.Entry`]: { key: true, value: true },
  'envoy.type.v3.TokenBucket': { max_tokens: true, tokens_per_fill: true, fill_interval: true },
  'envoy.type.v3.HttpStatus': { code: true },
};
