/**
 * Endpoints of Envoy that have nothing to show or to change here. They are in the table, so that `/help` is Envoy's and
 * whoever calls them is told in words.
 */
import type { Handler } from './endpoint.js';
import { text } from './endpoint.js';

/** Profilers and dumps of Envoy's own memory. @param what as Envoy names it */
export function notSupported(what: string): Handler {
  return () => text(`The current build does not support ${what}`, 501);
}

/** `/contention`: what Envoy says without its flag. */
export const contention: Handler = () =>
  text('Mutex contention tracing is not enabled. To enable, run Envoy with flag --enable-mutex-tracing.');

/** `/stats/recentlookups`: looking up a statistic by its name costs nothing here that one would want to find. */
export const recentLookups: Handler = () =>
  text('Lookup tracking is not enabled. Use /stats/recentlookups/enable to enable.\n\ntotal: 0\n');

/** `/stats/recentlookups/enable`. */
export const recordLookups: Handler = () => text('recording stat-name lookups needs real Envoy\n', 501);

/** `/stats/recentlookups/clear` and `/disable`: true without doing anything. */
export const lookupsDone: Handler = () => text('OK\n');
