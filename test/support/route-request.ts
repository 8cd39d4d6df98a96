/** A request as the route table sees it, for tests. */
import type { RouteRequest } from '../../runtime/route/route-table.js';

/** @param path with query. @param headers lines like `x-a: 1`. @param given what is to be different */
export function routeRequest(
  path: string,
  headers: readonly string[] = [],
  given: Partial<RouteRequest> = {},
): RouteRequest {
  const authority = given.authority ?? 'example.com';
  const list = ['host', authority];
  for (const line of headers) {
    const colon = line.indexOf(':', 1);
    list.push(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { method: 'GET', scheme: 'http', authority, path, headers: list, random: 0, ...given };
}
