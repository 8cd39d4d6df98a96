import type { Finding } from '../check/finding.js';
import type { Fields } from '../check/walk.js';
import { entriesOf, fieldsAt, routeConfigurationsOf, textAt } from '../check/walk.js';

/** Conditions of a match besides its path: a route that has one does not take everything under the path. */
const conditions = [
  'headers',
  'query_parameters',
  'grpc',
  'runtime_fraction',
  'tls_context',
  'dynamic_metadata',
  'filter_state',
  'cookies',
];

function hasConditions(match: Fields): boolean {
  return conditions.some((name) => {
    const value = match[name];
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
}

function fold(text: string, match: Fields): string {
  return match.case_sensitive === false ? text.toLowerCase() : text;
}

/** True when every path that `later` can take is taken by `earlier`. Says no whenever it is not certain. */
function covers(earlier: Fields, later: Fields): boolean {
  if (earlier.case_sensitive !== false && later.case_sensitive === false) return false;
  const prefix = textAt(earlier.prefix);
  const path = textAt(earlier.path);
  const separated = textAt(earlier.path_separated_prefix);
  const [laterPrefix, laterPath, laterSeparated] = [
    later.prefix,
    later.path,
    later.path_separated_prefix,
  ].map(textAt);
  if (prefix !== undefined) {
    // The prefix '/' takes every request that has a path; CONNECT has a matcher of its own.
    if (prefix === '/' || prefix === '') return later.connect_matcher === undefined;
    const start = laterPrefix ?? laterPath ?? laterSeparated;
    return start !== undefined && fold(start, earlier).startsWith(fold(prefix, earlier));
  }
  if (path !== undefined) return laterPath !== undefined && fold(laterPath, earlier) === fold(path, earlier);
  if (separated !== undefined) {
    const start = laterSeparated ?? laterPath;
    if (start === undefined) return false;
    const [wanted, given] = [fold(separated, earlier), fold(start, earlier)];
    return given === wanted || given.startsWith(`${wanted}/`);
  }
  const [regex, laterRegex] = [earlier, later].map((match) => textAt(fieldsAt(match.safe_regex).regex));
  return regex !== undefined && regex === laterRegex;
}

/**
 * # no-unreachable-route
 *
 * Envoy takes the first route of a virtual host that matches, not the most specific one. A route behind another one that
 * takes all of its paths, without any condition on headers or query, can never match. Mostly a `prefix: '/'` stands too
 * early in the list.
 *
 * Put the specific routes before the general ones.
 */
export function noUnreachableRoute(bootstrap: unknown): Finding[] {
  const findings: Finding[] = [];
  for (const { value, path } of routeConfigurationsOf(bootstrap)) {
    for (const host of entriesOf(value.virtual_hosts, [...path, 'virtual_hosts'])) {
      const routes = [...entriesOf(host.value.routes, [...host.path, 'routes'])];
      for (const [index, route] of routes.entries()) {
        const match = fieldsAt(route.value.match);
        const earlier = routes.slice(0, index).find((candidate) => {
          const other = fieldsAt(candidate.value.match);
          return !hasConditions(other) && covers(other, match);
        });
        if (earlier === undefined) continue;
        findings.push({
          code: 'no-unreachable-route',
          severity: 'warning',
          path: [...route.path, 'match'],
          message: 'this route can never match: an earlier one takes all of its paths',
          fix: 'put it before the earlier route',
          related: { path: [...earlier.path, 'match'], message: 'this one matches first' },
        });
      }
    }
  }
  return findings;
}
