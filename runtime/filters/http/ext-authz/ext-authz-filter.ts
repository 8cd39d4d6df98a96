/**
 * `envoy.filters.http.ext_authz` with an HTTP service: a request passes when the service answers it by a 200.
 */
import type { Fraction } from '../../../common/fractional-percent.js';
import { isDrawn, runtimeFractionOf } from '../../../common/fractional-percent.js';
import type { HeaderList } from '../../../common/header-list.js';
import { removeHeader, setHeader } from '../../../common/header-list.js';
import { joinToHeader, requestInlineHeaders } from '../../../common/inline-headers.js';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, numberOf, textOf } from '../../../common/message-fields.js';
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
import { ConfigError } from '../../../network/filter.js';
import type { Counter } from '../../../stats/stat.js';
import type { HttpAnswer } from '../../../upstream/async-http-call.js';
import { AsyncHttpCall } from '../../../upstream/async-http-call.js';
import type { AuthorizationHttpService } from './compile-http-service.js';
import { compileHttpService, headersToRemove } from './compile-http-service.js';

const message = 'envoy.extensions.filters.http.ext_authz.v3.';

/** How much of a body goes to the service. */
interface BodySettings {
  readonly maxBytes: number;
  /** A longer one is cut off; otherwise it is refused. */
  readonly allowsPartial: boolean;
}

interface ExtAuthzOptions {
  readonly service: AuthorizationHttpService;
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
  readonly disabled: boolean;
  readonly withoutBody: boolean;
  readonly body: BodySettings | undefined;
}

function bodySettings(given: unknown): BodySettings | undefined {
  if (given === undefined) return undefined;
  const { allow_partial_message, max_request_bytes } = messageOf(given);
  return { maxBytes: numberOf(max_request_bytes, 0), allowsPartial: allow_partial_message === true };
}

function compileOptions(config: Fields, context: StreamFilterContext): ExtAuthzOptions {
  if (config.http_service === undefined) {
    throw new ConfigError('ext_authz with a gRPC service needs real Envoy', ['grpc_service'], true);
  }
  const service = under(
    () =>
      compileHttpService(
        messageOf(config.http_service),
        config.allowed_headers,
        config.disallowed_headers,
        (name) => context.hasCluster(name),
      ),
    'http_service',
  );
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
    disabled: disabled === true,
    withoutBody: settings.disable_request_body_buffering === true,
    body: bodySettings(settings.with_request_body),
  };
}

function appendHeader(headers: HeaderList, name: string, value: string): void {
  if (requestInlineHeaders.has(name)) joinToHeader(headers, name, value);
  else headers.push(name, value);
}

class AuthorizedStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly options: ExtAuthzOptions;
  private head: RequestHead | undefined = undefined;
  private body: BodySettings | undefined = undefined;
  private parts: Buffer[] = [];
  private length = 0;
  private call: AsyncHttpCall | undefined = undefined;
  private called = false;
  /** Within the call: the request is not held yet. */
  private isAsking = false;
  private passes = false;
  /** Monotonic. */
  private askedAt = 0;
  private responseHeaders: HeaderList = [];

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
    for (let at = 0; at < this.responseHeaders.length; at += 2) {
      headers.push(this.responseHeaders[at] as string, this.responseHeaders[at + 1] as string);
    }
    return 'continue';
  }

  onDestroy(): void {
    this.call?.cancel();
  }

  /** @returns `continue` when the answer was there at once and lets the request pass */
  private ask(): FilterStatus {
    const { options } = this;
    const { clock, clusters } = options.context;
    this.called = true;
    this.askedAt = clock.now();
    const body = Buffer.concat(this.parts).subarray(0, this.body?.maxBytes ?? 0);
    this.parts = [];
    this.isAsking = true;
    const cluster = clusters.get(options.service.cluster);
    if (cluster === undefined) this.onAnswer(undefined);
    else {
      const request = options.service.request(this.head as RequestHead, body);
      if (this.body !== undefined && this.length > 0) {
        request.headers.push('x-envoy-auth-partial-body', String(this.length > body.length));
      }
      this.call = new AsyncHttpCall(cluster, request, body, (answer) => this.onAnswer(answer));
      this.call.start(clock, options.service.timeoutMs);
    }
    this.isAsking = false;
    return this.passes ? 'continue' : 'pause';
  }

  private onAnswer(answer: HttpAnswer | undefined): void {
    this.call = undefined;
    const head = this.head as RequestHead;
    if (answer === undefined || answer.status >= 500) this.onFailure(head);
    else if (answer.status === 200) this.allow(head, answer.headers);
    else this.deny(answer);
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

  private allow({ headers }: RequestHead, answer: HeaderList): void {
    const { callbacks, options } = this;
    const { service } = options;
    this.count('ok');
    const metadata: Record<string, unknown> = {};
    for (const name of headersToRemove(answer)) removeHeader(headers, name);
    for (let at = 0; at < answer.length; at += 2) {
      const name = answer[at] as string;
      const value = answer[at + 1] as string;
      if (service.upstreamHeaders(name)) setHeader(headers, name, value);
      if (service.upstreamHeadersToAppend(name)) appendHeader(headers, name, value);
      if (service.clientHeadersOnSuccess(name)) this.responseHeaders.push(name, value);
      if (service.metadataHeaders(name)) metadata[name] = value;
    }
    if (Object.keys(metadata).length > 0) {
      metadata.ext_authz_duration = Math.floor(options.context.clock.now() - this.askedAt);
      callbacks.setDynamicMetadata(options.metadataName, metadata);
    }
    if (options.clearsRouteCache) callbacks.clearRouteCache();
    this.goOn();
  }

  private deny({ body, headers, status }: HttpAnswer): void {
    const { callbacks, options } = this;
    this.count('denied');
    const { request, route } = callbacks;
    const name = route?.kind === 'cluster' ? route.cluster(request) : undefined;
    if (options.chargesCluster && name !== undefined) {
      options.context.clusters.get(name)?.stats.countResponse(status, false);
    }
    const returned: HeaderList = [];
    for (let at = 0; at < headers.length; at += 2) {
      const header = headers[at] as string;
      if (options.service.clientHeaders(header)) returned.push(header, headers[at + 1] as string);
    }
    callbacks.addFlag('UAEX');
    callbacks.sendLocalReply(status, body, 'ext_authz_denied', returned);
  }

  private onFailure({ headers }: RequestHead): void {
    const { callbacks, options } = this;
    this.count('error');
    if (options.failureAllows) {
      this.count('failure_mode_allowed');
      if (options.tellsFailure) headers.push('x-envoy-auth-failure-mode-allowed', 'true');
      this.goOn();
      return;
    }
    callbacks.addFlag('UAEX');
    callbacks.sendLocalReply(options.errorStatus, '', 'ext_authz_error');
  }
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
  [`${message}ExtAuthz`]: {
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
    // Nothing of it goes to an HTTP service.
    include_peer_certificate: 'ignored',
    include_tls_session: 'ignored',
  },
  [`${message}BufferSettings`]: {
    max_request_bytes: true,
    allow_partial_message: true,
    pack_as_bytes: 'ignored',
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
    // They are for gRPC services.
    context_extensions: 'ignored',
    disable_request_body_buffering: true,
    with_request_body: true,
  },
  'envoy.config.core.v3.HttpUri': { uri: true, cluster: true, timeout: true },
};
