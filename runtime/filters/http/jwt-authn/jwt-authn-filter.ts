/**
 * `envoy.filters.http.jwt_authn`: lets requests pass whose JSON Web Tokens are good.
 */
import { getHeader } from '../../../common/header-list.js';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, textOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { RequestHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
  StreamFilterContext,
} from '../../../http/filter.js';
import { under } from '../../../network/config-path.js';
import type { Counter } from '../../../stats/stat.js';
import type { JwtProviders } from './authenticator.js';
import type { Requirement } from './compile-requirement.js';
import { compileRequirement } from './compile-requirement.js';
import type { Requirements, Rule } from './compile-rules.js';
import { compileRules, unknownRequirement } from './compile-rules.js';
import type { JwtProvider } from './jwt-provider.js';
import { compileProvider } from './jwt-provider.js';
import type { JwtStatus } from './jwt-status.js';
import { jwtStatusTexts } from './jwt-status.js';
import type { Fetch } from './remote-keys.js';

const message = 'envoy.extensions.filters.http.jwt_authn.v3.';
const metadataName = 'envoy.filters.http.jwt_authn';
/** Of the path in `realm`, in octets. */
const maxRealmPath = 256;

interface JwtAuthnOptions {
  readonly rules: readonly Rule[];
  readonly requirements: Requirements;
  readonly bypassesPreflight: boolean;
  readonly stripsFailure: boolean;
  readonly allowed: Counter;
  readonly denied: Counter;
  readonly preflightBypassed: Counter;
}

/** What a route says. */
type JwtAuthnRoute = { readonly disabled: true } | { readonly disabled: false; readonly requirement: string };

function compileOptions(config: Fields, context: StreamFilterContext): JwtAuthnOptions {
  const prefix = textOf(config.stat_prefix);
  const counter = (name: string): Counter =>
    context.stats.counter(`${context.statPrefix}jwt_authn.${prefix === '' ? '' : `${prefix}.`}${name}`);
  const counters = { success: counter('jwks_fetch_success'), failed: counter('jwks_fetch_failed') };
  const byName = new Map<string, JwtProvider>();
  const byIssuer = new Map<string, JwtProvider>();
  for (const [name, given] of Object.entries(messageOf(config.providers))) {
    const provider = under(
      () => compileProvider(name, messageOf(given), context, counters),
      'providers',
      name,
    );
    byName.set(name, provider);
    if (!byIssuer.has(provider.issuer)) byIssuer.set(provider.issuer, provider);
  }
  const hit = counter('jwt_cache_hit');
  const miss = counter('jwt_cache_miss');
  const providers: JwtProviders = {
    byName,
    byIssuer,
    now: () => context.clock.wallTime() / 1000,
    countCacheHit: () => hit.inc(),
    countCacheMiss: () => miss.inc(),
  };
  const requirements = new Map<string, Requirement>();
  for (const [name, given] of Object.entries(messageOf(config.requirement_map))) {
    requirements.set(
      name,
      under(() => compileRequirement(given, providers), 'requirement_map', name),
    );
  }
  return {
    rules: under(() => compileRules(config.rules, providers, requirements), 'rules'),
    requirements,
    bypassesPreflight: config.bypass_cors_preflight === true,
    stripsFailure: config.strip_failure_response === true,
    allowed: counter('allowed'),
    denied: counter('denied'),
    preflightBypassed: counter('cors_preflight_bypassed'),
  };
}

function compileRoute(given: unknown): JwtAuthnRoute {
  const { disabled, requirement_name } = messageOf(given);
  return disabled === true ? { disabled } : { disabled: false, requirement: textOf(requirement_name) };
}

function isPreflight({ headers, method }: RequestHead): boolean {
  return (
    method === 'OPTIONS' &&
    (getHeader(headers, 'origin') ?? '') !== '' &&
    (getHeader(headers, 'access-control-request-method') ?? '') !== ''
  );
}

/** The log is cut at spaces by those who read it. */
const detailsOf = (text: string): string => `jwt_authn_access_denied{${text.replaceAll(' ', '_')}}`;

function realmOf({ authority, headers, path, scheme }: RequestHead): string {
  const original = getHeader(headers, 'x-envoy-original-path') ?? path;
  return `${scheme}://${authority}${original.slice(0, maxRealmPath)}`;
}

class AuthenticatedStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly options: JwtAuthnOptions;
  private readonly fetches = new Set<Fetch>();
  private readonly metadata: Record<string, unknown> = {};
  private state: 'checking' | 'allowed' | 'denied' = 'checking';
  /** The request is held: keys are fetched. */
  private isHeld = false;
  private realm = '';

  constructor(callbacks: StreamFilterCallbacks, options: JwtAuthnOptions) {
    this.callbacks = callbacks;
    this.options = options;
  }

  decodeHeaders(head: RequestHead): FilterStatus {
    const { callbacks, options } = this;
    if (options.bypassesPreflight && isPreflight(head)) {
      options.preflightBypassed.inc();
      return this.pass();
    }
    const ofRoute = callbacks.routeConfig as JwtAuthnRoute | undefined;
    if (ofRoute?.disabled === true) return this.pass();
    let requirement: Requirement | undefined;
    if (ofRoute === undefined)
      requirement = options.rules.find((rule) => rule.matches(callbacks.request))?.requirement;
    else {
      requirement = options.requirements.get(ofRoute.requirement);
      if (requirement === undefined) return this.refuseRoute(ofRoute.requirement);
    }
    if (requirement === undefined) return this.pass();
    this.realm = realmOf(head);
    const { fetches, metadata } = this;
    const clearRouteCache = (): void => callbacks.clearRouteCache();
    requirement({ head, metadata, fetches, clearRouteCache }, (status) => this.onStatus(status));
    if (this.state === 'allowed') return 'continue';
    this.isHeld = true;
    return 'pause';
  }

  decodeData(): FilterStatus {
    return this.state === 'checking' ? 'pause' : 'continue';
  }

  decodeTrailers(): FilterStatus {
    return this.state === 'checking' ? 'pause' : 'continue';
  }

  onDestroy(): void {
    for (const fetch of this.fetches) fetch.cancel();
    this.fetches.clear();
  }

  private pass(): FilterStatus {
    this.state = 'allowed';
    this.options.allowed.inc();
    return 'continue';
  }

  private refuseRoute(name: string): FilterStatus {
    const { callbacks, options } = this;
    const text = unknownRequirement(name, options.requirements);
    this.state = 'denied';
    options.denied.inc();
    callbacks.sendLocalReply(
      403,
      options.stripsFailure ? '' : `Failed JWT authentication: ${text}`,
      detailsOf(text),
    );
    return 'stop';
  }

  private onStatus(status: JwtStatus): void {
    const { callbacks, metadata, options } = this;
    if (Object.keys(metadata).length > 0) callbacks.setDynamicMetadata(metadataName, metadata);
    // Keys that another requirement still waits for are of no use any more.
    this.onDestroy();
    if (status === 'ok') {
      this.pass();
      if (this.isHeld) callbacks.continueDecoding();
      return;
    }
    this.state = 'denied';
    options.denied.inc();
    const text = jwtStatusTexts[status];
    const code = status === 'audienceNotAllowed' ? 403 : 401;
    if (options.stripsFailure) {
      callbacks.sendLocalReply(code, '', detailsOf(text));
      return;
    }
    const error = status === 'missing' ? '' : ', error="invalid_token"';
    callbacks.sendLocalReply(code, text, detailsOf(text), [
      'www-authenticate',
      `Bearer realm="${this.realm}"${error}`,
    ]);
  }
}

/** `envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication`. */
export const jwtAuthnFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config, context) {
    const options = compileOptions(messageOf(config), context);
    return (callbacks) => new AuthenticatedStream(callbacks, options);
  },
  routeConfig: { type: `${message}PerRouteConfig`, create: compileRoute },
};

export const jwtAuthnSupportedFields: SupportedFields = {
  [`${message}JwtAuthentication`]: {
    providers: true,
    rules: true,
    bypass_cors_preflight: true,
    requirement_map: true,
    strip_failure_response: true,
    stat_prefix: true,
  },
  [`${message}JwtProvider`]: {
    issuer: true,
    audiences: true,
    subjects: true,
    require_expiration: true,
    max_lifetime: true,
    remote_jwks: true,
    local_jwks: true,
    forward: true,
    from_headers: true,
    from_params: true,
    from_cookies: true,
    forward_payload_header: true,
    pad_forward_payload_header: true,
    payload_in_metadata: true,
    normalize_payload_in_metadata: true,
    header_in_metadata: true,
    failed_status_in_metadata: true,
    clock_skew_seconds: true,
    jwt_cache_config: true,
    claim_to_headers: true,
    clear_route_cache: true,
  },
  [`${message}JwtProvider.NormalizePayload`]: { space_delimited_claims: true },
  [`${message}JwtCacheConfig`]: { jwt_cache_size: true, jwt_max_token_size: true },
  [`${message}JwtClaimToHeader`]: { header_name: true, claim_name: true, claim_path: true },
  [`${message}JwtClaimToHeader.PathSegment`]: { key: true },
  [`${message}JwtHeader`]: { name: true, value_prefix: true },
  [`${message}RemoteJwks`]: { http_uri: true, cache_duration: true, async_fetch: true, retry_policy: true },
  [`${message}JwksAsyncFetch`]: { fast_listener: 'ignored', failed_refetch_duration: true },
  'envoy.config.core.v3.RetryPolicy': { retry_back_off: true, num_retries: true },
  'envoy.config.core.v3.BackoffStrategy': { base_interval: true, max_interval: true },
  [`${message}JwtRequirement`]: {
    provider_name: true,
    provider_and_audiences: true,
    requires_any: true,
    requires_all: true,
    allow_missing_or_failed: true,
    allow_missing: true,
    extract_only_without_validation: true,
  },
  [`${message}ExtractOnlyWithoutValidation`]: {},
  [`${message}ProviderWithAudiences`]: { provider_name: true, audiences: true },
  [`${message}JwtRequirementOrList`]: { requirements: true },
  [`${message}JwtRequirementAndList`]: { requirements: true },
  [`${message}RequirementRule`]: { match: true, requires: true, requirement_name: true },
  [`${message}PerRouteConfig`]: { disabled: true, requirement_name: true },
  'envoy.config.core.v3.HttpUri': { uri: true, cluster: true, timeout: true },
};
