/**
 * Blocking queries: `?index=N&wait=10s` waits until the answer's index is above N. Unlike Consul's, an index above the
 * present one is answered at once: the client knows it from another life of this service, and would wait in vain.
 */
import type { Clock } from '../../common/clock.js';
import type { Catalog } from '../catalog/catalog.js';
import { parseGoDuration } from '../definition/go-duration.js';
import type { ApiReply, ApiRequest } from './endpoint.js';
import { ApiError } from './endpoint.js';

const defaultWaitMs = 300_000;
const maxWaitMs = 600_000;
/** Each one holds a connection and a look-up per change. */
const maxWaiting = 4096;
/** Of 64 bits, as Consul's. */
const maxIndex = 0xffff_ffff_ffff_ffffn;
/** Consul adds up to a sixteenth, so that those who began together do not come back together. */
const jitterShare = 16;

export interface BlockingQueriesOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  /** 0 to below 1, for the jitter of waits. Default Math.random. */
  readonly random?: () => number;
}

/** What is asked for, and how to know that it changed. */
export interface Question {
  readonly indexOf: () => number;
  readonly answer: () => Pick<ApiReply, 'json' | 'jsonText' | 'text' | 'octets' | 'headers'> & {
    readonly status?: number;
  };
  /** False: there is nothing to show, and changes elsewhere are no reason to come back. */
  readonly exists?: () => boolean;
  /** Whether the reply says how consistent it is (`/v1/kv` and sessions do not). Default true. */
  readonly tellConsistency?: boolean;
}

function wantedIndex(query: URLSearchParams): number {
  const text = query.get('index') ?? '0';
  if (!/^\d{1,20}$/.test(text) || BigInt(text) > maxIndex) throw new ApiError(400, 'Invalid index');
  return Number(text);
}

function waitMs(query: URLSearchParams): number {
  const text = query.get('wait');
  if (text === null || text === '') return defaultWaitMs;
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 0) throw new ApiError(400, 'Invalid wait time');
  return ms === 0 ? defaultWaitMs : Math.min(ms, maxWaitMs);
}

/** @throws ApiError for another datacenter, or for consistency modes that exclude each other */
export function checkConsistency(query: URLSearchParams, datacenter: string): void {
  const named = query.get('dc') ?? query.get('datacenter') ?? '';
  if (named !== '' && named !== datacenter) throw new ApiError(500, 'No path to datacenter');
  if (query.has('stale') && query.has('consistent')) {
    throw new ApiError(400, 'Cannot specify ?stale with ?consistent, conflicting semantics.');
  }
  if (query.has('cached') && query.has('consistent')) {
    throw new ApiError(400, 'Cannot specify ?cached with ?consistent, conflicting semantics.');
  }
  const maxStale = query.get('max_stale');
  if (maxStale !== null && maxStale !== '' && parseGoDuration(maxStale) === undefined) {
    throw new ApiError(400, `Invalid max_stale value ${JSON.stringify(maxStale)}`);
  }
}

function consistencyOf(query: URLSearchParams): string {
  if (query.has('consistent')) return 'consistent';
  return query.has('stale') || query.has('max_stale') ? 'stale' : 'leader';
}

export class BlockingQueries {
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  readonly #random: () => number;
  #waiting = 0;

  constructor({ catalog, clock, random = Math.random }: BlockingQueriesOptions) {
    this.#catalog = catalog;
    this.#clock = clock;
    this.#random = random;
  }

  /** How many wait now. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Answers at once, or when the index has moved, the time is over or the client is gone. */
  async answer(request: ApiRequest, question: Question): Promise<ApiReply> {
    const { indexOf, exists, tellConsistency = true } = question;
    checkConsistency(request.query, this.#catalog.node.datacenter);
    const known = wantedIndex(request.query);
    const timeoutMs = waitMs(request.query);
    if (known > 0 && indexOf() === known) {
      const absent = exists !== undefined && !exists();
      const isDue = (): boolean => (absent ? exists() : indexOf() !== known);
      await this.#wait(isDue, timeoutMs, request.gone);
    }
    const found = question.answer();
    return {
      status: 200,
      ...found,
      headers: {
        ...(tellConsistency ? { 'X-Consul-Effective-Consistency': consistencyOf(request.query) } : {}),
        'X-Consul-Index': String(indexOf()),
        'X-Consul-Knownleader': 'true',
        'X-Consul-Lastcontact': '0',
        'X-Consul-Query-Backend': 'blocking-query',
        ...found.headers,
      },
    };
  }

  /** Waits until `isDue`, with jitter on the time. */
  wait(isDue: () => boolean, query: URLSearchParams, gone: AbortSignal): Promise<void> {
    return this.#wait(isDue, waitMs(query), gone);
  }

  #wait(isDue: () => boolean, timeoutMs: number, gone: AbortSignal): Promise<void> {
    if (this.#waiting >= maxWaiting) throw new ApiError(429, 'Too many blocking queries');
    if (gone.aborted) return Promise.resolve();
    this.#waiting++;
    const jitterMs = (this.#random() * timeoutMs) / jitterShare;
    return new Promise((done) => {
      const finish = (): void => {
        timer.cancel();
        stop();
        gone.removeEventListener('abort', finish);
        this.#waiting--;
        done();
      };
      const timer = this.#clock.setTimer(timeoutMs + jitterMs, finish);
      const stop = this.#catalog.onChange(() => {
        if (isDue()) finish();
      });
      gone.addEventListener('abort', finish, { once: true });
    });
  }
}
