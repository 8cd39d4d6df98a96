/**
 * `envoy.extensions.filters.http.cors.v3.CorsPolicy`, compiled.
 */
import type { Fraction } from '../../../common/fractional-percent.js';
import { fractionOf } from '../../../common/fractional-percent.js';
import { messageOf, messagesOf, textOf } from '../../../common/message-fields.js';
import { under } from '../../../network/config-path.js';
import type { StringMatcher } from '../../../route/compile-string-matcher.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';

/** What one level of the routes says. An absent value leaves the word to the level around it. */
export interface CorsPolicy {
  readonly allowOrigins: readonly StringMatcher[];
  /** `''`: absent. */
  readonly allowMethods: string;
  readonly allowHeaders: string;
  readonly exposeHeaders: string;
  readonly maxAge: string;
  readonly allowCredentials: boolean | undefined;
  readonly allowPrivateNetworkAccess: boolean | undefined;
  readonly forwardNotMatchingPreflights: boolean | undefined;
  readonly enabled: Fraction;
  readonly shadowEnabled: Fraction;
}

const always: Fraction = { numerator: 1, denominator: 1 };
const never: Fraction = { numerator: 0, denominator: 1 };

function fraction(config: unknown, absent: Fraction): Fraction {
  const given = messageOf(config).default_value;
  return given === undefined ? absent : fractionOf(given);
}

function flag(value: unknown): boolean | undefined {
  return typeof value === 'boolean' ? value : undefined;
}

/** @throws ConfigError with the path inside the policy */
export function compileCorsPolicy(config: unknown): CorsPolicy {
  const policy = messageOf(config);
  return {
    allowOrigins: messagesOf(policy.allow_origin_string_match).map((origin, index) =>
      under(() => compileStringMatcher(origin), 'allow_origin_string_match', index),
    ),
    allowMethods: textOf(policy.allow_methods),
    allowHeaders: textOf(policy.allow_headers),
    exposeHeaders: textOf(policy.expose_headers),
    maxAge: textOf(policy.max_age),
    allowCredentials: flag(policy.allow_credentials),
    allowPrivateNetworkAccess: flag(policy.allow_private_network_access),
    forwardNotMatchingPreflights: flag(policy.forward_not_matching_preflights),
    enabled: fraction(policy.filter_enabled, always),
    shadowEnabled: fraction(policy.shadow_enabled, never),
  };
}
