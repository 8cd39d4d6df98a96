/**
 * The first route that matches, in the order of the configuration, found in about the same time among ten as among ten
 * thousand: exact paths by a hash, prefixes by a hash for each length that occurs, everything else one by one.
 */
import type { CompiledMatch } from './compile-route-match.js';
import type { RouteRequest } from './route-table.js';

export interface IndexedRoute<T> {
  readonly match: CompiledMatch;
  readonly route: T;
}

/** Below this many routes testing one by one is faster than looking up. Measured. */
const linearLimit = 8;

function add(map: Map<string, number[]>, key: string, index: number): void {
  const before = map.get(key);
  if (before === undefined) map.set(key, [index]);
  else before.push(index);
}

/** @returns finds the first route for a request. @param routes in the order of the configuration */
export function indexRoutes<T>(
  routes: readonly IndexedRoute<T>[],
): (request: RouteRequest, path: string) => T | undefined {
  const fits = ({ match }: IndexedRoute<T>, request: RouteRequest, path: string): boolean =>
    match.testPath(path) && (match.testRequest === undefined || match.testRequest(request));
  if (routes.length <= linearLimit) {
    return (request, path) => {
      for (let at = 0; at < routes.length; at++) {
        const one = routes[at] as IndexedRoute<T>;
        if (fits(one, request, path)) return one.route;
      }
      return undefined;
    };
  }
  const exact = new Map<string, number[]>();
  const prefixes = new Map<number, Map<string, number[]>>();
  const others: number[] = [];
  for (const [index, { match }] of routes.entries()) {
    if (match.kind === 'exact') add(exact, match.value, index);
    else if (match.kind === 'prefix') {
      const { length } = match.value;
      const ofLength = prefixes.get(length) ?? new Map<string, number[]>();
      prefixes.set(length, ofLength);
      add(ofLength, match.value, index);
    } else others.push(index);
  }
  const lengths = [...prefixes].sort(([one], [other]) => one - other);
  return (request, path) => {
    // The least index among all that fit; each list is in order, so its first fit is its best.
    let best = routes.length;
    const look = (indexes: readonly number[] | undefined): void => {
      if (indexes === undefined) return;
      for (const index of indexes) {
        if (index >= best) return;
        if (fits(routes[index] as IndexedRoute<T>, request, path)) {
          best = index;
          return;
        }
      }
    };
    look(exact.get(path));
    for (const [length, ofLength] of lengths) {
      if (length > path.length) break;
      look(ofLength.get(path.slice(0, length)));
    }
    look(others);
    return routes[best]?.route;
  };
}
