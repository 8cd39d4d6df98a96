/**
 * `envoy.filters.http.ext_authz`: a request passes when a service says so.
 */
import type { Fraction } from '../../../common/fractional-percent.js';
import { isDrawn, runtimeFractionOf } from '../../../common/fractional-percent.js';
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, numberOf, textOf } from '../../../common/message-fields.js';
import { toOctets } from '../../../common/octet-text.js';
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
import { statusCodeOf } from '../../../http/status-code.js';
import { under } from '../../../network/config-path.js';
import type { Counter } from '../../../stats/stat.js';
import { createGrpcService, grpcServiceSupportedFields } from '../../../upstream/grpc-service.js';
import type {
  AuthorizationCall,
  AuthorizationService,
  HeadChange,
  Verdict,
} from './authorization-service.js';
import { compileHttpService, compileNameList } from './compile-http-service.js';
import { createGrpcAuthorization } from './grpc-authorization.js';
import { createHttpAuthorization } from './http-authorization.js';

const message = 'envoy.extensions.filters.http.ext_authz.v3.';

/** How much of a body goes to the service. */
interface BodySettings {
  readonly maxBytes: number;
  /** A longer one is cut off; otherwise it is refused. */
  readonly allowsPartial: boolean;
  readonly asOctets: boolean;
}

interface ExtAuthzOptions {
  readonly service: AuthorizationService;
  readonly body: BodySettings | undefined;
  readonly failureAllows: boolean;
  readonly tellsFailure: boolean;
  readonly clearsRouteCache: boolean;
  readonly errorStatus: number;
  readonly enabled: Fraction;
  readonly chargesCluster: boolean;
  readonly metadataName: string;
  readonly context: StreamFilterContext;
  readonly counters: Readonly<Record<CounterName, Counter>>;
  readonly statInfix: string;
}

const counterNames = [
  'ok',
  'denied',
  'error',
  'disabled',
  'failure_mode_allowed',
  'invalid',
  'ignored_dynamic_metadata',
  'filter_state_name_collision',
  'omitted_response_headers',
  'request_header_limits_reached',
  'response_header_limits_reached',
  'shadow_denied',
  'shadow_error',
] as const;
type CounterName = (typeof counterNames)[number];

/** What a route says. */
interface ExtAuthzRoute {
  /** Of all levels those of the most specific win. */
  readonly extensions: ReadonlyMap<string, string>;
  readonly disabled: boolean;
  readonly withoutBody: boolean;
  readonly body: BodySettings | undefined;
}

function bodySettings(given: unknown): BodySettings | undefined {
  if (given === undefined) return undefined;
  const { allow_partial_message, max_request_bytes, pack_as_bytes } = messageOf(given);
  return {
    maxBytes: numberOf(max_request_bytes, 0),
    allowsPartial: allow_partial_message === true,
    asOctets: pack_as_bytes === true,
  };
}

/** Of a call over gRPC, where the configuration names none. */
const defaultTimeoutMs = 200;

/** @throws ConfigError with the path inside the message */
function compileGrpcService(config: Fields, context: StreamFilterContext): AuthorizationService {
  const given = messageOf(config.grpc_service);
  const service = under(() => createGrpcService(given, context), 'grpc_service');
  return createGrpcAuthorization(service, durationOf(given.timeout, defaultTimeoutMs), {
    allowsHeader: under(() => compileNameList(config.allowed_headers), 'allowed_headers'),
    disallowsHeader:
      under(() => compileNameList(config.disallowed_headers), 'disallowed_headers') ?? (() => false),
    includesCertificate: config.include_peer_certificate === true,
    includesTlsSession: config.include_tls_session === true,
    rawHeaders: config.encode_raw_headers === true,
    random: context.random,
  });
}

/** @throws ConfigError with the path inside the message */
function compileService(config: Fields, context: StreamFilterContext): AuthorizationService {
  if (config.http_service === undefined) return compileGrpcService(config, context);
  const { allowed_headers, disallowed_headers, http_service } = config;
  const compiled = under(
    () =>
      compileHttpService(messageOf(http_service), allowed_headers, disallowed_headers, (name) =>
        context.hasCluster(name),
      ),
    'http_service',
  );
  return createHttpAuthorization(compiled, context);
}

function compileOptions(config: Fields, context: StreamFilterContext): ExtAuthzOptions {
  const service = compileService(config, context);
  const prefix = textOf(config.stat_prefix);
  const statInfix = prefix === '' ? 'ext_authz.' : `ext_authz.${prefix}.`;
  const counter = (name: string): Counter => context.stats.counter(context.statPrefix + statInfix + name);
  return {
    service,
    body: bodySettings(config.with_request_body),
    failureAllows: config.failure_mode_allow === true,
    tellsFailure: config.failure_mode_allow_header_add === true,
    clearsRouteCache: config.clear_route_cache === true,
    errorStatus: statusCodeOf(config.status_on_error) ?? 403,
    enabled:
      config.filter_enabled === undefined
        ? { numerator: 1, denominator: 1 }
        : runtimeFractionOf(config.filter_enabled),
    chargesCluster: config.charge_cluster_response_stats !== false,
    metadataName: 'envoy.filters.http.ext_authz',
    context,
    counters: Object.fromEntries(
      counterNames.map((name) => [name, counter(name)]),
    ) as ExtAuthzOptions['counters'],
    statInfix,
  };
}

function compileRoute(given: unknown): ExtAuthzRoute {
  const { check_settings, disabled } = messageOf(given);
  const settings = messageOf(check_settings);
  return {
    extensions: new Map(
      Object.entries(messageOf(settings.context_extensions)).map(([key, value]) => [
        toOctets(key),
        toOctets(textOf(value)),
      ]),
    ),
    disabled: disabled === true,
    withoutBody: settings.disable_request_body_buffering === true,
    body: bodySettings(settings.with_request_body),
  };
}

class AuthorizedStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly options: ExtAuthzOptions;
  private head: RequestHead | undefined = undefined;
  private body: BodySettings | undefined = undefined;
  private parts: Buffer[] = [];
  private length = 0;
  private call: AuthorizationCall | undefined = undefined;
  private called = false;
  /** Within the call: the request is not held yet. */
  private isAsking = false;
  private passes = false;
  /** Monotonic. */
  private askedAt = 0;
  private changeResponse: HeadChange<ResponseHead['headers']> | undefined = undefined;

  constructor(callbacks: StreamFilterCallbacks, options: ExtAuthzOptions) {
    this.callbacks = callbacks;
    this.options = options;
  }

  decodeHeaders(head: RequestHead, endStream: boolean): FilterStatus {
    const { callbacks, options } = this;
    const route = callbacks.routeConfig as ExtAuthzRoute | undefined;
    if (route?.disabled === true) return 'continue';
    if (!isDrawn(options.enabled, options.context.random())) {
      options.counters.disabled.inc();
      return 'continue';
    }
    this.head = head;
    this.body = route?.withoutBody === true ? undefined : (route?.body ?? options.body);
    if (this.body !== undefined && !endStream) {
      if (!this.body.allowsPartial) callbacks.setBufferLimit(this.body.maxBytes);
      return 'stop';
    }
    return this.ask();
  }

  decodeData(data: Buffer, endStream: boolean): FilterStatus {
    const { body } = this;
    if (this.head === undefined) return 'continue';
    if (this.passes) return 'continue';
    if (body === undefined || this.called) return 'pause';
    this.parts.push(data);
    this.length += data.length;
    // Held, and found to be too long.
    if (!body.allowsPartial && this.length > body.maxBytes) return 'stop';
    return endStream || (body.allowsPartial && this.length >= body.maxBytes) ? this.ask() : 'stop';
  }

  decodeTrailers(): FilterStatus {
    if (this.head === undefined) return 'continue';
    if (this.passes) return 'continue';
    return this.called ? 'pause' : this.ask();
  }

  encodeHeaders({ headers }: ResponseHead): FilterStatus {
    this.changeResponse?.(headers);
    return 'continue';
  }

  onDestroy(): void {
    this.call?.cancel();
  }

  /** @returns `continue` when the answer was there at once and lets the request pass */
  private ask(): FilterStatus {
    const { callbacks, options } = this;
    this.called = true;
    this.askedAt = options.context.clock.now();
    const body = Buffer.concat(this.parts).subarray(0, this.body?.maxBytes ?? 0);
    const hasBody = this.body !== undefined && this.length > 0;
    const isPartial = this.length > body.length;
    this.parts = [];
    this.isAsking = true;
    let isAnswered = false;
    const question = {
      head: this.head as RequestHead,
      body,
      hasBody,
      bodyAsOctets: this.body?.asOctets === true,
      isPartial,
      callbacks,
      contextExtensions: contextExtensionsOf(callbacks),
    };
    const call = options.service.check(question, (verdict) => {
      isAnswered = true;
      this.onVerdict(verdict);
    });
    if (!isAnswered) this.call = call;
    this.isAsking = false;
    return this.passes ? 'continue' : 'pause';
  }

  private onVerdict(verdict: Verdict): void {
    this.call = undefined;
    const { callbacks, options } = this;
    if (verdict.metadata !== undefined) {
      const took = Math.floor(options.context.clock.now() - this.askedAt);
      const duration = verdict.kind === 'allow' ? { ext_authz_duration: took } : {};
      callbacks.setDynamicMetadata(options.metadataName, { ...verdict.metadata, ...duration });
    }
    if (verdict.kind === 'allow') this.allow(verdict);
    else if (verdict.kind === 'deny') this.deny(verdict);
    else this.onFailure(verdict);
  }

  private goOn(): void {
    this.passes = true;
    if (!this.isAsking) this.callbacks.continueDecoding();
  }

  private count(name: 'ok' | 'denied' | 'error' | 'failure_mode_allowed'): void {
    const { context, counters, statInfix } = this.options;
    counters[name].inc();
    const { request, route } = this.callbacks;
    const cluster = route?.kind === 'cluster' ? route.cluster(request) : undefined;
    if (cluster !== undefined) context.stats.counter(`cluster.${cluster}.${statInfix}${name}`).inc();
  }

  private allow(verdict: Extract<Verdict, { kind: 'allow' }>): void {
    this.count('ok');
    verdict.changeRequest(this.head as RequestHead);
    this.changeResponse = verdict.changeResponse;
    if (this.options.clearsRouteCache && verdict.changesRoute) this.callbacks.clearRouteCache();
    this.goOn();
  }

  private deny({ body, headers, status }: Extract<Verdict, { kind: 'deny' }>): void {
    const { callbacks, options } = this;
    this.count('denied');
    const { request, route } = callbacks;
    const name = route?.kind === 'cluster' ? route.cluster(request) : undefined;
    if (options.chargesCluster && name !== undefined) {
      options.context.clusters.get(name)?.stats.countResponse(status, false);
    }
    callbacks.addFlag('UAEX');
    callbacks.sendLocalReply(status, body, 'ext_authz_denied', headers);
  }

  private onFailure({ body, headers, status }: Extract<Verdict, { kind: 'error' }>): void {
    const { callbacks, options } = this;
    this.count('error');
    if (options.failureAllows) {
      this.count('failure_mode_allowed');
      if (options.tellsFailure) {
        (this.head as RequestHead).headers.push('x-envoy-auth-failure-mode-allowed', 'true');
      }
      this.goOn();
      return;
    }
    callbacks.addFlag('UAEX');
    callbacks.sendLocalReply(status ?? options.errorStatus, body, 'ext_authz_error', headers);
  }
}

/** Those of the least specific level first, so that later ones win. */
function contextExtensionsOf({ routeConfigs }: StreamFilterCallbacks): ReadonlyMap<string, string> {
  return new Map(routeConfigs.flatMap((one) => [...(one as ExtAuthzRoute).extensions]));
}

/** `envoy.extensions.filters.http.ext_authz.v3.ExtAuthz`. */
export const extAuthzFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config, context) {
    const options = compileOptions(messageOf(config), context);
    return (callbacks) => new AuthorizedStream(callbacks, options);
  },
  routeConfig: { type: `${message}ExtAuthzPerRoute`, create: compileRoute },
};

export const extAuthzSupportedFields: SupportedFields = {
  ...grpcServiceSupportedFields,
  [`${message}ExtAuthz`]: {
    grpc_service: true,
    http_service: true,
    transport_api_version: onlyValues('V3'),
    failure_mode_allow: true,
    failure_mode_allow_header_add: true,
    with_request_body: true,
    clear_route_cache: true,
    status_on_error: true,
    filter_enabled: true,
    stat_prefix: true,
    allowed_headers: true,
    disallowed_headers: true,
    charge_cluster_response_stats: true,
    // These three are for a service over gRPC.
    include_peer_certificate: true,
    include_tls_session: true,
    encode_raw_headers: true,
  },
  [`${message}BufferSettings`]: {
    max_request_bytes: true,
    allow_partial_message: true,
    pack_as_bytes: true,
  },
  [`${message}HttpService`]: {
    server_uri: true,
    path_prefix: true,
    path_override: true,
    authorization_request: true,
    authorization_response: true,
  },
  [`${message}AuthorizationRequest`]: { allowed_headers: true, headers_to_add: true },
  [`${message}AuthorizationResponse`]: {
    allowed_upstream_headers: true,
    allowed_upstream_headers_to_append: true,
    allowed_client_headers: true,
    allowed_client_headers_on_success: true,
    dynamic_metadata_from_headers: true,
  },
  [`${message}ExtAuthzPerRoute`]: { disabled: true, check_settings: true },
  [`${message}CheckSettings`]: {
    // For a service over gRPC.
    context_extensions: true,
    disable_request_body_buffering: true,
    with_request_body: true,
  },
  'envoy.config.core.v3.HttpUri': { uri: true, cluster: true, timeout: true },
};
