/**
 * `envoy.filters.http.cors`: answers preflight requests, and tells browsers which origins may read a response
 * (Fetch standard, section 3.2). The policy stands on routes and virtual hosts; without one the filter does nothing.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, replaceHeader } from '../../../common/header-list.js';
import { isDrawn } from '../../../common/fractional-percent.js';
import type { RequestHead, ResponseHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../http/filter.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { Counter } from '../../../stats/stat.js';
import type { CorsPolicy } from './compile-cors-policy.js';
import { compileCorsPolicy } from './compile-cors-policy.js';

interface CorsStats {
  readonly originValid: Counter;
  readonly originInvalid: Counter;
}

/** Policies of all levels, the most specific first: each value is that of the first level that has one. */
type Policies = readonly CorsPolicy[];

function firstText(
  policies: Policies,
  field: 'allowMethods' | 'allowHeaders' | 'exposeHeaders' | 'maxAge',
): string {
  return policies.find((policy) => policy[field] !== '')?.[field] ?? '';
}

function firstFlag(
  policies: Policies,
  field: 'allowCredentials' | 'allowPrivateNetworkAccess' | 'forwardNotMatchingPreflights',
  absent: boolean,
): boolean {
  return policies.find((policy) => policy[field] !== undefined)?.[field] ?? absent;
}

function isAllowed(policies: Policies, origin: string): boolean {
  const origins = policies.find(({ allowOrigins }) => allowOrigins.length > 0)?.allowOrigins ?? [];
  return origins.some((matches) => matches('*') || matches(origin));
}

class Cors implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly policies: Policies;
  private readonly stats: CorsStats;
  private readonly random: () => number;
  /** Whom the response may tell that it is readable; `''`: nobody. */
  private allowedOrigin = '';

  constructor(callbacks: StreamFilterCallbacks, policies: Policies, stats: CorsStats, random: () => number) {
    this.callbacks = callbacks;
    this.policies = policies;
    this.stats = stats;
    this.random = random;
  }

  decodeHeaders({ headers, method }: RequestHead): FilterStatus {
    const { callbacks, policies, stats } = this;
    const [{ enabled, shadowEnabled }] = policies as [CorsPolicy];
    const isEnabled = isDrawn(enabled, this.random());
    if (!isEnabled && !isDrawn(shadowEnabled, this.random())) return 'continue';
    const origin = getHeader(headers, 'origin') ?? '';
    if (origin === '') return 'continue';
    const allowed = isAllowed(policies, origin);
    if (allowed) stats.originValid.inc();
    else stats.originInvalid.inc();
    if (!isEnabled) return 'continue';
    if (allowed) this.allowedOrigin = origin;
    const wantedMethod = getHeader(headers, 'access-control-request-method') ?? '';
    if (method !== 'OPTIONS' || wantedMethod === '') return 'continue';
    if (!allowed && firstFlag(policies, 'forwardNotMatchingPreflights', true)) return 'continue';
    callbacks.sendResponse(200, this.preflightHeaders(headers, wantedMethod), 'cors_response');
    return 'stop';
  }

  encodeHeaders({ headers }: ResponseHead): FilterStatus {
    if (this.allowedOrigin === '') return 'continue';
    replaceHeader(headers, 'access-control-allow-origin', this.allowedOrigin);
    if (firstFlag(this.policies, 'allowCredentials', false)) {
      replaceHeader(headers, 'access-control-allow-credentials', 'true');
    }
    const exposed = firstText(this.policies, 'exposeHeaders');
    if (exposed !== '') replaceHeader(headers, 'access-control-expose-headers', exposed);
    return 'continue';
  }

  /** A lone `*` names what the browser has asked for: with credentials it would stand for itself. */
  private preflightHeaders(headers: HeaderList, wantedMethod: string): HeaderList {
    const { policies } = this;
    const answer: HeaderList = [];
    if (this.allowedOrigin !== '') answer.push('access-control-allow-origin', this.allowedOrigin);
    if (firstFlag(policies, 'allowCredentials', false)) {
      answer.push('access-control-allow-credentials', 'true');
    }
    const methods = firstText(policies, 'allowMethods');
    if (methods !== '') answer.push('access-control-allow-methods', methods === '*' ? wantedMethod : methods);
    const names = firstText(policies, 'allowHeaders');
    if (names !== '') {
      const wanted = getHeader(headers, 'access-control-request-headers') ?? '';
      answer.push('access-control-allow-headers', names === '*' ? wanted : names);
    }
    const maxAge = firstText(policies, 'maxAge');
    if (maxAge !== '') answer.push('access-control-max-age', maxAge);
    if (
      firstFlag(policies, 'allowPrivateNetworkAccess', false) &&
      getHeader(headers, 'access-control-request-private-network') === 'true'
    ) {
      answer.push('access-control-allow-private-network', 'true');
    }
    return answer;
  }
}

const message = 'envoy.extensions.filters.http.cors.v3.';

/** `envoy.extensions.filters.http.cors.v3.Cors`. */
export const corsFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(_config, { random, statPrefix, stats: scope }) {
    const stats: CorsStats = {
      originValid: scope.counter(`${statPrefix}cors.origin_valid`),
      originInvalid: scope.counter(`${statPrefix}cors.origin_invalid`),
    };
    return (callbacks) => {
      const { route, routeConfigs } = callbacks;
      // Envoy asks for a route to a cluster: redirects and direct responses are left alone.
      if (route?.kind !== 'cluster') return undefined;
      const levels = (routeConfigs.length > 0 ? routeConfigs : route.olderCors) as readonly CorsPolicy[];
      return levels.length === 0 ? undefined : new Cors(callbacks, levels.toReversed(), stats, random);
    };
  },
  routeConfig: { type: `${message}CorsPolicy`, create: compileCorsPolicy },
};

const policyFields = {
  allow_origin_string_match: true,
  allow_methods: true,
  allow_headers: true,
  expose_headers: true,
  max_age: true,
  allow_credentials: true,
  filter_enabled: true,
  shadow_enabled: true,
  allow_private_network_access: true,
  forward_not_matching_preflights: true,
} as const;

export const corsSupportedFields: SupportedFields = {
  [`${message}Cors`]: {},
  [`${message}CorsPolicy`]: policyFields,
  // The older place, on virtual hosts and routes.
  'envoy.config.route.v3.CorsPolicy': policyFields,
};
