/**
 * Limits of which each worker process enforces its share, since no request can ask another process.
 */

/** The part of a limit that this process may use. */
export type LimitShare = (limit: number) => number;

/** The only process: all of it. */
export const wholeLimit: LimitShare = (limit) => limit;

/**
 * The shares of all workers add up to the limit, but that each has at least one while the limit is not 0: of a limit below
 * the number of workers, as many are allowed as there are workers.
 * @param index of the worker, from 0 on
 */
export function shareOfLimit(index: number, workers: number): LimitShare {
  return (limit) => {
    if (limit === 0 || !Number.isFinite(limit)) return limit;
    return Math.max(1, Math.floor(limit / workers) + (index < limit % workers ? 1 : 0));
  };
}
