/**
 * `x-ratelimit-*` and `retry-after`, made of what a rate limit service has answered (draft-polli-ratelimit-headers-03).
 */
import type { HeaderList } from '../../../common/header-list.js';
import type { DescriptorStatus } from './rate-limit-messages.js';

/** Seconds of `RateLimitResponse.RateLimit.Unit`; 0: a unit whose length is not told. */
const secondsOfUnit: readonly number[] = [0, 1, 60, 3600, 86_400, 2_592_000, 31_536_000, 604_800];

type LimitedStatus = DescriptorStatus & { readonly limit: NonNullable<DescriptorStatus['limit']> };

/** The limit that is nearest is told first, then all of them with their windows. */
export function rateLimitHeaders(statuses: readonly DescriptorStatus[]): HeaderList {
  const limited = statuses.filter((status): status is LimitedStatus => status.limit !== undefined);
  const [first] = limited;
  if (first === undefined) return [];
  const nearest = limited.reduce((one, other) => (other.remaining < one.remaining ? other : one), first);
  let limit = String(nearest.limit.requestsPerUnit);
  for (const { limit: of } of limited) {
    const window = secondsOfUnit[of.unit] ?? 0;
    if (window === 0) continue;
    limit += `, ${of.requestsPerUnit};w=${window}`;
    if (of.name !== '') limit += `;name="${of.name}"`;
  }
  return [
    'x-ratelimit-limit',
    limit,
    'x-ratelimit-remaining',
    String(nearest.remaining),
    'x-ratelimit-reset',
    String(nearest.secondsUntilReset ?? 0),
  ];
}

/** Seconds until the last of the limits that refuse is open again, at least one; undefined: the service does not tell. */
export function retryAfterSeconds(statuses: readonly DescriptorStatus[]): number | undefined {
  let longest: number | undefined;
  for (const { overLimit, secondsUntilReset } of statuses) {
    if (!overLimit || secondsUntilReset === undefined) continue;
    longest = Math.max(longest ?? 1, secondsUntilReset);
  }
  return longest;
}
