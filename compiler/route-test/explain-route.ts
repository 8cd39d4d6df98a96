/**
 * Why a route did not take a request, in words: the first of its conditions that does not hold.
 */
import { getHeader, joinHeader } from '../../runtime/common/header-list.js';
import type { Fields } from '../../runtime/common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../runtime/common/message-fields.js';
import { compileHeaderMatcher, pseudoHeader } from '../../runtime/route/compile-header-matcher.js';
import { compileRouteMatch } from '../../runtime/route/compile-route-match.js';
import { endOfPath } from '../../runtime/route/rewrite-path.js';
import { indexRoutes } from '../../runtime/route/route-index.js';
import type { RouteRequest } from '../../runtime/route/route-table.js';

const pathKinds = ['prefix', 'path', 'path_separated_prefix', 'safe_regex'] as const;

function quote(text: string): string {
  return JSON.stringify(text);
}

/** `prefix "/a"`, `regex "/a.*"`. */
function pathText(match: Fields): string {
  if (match.safe_regex !== undefined) return `regex ${quote(textOf(messageOf(match.safe_regex).regex))}`;
  for (const kind of pathKinds) if (match[kind] !== undefined) return `${kind} ${quote(textOf(match[kind]))}`;
  return Object.keys(match)[0] ?? 'nothing';
}

/** Where a route leads: `-> web`, `-> web 90, canary 10`, `-> redirect`. */
function targetText(route: Fields): string {
  const action = messageOf(route.route);
  if (route.redirect !== undefined) return 'redirect';
  if (route.direct_response !== undefined) return `answer ${messageOf(route.direct_response).status ?? ''}`;
  if (action.weighted_clusters !== undefined) {
    const clusters = messagesOf(messageOf(action.weighted_clusters).clusters);
    return clusters.map(({ name, weight }) => `${textOf(name)} ${weight ?? 0}`).join(', ');
  }
  if (action.cluster_header !== undefined) return `the cluster that ${textOf(action.cluster_header)} names`;
  return textOf(action.cluster) || 'something else';
}

/** `routes[2] 'canary' (prefix "/" -> canary)`. */
export function describeRoute(route: Fields, index: number): string {
  const name = textOf(route.name);
  return `routes[${index}]${name === '' ? '' : ` '${name}'`} (${pathText(messageOf(route.match))} -> ${targetText(route)})`;
}

const stringKinds: Readonly<Record<string, string>> = {
  exact: 'be',
  prefix: 'begin with',
  suffix: 'end with',
  contains: 'contain',
};

/** What a `StringMatcher` wants: `be "a"`. */
function wantedText(matcher: Fields): string {
  for (const [kind, verb] of Object.entries(stringKinds)) {
    if (matcher[kind] !== undefined) return `${verb} ${quote(textOf(matcher[kind]))}`;
  }
  return `fit ${quote(textOf(messageOf(matcher.safe_regex).regex))}`;
}

function wantedOfHeader(matcher: Fields): string {
  if (matcher.string_match !== undefined) return wantedText(messageOf(matcher.string_match));
  for (const kind of Object.keys(stringKinds)) {
    const value = matcher[`${kind}_match`];
    if (value !== undefined) return wantedText({ [kind]: value });
  }
  if (matcher.safe_regex_match !== undefined) return wantedText({ safe_regex: matcher.safe_regex_match });
  const { start, end } = messageOf(matcher.range_match);
  return `be a number from ${start ?? 0} to below ${end ?? 0}`;
}

function lostByHeader(matcher: Fields, request: RouteRequest): string {
  const name = textOf(matcher.name).toLowerCase();
  const value = pseudoHeader(request, name) ?? joinHeader(request.headers, name);
  const inverted = matcher.invert_match === true;
  if (value === undefined) return `header ${name} was absent`;
  const hasValue = Object.keys(matcher).some(
    (key) => key.endsWith('_match') && !/^(invert|present)_/.test(key),
  );
  if (!hasValue) return `header ${name} was present`;
  return `header ${name} was ${quote(value)}, which must ${inverted ? 'not ' : ''}${wantedOfHeader(matcher)}`;
}

function lostByQuery(matcher: Fields, request: RouteRequest): string {
  const name = textOf(matcher.name);
  const given = new RegExp(`[?&]${name.replace(/[^\w]/g, '\\$&')}(?:=([^&]*))?(?:&|$)`).exec(request.path);
  if (given === null) return `query parameter ${name} was absent`;
  if (matcher.string_match === undefined) return `query parameter ${name} was present`;
  return `query parameter ${name} was ${quote(given[1] ?? '')}, which must ${wantedText(messageOf(matcher.string_match))}`;
}

function holds(match: Fields, request: RouteRequest): boolean {
  const find = indexRoutes([{ match: compileRouteMatch(match), route: true }]);
  return find(request, endOfPath(request.path)) === true;
}

function lostByPath(match: Fields, request: RouteRequest): string {
  const path = quote(request.path.slice(0, endOfPath(request.path)));
  if (match.prefix !== undefined) return `path ${path} does not begin with ${quote(textOf(match.prefix))}`;
  if (match.path !== undefined) return `path ${path} is not ${quote(textOf(match.path))}`;
  if (match.path_separated_prefix !== undefined) {
    return `path ${path} is neither ${quote(textOf(match.path_separated_prefix))} nor below it`;
  }
  return `path ${path} does not fit ${quote(textOf(messageOf(match.safe_regex).regex))}`;
}

/** @returns undefined when the route takes the request. @param match a canonical `RouteMatch` that the table took */
export function whyLost(match: Fields, request: RouteRequest): string | undefined {
  const pathOnly: Record<string, unknown> = {};
  for (const kind of pathKinds) if (match[kind] !== undefined) pathOnly[kind] = match[kind];
  if (match.case_sensitive !== undefined) pathOnly.case_sensitive = match.case_sensitive;
  if (Object.keys(pathOnly).some((key) => key !== 'case_sensitive') && !holds(pathOnly, request)) {
    return lostByPath(match, request);
  }
  for (const header of messagesOf(match.headers)) {
    if (!compileHeaderMatcher(header)(request, request.headers)) return lostByHeader(header, request);
  }
  for (const parameter of messagesOf(match.query_parameters)) {
    if (!holds({ prefix: '', query_parameters: [parameter] }, request))
      return lostByQuery(parameter, request);
  }
  if (match.grpc !== undefined && !holds({ prefix: '', grpc: match.grpc }, request)) {
    return `content-type was ${quote(getHeader(request.headers, 'content-type') ?? '')}, not one of gRPC`;
  }
  if (match.runtime_fraction !== undefined) {
    const fraction = { prefix: '', runtime_fraction: match.runtime_fraction };
    if (!holds(fraction, request)) return `the random number ${request.random} is outside of its fraction`;
  }
  return undefined;
}
