import { durationOf, messageOf, numberOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import type { RetryPolicy } from './route-table.js';

/** Tokens of a comma-separated list. */
function tokensOf(list: string): Set<string> {
  return new Set(
    list
      .split(',')
      .map((token) => token.trim())
      .filter((token) => token !== ''),
  );
}

/**
 * `envoy.config.route.v3.RetryPolicy`; unknown tokens of `retry_on` do nothing, as in Envoy.
 * @throws ConfigError with the path inside the policy
 */
export function compileRetryPolicy(config: unknown): RetryPolicy {
  const policy = messageOf(config);
  const backOff = messageOf(policy.retry_back_off);
  const base = durationOf(backOff.base_interval, 25);
  const max = durationOf(backOff.max_interval, base * 10);
  if (max < base) {
    throw new ConfigError('retry_policy.max_interval must greater than or equal to the base_interval', [
      'retry_back_off',
      'max_interval',
    ]);
  }
  return {
    retryOn: tokensOf(textOf(policy.retry_on)),
    numRetries: numberOf(policy.num_retries, 1),
    perTryTimeoutMs: durationOf(policy.per_try_timeout, 0),
    retriableStatusCodes: new Set((policy.retriable_status_codes ?? []) as readonly number[]),
    backOffBaseMs: base,
    backOffMaxMs: max,
  };
}
