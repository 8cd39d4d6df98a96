/**
 * What was expected against what came out.
 */
import type { HeaderTest, MatchedRequest } from '../../runtime/route/compile-header-matcher.js';
import { compileHeaderMatcher } from '../../runtime/route/compile-header-matcher.js';
import { joinHeader } from '../../runtime/common/header-list.js';
import type { ExpectedHeaders, RouteMismatch, RouteOutcome, RouteTest } from './route-test.js';

type Compared = Readonly<Record<string, string | number | undefined>>;

/** The outcome's fields under the names of the expectation. */
function plainFields(outcome: RouteOutcome): Compared {
  return {
    listener: outcome.listener,
    filterChain: outcome.filterChain,
    virtualHost: outcome.virtualHost,
    virtualCluster: outcome.virtualCluster,
    route: outcome.route,
    cluster: outcome.cluster,
    path: outcome.path,
    host: outcome.host,
    status: outcome.status,
    location: outcome.location,
    body: outcome.body,
    timeoutMs: outcome.timeoutMs,
    idleTimeoutMs: outcome.idleTimeoutMs,
  };
}

/** The same as router_check_tool sees it: only an entry of a cluster has a virtual host and rewrites. */
function routerCheckFields(outcome: RouteOutcome, { request }: RouteTest): Compared {
  const fields = plainFields(outcome);
  if (outcome.kind === 'cluster') return fields;
  const location =
    outcome.kind === 'direct_response'
      ? `${request.scheme}://${request.authority}${request.path}`
      : outcome.location;
  return { ...fields, virtualHost: '', virtualCluster: '', path: '', host: '', location };
}

const durations: ReadonlySet<string> = new Set(['timeoutMs', 'idleTimeoutMs']);

function show(field: string, value: string | number | undefined): string {
  if (value === undefined || value === '') return 'none';
  if (durations.has(field)) return `${Number(value) / 1000}s`;
  return typeof value === 'number' ? String(value) : JSON.stringify(value);
}

function* headerMismatches(
  kind: string,
  expected: ExpectedHeaders | undefined,
  actual: readonly string[],
): Generator<RouteMismatch> {
  for (const [name, value] of Object.entries(expected ?? {})) {
    const found = joinHeader(actual, name.toLowerCase());
    if ((value ?? undefined) === found) continue;
    yield {
      field: `${kind} header ${name.toLowerCase()}`,
      expected: value === null ? 'absent' : JSON.stringify(value),
      actual: found === undefined ? 'absent' : JSON.stringify(found),
    };
  }
}

/** Names of pseudo headers keep their colon; anything else with one in front is no header of a request. */
function compile(matcher: Readonly<Record<string, unknown>>): HeaderTest {
  const test = compileHeaderMatcher(matcher);
  const name = String(matcher.name ?? '');
  // router_check_tool looks every name up in the header map, where only these pseudo headers are.
  if (!name.startsWith(':') || /^:(?:authority|path|method|scheme)$/.test(name)) return test;
  return () => matcher.invert_match === true;
}

function* matcherMismatches(
  kind: string,
  matchers: readonly Readonly<Record<string, unknown>>[] | undefined,
  request: MatchedRequest,
  headers: readonly string[],
): Generator<RouteMismatch> {
  for (const matcher of matchers ?? []) {
    if (compile(matcher)(request, headers)) continue;
    const name = String(matcher.name ?? '');
    const found = joinHeader(headers, name.toLowerCase());
    const { name: _name, ...wanted } = matcher;
    yield {
      field: `${kind} header ${name}`,
      expected: JSON.stringify(wanted),
      actual: found === undefined ? 'absent' : JSON.stringify(found),
    };
  }
}

/** @returns empty when all that the test names is so */
export function judgeOutcome(test: RouteTest, outcome: RouteOutcome): RouteMismatch[] {
  if (outcome.kind === 'unknown') {
    return [{ field: 'outcome', expected: 'an answer', actual: outcome.problem ?? 'unknown' }];
  }
  const { expect } = test;
  const actual = test.asRouterCheck ? routerCheckFields(outcome, test) : plainFields(outcome);
  const found: RouteMismatch[] = [];
  for (const [field, value] of Object.entries(actual)) {
    const expected = expect[field as keyof typeof expect] as string | number | undefined;
    if (expected === undefined || expected === (value ?? '')) continue;
    found.push({
      field: field.replace(/Ms$/, ''),
      expected: show(field, expected),
      actual: show(field, value),
    });
  }
  const sent: MatchedRequest = {
    method: test.request.method,
    scheme: test.request.scheme,
    authority: outcome.host,
    path: outcome.path,
  };
  found.push(
    ...headerMismatches('request', expect.requestHeaders, outcome.requestHeaders),
    ...headerMismatches('response', expect.responseHeaders, outcome.responseHeaders),
    ...matcherMismatches('request', expect.requestHeaderMatches, sent, outcome.requestHeaders),
    ...matcherMismatches('response', expect.responseHeaderMatches, sent, outcome.responseHeaders),
  );
  return found;
}
