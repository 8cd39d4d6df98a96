/**
 * `envoy.filters.http.csrf`: refuses requests that change something and come from pages of another origin, by `origin` or,
 * where it is absent, `referer` (OWASP, "verifying origin with standard headers").
 */
import type { Fraction } from '../../../common/fractional-percent.js';
import { isDrawn, runtimeFractionOf } from '../../../common/fractional-percent.js';
import { getHeader } from '../../../common/header-list.js';
import { messageOf, messagesOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { RequestHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../http/filter.js';
import { under } from '../../../network/config-path.js';
import type { StringMatcher } from '../../../route/compile-string-matcher.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';
import type { Counter } from '../../../stats/stat.js';

const message = 'envoy.extensions.filters.http.csrf.v3.CsrfPolicy';
const changingMethods: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE', 'PATCH']);

interface CsrfPolicy {
  readonly enabled: Fraction;
  readonly shadowEnabled: Fraction;
  readonly additionalOrigins: readonly StringMatcher[];
}

interface CsrfStats {
  readonly missingSourceOrigin: Counter;
  readonly requestInvalid: Counter;
  readonly requestValid: Counter;
}

/** @throws ConfigError with the path inside the policy */
function compilePolicy(given: unknown): CsrfPolicy {
  const policy = messageOf(given);
  return {
    enabled: runtimeFractionOf(policy.filter_enabled),
    shadowEnabled: runtimeFractionOf(policy.shadow_enabled),
    additionalOrigins: messagesOf(policy.additional_origins).map((origin, index) =>
      under(() => compileStringMatcher(origin), 'additional_origins', index),
    ),
  };
}

const absoluteUrl = /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([^/?#]+)/i;

/** Host and port of a URL; what is none is taken as it stands. `null` is an origin that the browser keeps to itself. */
function hostAndPort(value: string | undefined): string {
  if (value === undefined || value === 'null') return '';
  return absoluteUrl.exec(value)?.[1] ?? value;
}

class GuardedRequest implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly ofFilter: CsrfPolicy;
  private readonly stats: CsrfStats;
  private readonly random: () => number;

  constructor(
    callbacks: StreamFilterCallbacks,
    ofFilter: CsrfPolicy,
    stats: CsrfStats,
    random: () => number,
  ) {
    this.callbacks = callbacks;
    this.ofFilter = ofFilter;
    this.stats = stats;
    this.random = random;
  }

  decodeHeaders({ authority, headers, method }: RequestHead): FilterStatus {
    const { callbacks, stats } = this;
    const policy = (callbacks.routeConfig as CsrfPolicy | undefined) ?? this.ofFilter;
    const isEnabled = isDrawn(policy.enabled, this.random());
    if (!isEnabled && !isDrawn(policy.shadowEnabled, this.random())) return 'continue';
    if (!changingMethods.has(method)) return 'continue';
    const source = hostAndPort(getHeader(headers, 'origin')) || hostAndPort(getHeader(headers, 'referer'));
    let isValid = true;
    if (source === '') {
      isValid = false;
      stats.missingSourceOrigin.inc();
    } else if (source !== authority && !policy.additionalOrigins.some((test) => test(source))) {
      isValid = false;
      stats.requestInvalid.inc();
    }
    if (isValid) {
      stats.requestValid.inc();
      return 'continue';
    }
    if (!isEnabled) return 'continue';
    callbacks.sendLocalReply(403, 'Invalid origin', 'csrf_origin_mismatch');
    return 'stop';
  }
}

/** `envoy.extensions.filters.http.csrf.v3.CsrfPolicy`. */
export const csrfFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config, { random, statPrefix, stats: scope }) {
    const policy = compilePolicy(config);
    const stats: CsrfStats = {
      missingSourceOrigin: scope.counter(`${statPrefix}csrf.missing_source_origin`),
      requestInvalid: scope.counter(`${statPrefix}csrf.request_invalid`),
      requestValid: scope.counter(`${statPrefix}csrf.request_valid`),
    };
    return (callbacks) => new GuardedRequest(callbacks, policy, stats, random);
  },
  routeConfig: { type: message, create: compilePolicy },
};

export const csrfSupportedFields: SupportedFields = {
  [message]: { filter_enabled: true, shadow_enabled: true, additional_origins: true },
};
