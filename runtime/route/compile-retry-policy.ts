import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, numberOf, textOf, typeNameOf } from '../common/message-fields.js';
import { lbMetadataOf, metadataCriteria } from '../common/metadata-criteria.js';
import { toOctets } from '../common/octet-text.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import { compileHeaderMatcher } from './compile-header-matcher.js';
import type { HeaderTest } from './compile-header-matcher.js';
import type { ResetHeader, RetryHostPredicate, RetryPolicy } from './route-table.js';

/** Tokens of a comma-separated list. */
function tokensOf(list: string): Set<string> {
  return new Set(
    list
      .split(',')
      .map((token) => token.trim())
      .filter((token) => token !== ''),
  );
}

const retry = 'envoy.extensions.retry.';

function compileHostPredicate(predicate: Fields): RetryHostPredicate {
  const config = messageOf(predicate.typed_config);
  switch (typeNameOf(config)) {
    case `${retry}host.previous_hosts.v3.PreviousHostsPredicate`:
      return { kind: 'previous_hosts' };
    case `${retry}host.omit_canary_hosts.v3.OmitCanaryHostsPredicate`:
      return { kind: 'omit_canary_hosts' };
    case `${retry}host.omit_host_metadata.v3.OmitHostMetadataConfig`: {
      const criteria = metadataCriteria(lbMetadataOf(config.metadata_match));
      return { kind: 'omit_host_metadata', criteria };
    }
    default:
      throw new ConfigError(
        `the host predicate ${textOf(predicate.name)} needs real Envoy`,
        ['typed_config'],
        true,
      );
  }
}

/** How many tries go by before the priorities are chosen anew. */
function previousPrioritiesFrequency(priority: unknown): number {
  if (priority === undefined) return 0;
  const config = messageOf(messageOf(priority).typed_config);
  if (typeNameOf(config) !== `${retry}priority.previous_priorities.v3.PreviousPrioritiesConfig`) {
    throw new ConfigError(
      `the retry priority ${textOf(messageOf(priority).name)} needs real Envoy`,
      ['typed_config'],
      true,
    );
  }
  return numberOf(config.update_frequency, 0);
}

function resetHeader(config: Fields): ResetHeader {
  return {
    name: toOctets(textOf(config.name)).toLowerCase(),
    format: config.format === 'UNIX_TIMESTAMP' ? 'UNIX_TIMESTAMP' : 'SECONDS',
  };
}

function headerTests(policy: Fields, field: string): HeaderTest[] {
  return messagesOf(policy[field]).map((matcher, index) =>
    under(() => compileHeaderMatcher(matcher), field, index),
  );
}

/**
 * `envoy.config.route.v3.RetryPolicy`; unknown tokens of `retry_on` do nothing, as in Envoy.
 * @throws ConfigError with the path inside the policy
 */
export function compileRetryPolicy(config: unknown): RetryPolicy {
  const policy = messageOf(config);
  const backOff = messageOf(policy.retry_back_off);
  const base = Math.max(1, durationOf(backOff.base_interval, 25));
  const max = Math.max(1, durationOf(backOff.max_interval, base * 10));
  if (max < base) {
    throw new ConfigError('retry_policy.max_interval must greater than or equal to the base_interval', [
      'retry_back_off',
      'max_interval',
    ]);
  }
  const rateLimited = messageOf(policy.rate_limited_retry_back_off);
  return {
    retryOn: tokensOf(textOf(policy.retry_on)),
    numRetries: numberOf(policy.num_retries, 1),
    perTryTimeoutMs: durationOf(policy.per_try_timeout, 0),
    perTryIdleTimeoutMs: durationOf(policy.per_try_idle_timeout, 0),
    retriableStatusCodes: new Set((policy.retriable_status_codes ?? []) as readonly number[]),
    retriableHeaders: headerTests(policy, 'retriable_headers'),
    retriableRequestHeaders: headerTests(policy, 'retriable_request_headers'),
    hostPredicates: messagesOf(policy.retry_host_predicate).map((predicate, index) =>
      under(() => compileHostPredicate(predicate), 'retry_host_predicate', index),
    ),
    // 0 is the field's default, for which Envoy takes 1.
    hostSelectionMaxAttempts: numberOf(policy.host_selection_retry_max_attempts, 0) || 1,
    previousPrioritiesFrequency: under(
      () => previousPrioritiesFrequency(policy.retry_priority),
      'retry_priority',
    ),
    resetHeaders: messagesOf(rateLimited.reset_headers).map(resetHeader),
    resetMaxMs: durationOf(rateLimited.max_interval, 300_000),
    backOffBaseMs: base,
    backOffMaxMs: max,
  };
}
