/** `envoy.filters.network.local_ratelimit`: so many new connections per time, those beyond are closed. */
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../common/clock.js';
import type { LimitShare } from '../../../common/limit-share.js';
import { wholeLimit } from '../../../common/limit-share.js';
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, numberOf, textOf } from '../../../common/message-fields.js';
import { endConnection } from '../../../network/end-connection.js';
import type { ConnectionInfo, FactoryContext, ReadFilter } from '../../../network/filter.js';
import { ConfigError } from '../../../network/filter.js';
import type { StatsScope } from '../../../stats/stat.js';
import { isEnabled } from './is-enabled.js';

/** Envoy's lower bound. */
const minFillIntervalMs = 50;

/** Full at first, it fills without a break (Envoy's `AtomicTokenBucketImpl`). */
class ConnectionBucket {
  private readonly clock: Clock;
  private readonly max: number;
  private readonly perMs: number;
  private tokens: number;
  private filledAt: number;

  /** @throws ConfigError with the path inside `token_bucket` */
  constructor(config: Fields, clock: Clock, share: LimitShare = wholeLimit) {
    const intervalMs = durationOf(config.fill_interval, 0);
    if (intervalMs < minFillIntervalMs) {
      throw new ConfigError('local rate limit token bucket fill timer must be >= 50ms', [
        'token_bucket',
        'fill_interval',
      ]);
    }
    this.clock = clock;
    const most = numberOf(config.max_tokens, 0);
    this.max = share(most);
    this.perMs = (numberOf(config.tokens_per_fill, 1) / intervalMs) * (this.max / most || 1);
    this.tokens = this.max;
    this.filledAt = clock.now();
  }

  take(): boolean {
    const now = this.clock.now();
    this.tokens = Math.min(this.max, this.tokens + (now - this.filledAt) * this.perMs);
    this.filledAt = now;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}

/** `share_key`: filters with the same key and the same bucket take from one. Of each server, by its statistics. */
const shared = new WeakMap<StatsScope, Map<string, ConnectionBucket>>();

function bucketOf(fields: Fields, { clock, shareOfLimit, stats }: FactoryContext): ConnectionBucket {
  const config = messageOf(fields.token_bucket);
  const key = textOf(fields.share_key);
  if (key === '') return new ConnectionBucket(config, clock, shareOfLimit);
  const buckets = shared.get(stats) ?? new Map<string, ConnectionBucket>();
  shared.set(stats, buckets);
  const name = JSON.stringify([key, config]);
  const bucket = buckets.get(name) ?? new ConnectionBucket(config, clock, shareOfLimit);
  buckets.set(name, bucket);
  return bucket;
}

/** @throws ConfigError with the path inside the message */
export function networkLocalRateLimitFactory(config: unknown, context: FactoryContext): ReadFilter {
  const fields = messageOf(config);
  const enabled = isEnabled(fields.runtime_enabled);
  const bucket = bucketOf(fields, context);
  const limited = context.stats.counter(`local_rate_limit.${textOf(fields.stat_prefix)}.rate_limited`);
  return {
    onNewConnection(socket: Duplex, info: ConnectionInfo) {
      if (!enabled || bucket.take()) return true;
      limited.inc();
      info.refusalFlag = 'URX';
      socket.on('error', () => undefined);
      endConnection(socket, 'now');
      return false;
    },
    close() {},
  };
}
