/**
 * The buckets of one configuration: that of all requests, and those of descriptors. A request takes a token of every bucket
 * that concerns it, the slowest first, so that one that is refused costs the others as little as possible.
 */
import type { Clock } from '../../../common/clock.js';
import type { LimitShare } from '../../../common/limit-share.js';
import { wholeLimit } from '../../../common/limit-share.js';
import type { Fields } from '../../../common/message-fields.js';
import { messagesOf, numberOf, textOf } from '../../../common/message-fields.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import type { RateLimitEntry } from '../../../route/route-table.js';
import { TokenBucket } from './token-bucket.js';

export interface RequestDescriptor {
  readonly entries: readonly RateLimitEntry[];
  readonly hits: number;
}

export interface RateLimitResult {
  readonly allowed: boolean;
  /** It was refused by a descriptor that only counts. */
  readonly shadowed: boolean;
  /** The bucket that has decided: what `x-ratelimit-*` tell. undefined: there is none at all. */
  readonly bucket: TokenBucket | undefined;
}

interface LimitedDescriptor {
  readonly bucket: TokenBucket;
  /** Does not refuse, only counts. */
  readonly shadow: boolean;
}

function keyOf(entries: readonly RateLimitEntry[]): string {
  return JSON.stringify(entries.map(({ key, value }) => [key, value]));
}

/** A configured descriptor with an empty value: each value of a request has a bucket of its own, up to a number of them. */
class WildcardDescriptor {
  private readonly entries: readonly RateLimitEntry[];
  private readonly make: () => LimitedDescriptor;
  private readonly limit: number;
  /** The oldest use first. */
  private readonly made = new Map<string, LimitedDescriptor>();

  constructor(entries: readonly RateLimitEntry[], make: () => LimitedDescriptor, limit: number) {
    this.entries = entries;
    this.make = make;
    this.limit = limit;
  }

  find(given: readonly RateLimitEntry[]): LimitedDescriptor | undefined {
    if (given.length !== this.entries.length) return undefined;
    const fits = this.entries.every(
      ({ key, value }, at) => given[at]?.key === key && (value === '' || given[at]?.value === value),
    );
    if (!fits) return undefined;
    const key = keyOf(given);
    const found = this.made.get(key) ?? this.make();
    this.made.delete(key);
    this.made.set(key, found);
    if (this.made.size > this.limit) this.made.delete(this.made.keys().next().value as string);
    return found;
  }
}

export class LocalRateLimiter {
  private readonly shared: TokenBucket | undefined;
  private readonly exact = new Map<string, LimitedDescriptor>();
  private readonly wildcards: WildcardDescriptor[] = [];
  private readonly alwaysTakesShared: boolean;

  private readonly share: LimitShare;

  /** @param config `LocalRateLimit`. @param share of each bucket. @throws ConfigError with the path inside it */
  constructor(config: Fields, clock: Clock, share: LimitShare = wholeLimit) {
    this.share = share;
    this.alwaysTakesShared = config.always_consume_default_token_bucket !== false;
    this.shared =
      config.token_bucket === undefined
        ? undefined
        : under(
            () => new TokenBucket(config.token_bucket, clock, 'local rate limit token bucket', share),
            'token_bucket',
          );
    const most = numberOf(config.max_dynamic_descriptors, 20);
    for (const [index, descriptor] of messagesOf(config.descriptors).entries()) {
      under(() => this.add(descriptor, clock, most), 'descriptors', index);
    }
  }

  private add(config: Fields, clock: Clock, most: number): void {
    const entries = messagesOf(config.entries).map(({ key, value }) => ({
      key: textOf(key),
      value: textOf(value),
    }));
    const make = (): LimitedDescriptor => ({
      bucket: under(
        () =>
          new TokenBucket(config.token_bucket, clock, 'local rate limit descriptor token bucket', this.share),
        'token_bucket',
      ),
      shadow: config.shadow_mode === true,
    });
    const first = make();
    if (entries.some(({ value }) => value === '')) {
      this.wildcards.push(new WildcardDescriptor(entries, make, most));
      return;
    }
    const key = keyOf(entries);
    if (this.exact.has(key)) {
      const text = entries.map((entry) => `${entry.key}=${entry.value}`).join(', ');
      throw new ConfigError(`duplicate descriptor in the local rate descriptor: ${text}`);
    }
    this.exact.set(key, first);
  }

  private find({ entries }: RequestDescriptor): LimitedDescriptor | undefined {
    const exact = this.exact.get(keyOf(entries));
    if (exact !== undefined) return exact;
    for (const wildcard of this.wildcards) {
      const found = wildcard.find(entries);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  take(descriptors: readonly RequestDescriptor[]): RateLimitResult {
    const { alwaysTakesShared, shared } = this;
    const concerned = descriptors.flatMap((descriptor) => {
      const found = this.find(descriptor);
      return found === undefined ? [] : [{ ...found, hits: descriptor.hits }];
    });
    concerned.sort((one, other) => one.bucket.fillRate - other.bucket.fillRate);
    let overShadow: TokenBucket | undefined;
    for (const { bucket, hits, shadow } of concerned) {
      if (bucket.take(hits)) continue;
      if (!shadow) return { allowed: false, shadowed: false, bucket };
      overShadow ??= bucket;
    }
    const first = overShadow ?? concerned[0]?.bucket;
    const passed = { allowed: overShadow === undefined, shadowed: overShadow !== undefined };
    if (shared === undefined) return { ...passed, bucket: first };
    if ((first === undefined || alwaysTakesShared) && !shared.take(1)) {
      return { allowed: false, shadowed: false, bucket: shared };
    }
    return { ...passed, bucket: first ?? shared };
  }

  /** Whether descriptors of requests are of any use. */
  get hasDescriptors(): boolean {
    return this.exact.size > 0 || this.wildcards.length > 0;
  }
}
