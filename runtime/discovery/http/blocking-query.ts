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

function wantedIndex(query: URLSearchParams): number {
  const text = query.get('index') ?? '0';
  if (!/^\d+$/.test(text)) throw new ApiError(400, 'Invalid index');
  return Number(text);
}

function waitMs(query: URLSearchParams): number {
  const text = query.get('wait');
  if (text === null || text === '') return defaultWaitMs;
  const ms = parseGoDuration(text);
  if (ms === undefined || ms < 0) throw new ApiError(400, 'Invalid wait time');
  return ms === 0 ? defaultWaitMs : Math.min(ms, maxWaitMs);
}

function refuseOther(query: URLSearchParams, datacenter: string): void {
  const named = query.get('dc') ?? query.get('datacenter') ?? '';
  if (named !== '' && named !== datacenter) throw new ApiError(500, 'No path to datacenter');
  if (query.has('stale') && query.has('consistent')) {
    throw new ApiError(400, 'Cannot specify ?stale with ?consistent, conflicting semantics.');
  }
  if (query.has('cached') && query.has('consistent')) {
    throw new ApiError(400, 'Cannot specify ?cached with ?consistent, conflicting semantics.');
  }
}

export class BlockingQueries {
  readonly #catalog: Catalog;
  readonly #clock: Clock;
  #waiting = 0;

  constructor(catalog: Catalog, clock: Clock) {
    this.#catalog = catalog;
    this.#clock = clock;
  }

  /**
   * @param indexOf index that the answer has at the moment
   * @param answer made when it is due
   */
  async answer(request: ApiRequest, indexOf: () => number, answer: () => unknown): Promise<ApiReply> {
    refuseOther(request.query, this.#catalog.node.datacenter);
    const known = wantedIndex(request.query);
    const timeoutMs = waitMs(request.query);
    if (known > 0 && indexOf() === known)
      await this.#wait(() => indexOf() !== known, timeoutMs, request.gone);
    return {
      status: 200,
      json: answer(),
      headers: {
        'X-Consul-Effective-Consistency': request.query.has('stale') ? 'stale' : 'leader',
        'X-Consul-Index': String(indexOf()),
        'X-Consul-Knownleader': 'true',
        'X-Consul-Lastcontact': '0',
      },
    };
  }

  #wait(isDue: () => boolean, timeoutMs: number, gone: AbortSignal): Promise<void> {
    if (this.#waiting >= maxWaiting) throw new ApiError(429, 'Too many blocking queries');
    if (gone.aborted) return Promise.resolve();
    this.#waiting++;
    return new Promise((done) => {
      const finish = (): void => {
        timer.cancel();
        stop();
        gone.removeEventListener('abort', finish);
        this.#waiting--;
        done();
      };
      const timer = this.#clock.setTimer(timeoutMs, finish);
      const stop = this.#catalog.onChange(() => {
        if (isDue()) finish();
      });
      gone.addEventListener('abort', finish, { once: true });
    });
  }
}
