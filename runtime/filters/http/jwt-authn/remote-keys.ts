/**
 * `RemoteJwks`: keys that are fetched through a cluster, kept for a while and fetched again.
 *
 * A request that finds none waits for a fetch of its own, as in Envoy. With `async_fetch` the first request starts them, and
 * later ones happen in the background, five seconds before the keys are too old.
 */
import type { Timer } from '../../../common/clock.js';
import type { Fields } from '../../../common/message-fields.js';
import { durationOf, messageOf, numberOf, textOf } from '../../../common/message-fields.js';
import { ownAddress } from '../../../common/own-address.js';
import type { RequestHead } from '../../../http/codec.js';
import type { StreamFilterContext } from '../../../http/filter.js';
import { ConfigError } from '../../../network/filter.js';
import type { Counter } from '../../../stats/stat.js';
import type { HttpAnswer } from '../../../upstream/async-http-call.js';
import { AsyncHttpCall } from '../../../upstream/async-http-call.js';
import { JsonWebKeySet } from './json-web-key-set.js';
import { JwtError } from './jwt-status.js';

const defaultCacheMs = 600_000;
const refetchBeforeMs = 5000;
const defaultFailedRefetchMs = 1000;
const defaultBackOffMs = 1000;

export interface FetchCounters {
  readonly success: Counter;
  readonly failed: Counter;
}

/** A fetch under way. */
export interface Fetch {
  /** Nobody waits any more. */
  cancel(): void;
}

type Done = (keys: JsonWebKeySet | undefined) => void;
type Context = Pick<StreamFilterContext, 'clock' | 'clusters' | 'random'>;

interface Target {
  readonly authority: string;
  readonly path: string;
  readonly scheme: string;
}

/** @throws ConfigError when it is no URI with a host */
function targetOf(uri: string, provider: string): Target {
  const match = /^(https?):\/\/([^/?#]+)([^#]*)/i.exec(uri);
  if (match === null)
    throw new ConfigError(`Provider '${provider}' has an invalid URI: '${uri}'`, ['http_uri', 'uri']);
  const [, scheme = '', authority = '', rest = ''] = match;
  return { authority, path: rest.startsWith('/') ? rest : `/${rest}`, scheme: scheme.toLowerCase() };
}

export class RemoteKeys {
  private readonly target: Target;
  private readonly cluster: string;
  private readonly timeoutMs: number;
  private readonly cacheMs: number;
  private readonly retries: number;
  private readonly backOffMs: number;
  private readonly maxBackOffMs: number;
  /** undefined: only when a request needs them. */
  private readonly failedRefetchMs: number | undefined;
  private readonly context: Context;
  private readonly counters: FetchCounters;
  private keys: JsonWebKeySet | undefined = undefined;
  /** Monotonic. */
  private expiresAt = 0;
  private isRefreshing = false;

  /** @throws ConfigError with the path inside `RemoteJwks` */
  constructor(config: Fields, provider: string, context: Context, counters: FetchCounters) {
    const uri = messageOf(config.http_uri);
    const retry = messageOf(config.retry_policy);
    const backOff = messageOf(retry.retry_back_off);
    this.target = targetOf(textOf(uri.uri), provider);
    this.cluster = textOf(uri.cluster);
    this.timeoutMs = durationOf(uri.timeout, 0);
    // Envoy counts whole seconds.
    this.cacheMs =
      config.cache_duration === undefined
        ? defaultCacheMs
        : Math.floor(durationOf(config.cache_duration, 0) / 1000) * 1000;
    this.retries = config.retry_policy === undefined ? 0 : numberOf(retry.num_retries, 1);
    this.backOffMs = durationOf(backOff.base_interval, defaultBackOffMs);
    this.maxBackOffMs = durationOf(backOff.max_interval, 10 * this.backOffMs);
    if (this.maxBackOffMs < this.backOffMs) {
      throw new ConfigError('max_interval must be greater than or equal to the base_interval', [
        'retry_policy',
        'retry_back_off',
        'max_interval',
      ]);
    }
    this.failedRefetchMs =
      config.async_fetch === undefined
        ? undefined
        : durationOf(messageOf(config.async_fetch).failed_refetch_duration, defaultFailedRefetchMs);
    this.context = context;
    this.counters = counters;
  }

  /** undefined: there are none, or they are too old. */
  get current(): JsonWebKeySet | undefined {
    return this.context.clock.now() >= this.expiresAt ? undefined : this.keys;
  }

  /** @param done called once, unless cancelled; undefined: they could not be had */
  fetch(done: Done): Fetch {
    return this.ask((keys) => {
      if (keys !== undefined) this.keep(keys);
      done(keys);
    });
  }

  private keep(keys: JsonWebKeySet): void {
    const { clock } = this.context;
    this.keys = keys;
    if (this.failedRefetchMs === undefined) {
      this.expiresAt = clock.now() + this.cacheMs;
      return;
    }
    this.expiresAt = Number.POSITIVE_INFINITY;
    this.refreshIn(this.cacheMs > refetchBeforeMs ? this.cacheMs - refetchBeforeMs : this.cacheMs);
  }

  /** Ends by itself when the configuration that these keys belong to is gone. */
  private refreshIn(delayMs: number): void {
    if (this.isRefreshing) return;
    this.isRefreshing = true;
    const weak = new WeakRef(this);
    this.context.clock.setTimer(delayMs, () => weak.deref()?.refresh());
  }

  private refresh(): void {
    this.ask((keys) => {
      this.isRefreshing = false;
      if (keys !== undefined) this.keep(keys);
      else this.refreshIn(this.failedRefetchMs ?? defaultFailedRefetchMs);
    });
  }

  private ask(done: Done): Fetch {
    const { clock, clusters, random } = this.context;
    let call: AsyncHttpCall | undefined;
    let timer: Timer | undefined;
    let isOver = false;
    const deadline = clock.now() + this.timeoutMs;
    const finish = (keys: JsonWebKeySet | undefined): void => {
      isOver = true;
      (keys === undefined ? this.counters.failed : this.counters.success).inc();
      done(keys);
    };
    const attempt = (tried: number): void => {
      const cluster = clusters.get(this.cluster);
      if (cluster === undefined) {
        finish(undefined);
        return;
      }
      call = new AsyncHttpCall(cluster, this.request(), Buffer.alloc(0), (answer) => {
        call = undefined;
        if (isOver) return;
        if ((answer === undefined || answer.status >= 500) && tried < this.retries) {
          const upTo = Math.min(this.backOffMs * 2 ** tried, this.maxBackOffMs);
          const delayMs = random() * upTo;
          if (this.timeoutMs === 0 || clock.now() + delayMs < deadline) {
            timer = clock.setTimer(delayMs, () => attempt(tried + 1));
            return;
          }
        }
        finish(keysOf(answer));
      });
      call.start(clock, this.timeoutOfTry(deadline - clock.now()), ownAddress());
    };
    attempt(0);
    return {
      cancel() {
        isOver = true;
        timer?.cancel();
        call?.cancel();
      },
    };
  }

  /** Each try may take as long as the longest pause between two, as in Envoy. 0: without limit. */
  private timeoutOfTry(leftMs: number): number {
    if (this.retries === 0) return this.timeoutMs;
    return this.timeoutMs === 0
      ? this.maxBackOffMs
      : Math.min(this.maxBackOffMs, Math.max(1, Math.round(leftMs)));
  }

  private request(): RequestHead {
    const { authority, path, scheme } = this.target;
    const headers = ['host', authority, 'user-agent', 'Go-browser'];
    return { method: 'GET', path, scheme, authority, headers, upgrade: '', protocol: 'HTTP/1.1' };
  }
}

function keysOf(answer: HttpAnswer | undefined): JsonWebKeySet | undefined {
  if (answer?.status !== 200) return undefined;
  try {
    return JsonWebKeySet.parse(answer.body.toString('utf8'));
  } catch (error) {
    if (error instanceof JwtError) return undefined;
    throw error;
  }
}
