/**
 * Virtual hosts and routes that `virtualHost`, `route`, `redirect` and `directResponse` make.
 */
import * as dsl from '../../dsl/index.js';
import type { Expression, Fields } from './expression.js';
import { call, durationInput, isObject, list, object, scalar } from './expression.js';
import type { ImportContext, Recogniser } from './import-context.js';

const actionType = 'envoy.config.route.v3.RouteAction';
const routeType = 'envoy.config.route.v3.Route';

/** Exact values by name; undefined when one is of another kind. */
function exactHeaders(headers: readonly unknown[]): Expression | undefined {
  const members = headers.map((header): [string, Expression] | undefined => {
    if (!isObject(header) || Object.keys(header).length !== 2 || !isObject(header.string_match))
      return undefined;
    const { exact, ...others } = header.string_match;
    if (typeof exact !== 'string' || Object.keys(others).length > 0) return undefined;
    return [String(header.name), scalar(exact)];
  });
  const names = new Set(members.map((one) => one?.[0]));
  if (members.includes(undefined) || names.size < headers.length) return undefined;
  return object(members as [string, Expression][]);
}

const specifiers = [
  ['prefix', 'prefix'],
  ['path', 'path'],
  ['path_separated_prefix', 'pathPrefix'],
] as const;

function matchInput(match: Fields, context: ImportContext): Expression | undefined {
  const members: [string, Expression | undefined][] = [];
  const taken = ['prefix', 'path', 'path_separated_prefix', 'case_sensitive', 'headers'];
  for (const [field, option] of specifiers) {
    if (match[field] !== undefined) members.push([option, scalar(match[field])]);
  }
  if (isObject(match.safe_regex)) {
    const { regex, ...others } = match.safe_regex;
    if (Object.keys(others).length > 0) return undefined;
    taken.push('safe_regex');
    members.push(['regex', scalar(regex)]);
  }
  if (members.length !== 1) return undefined;
  const headers = (match.headers ?? []) as readonly unknown[];
  if (headers.length > 0) {
    const matchers = headers.map((one) => context.message('envoy.config.route.v3.HeaderMatcher', one));
    members.push(['headers', exactHeaders(headers) ?? list(matchers)]);
  }
  if (match.case_sensitive !== undefined) members.push(['caseSensitive', scalar(match.case_sensitive)]);
  members.push(['raw', context.rest('envoy.config.route.v3.RouteMatch', match, taken)]);
  const [, only] = members[0] as [string, Expression];
  const isPrefix =
    match.prefix !== undefined && members.every(([, one], index) => index === 0 || one === undefined);
  return isPrefix ? only : object(members);
}

/** Headers that are set, by name; undefined when one is added, or of another form. */
function headerInput(options: unknown): Expression | undefined {
  if (!Array.isArray(options)) return undefined;
  const members = options.map((option: unknown): [string, Expression] | undefined => {
    if (!isObject(option) || option.append_action !== 'OVERWRITE_IF_EXISTS_OR_ADD') return undefined;
    if (Object.keys(option).length !== 2 || !isObject(option.header)) return undefined;
    const { key, value, ...others } = option.header;
    if (typeof key !== 'string' || typeof value !== 'string' || Object.keys(others).length > 0)
      return undefined;
    return [key, scalar(value)];
  });
  return members.includes(undefined) ? undefined : object(members as [string, Expression][]);
}

/** Options of the outer fields, and those of them that were taken. */
function outerOptions(value: Fields, context: ImportContext, action: string, withRequest: boolean) {
  const taken = ['match', action, 'name'];
  const members: [string, Expression | undefined][] = [];
  if (value.name !== undefined) members.push(['name', scalar(value.name)]);
  const request = withRequest ? headerInput(value.request_headers_to_add) : undefined;
  const response = headerInput(value.response_headers_to_add);
  if (request !== undefined) taken.push('request_headers_to_add');
  if (response !== undefined) taken.push('response_headers_to_add');
  members.push(['requestHeaders', request], ['responseHeaders', response]);
  return { members, rawRoute: context.rest(routeType, value, taken) };
}

function retryInput(policy: unknown): Expression | undefined {
  if (!isObject(policy)) return undefined;
  const { retry_on: on, num_retries: attempts, per_try_timeout: perTry, ...others } = policy;
  if (Object.keys(others).length > 0 || typeof on !== 'string' || typeof attempts !== 'number')
    return undefined;
  const isDefault = on === 'connect-failure,refused-stream,reset-before-request';
  return object([
    ['on', isDefault ? undefined : scalar(on)],
    ['attempts', attempts === 2 ? undefined : scalar(attempts)],
    ['perTryTimeout', perTry === undefined ? undefined : durationInput(perTry)],
  ]);
}

function target(action: Fields, context: ImportContext): Expression | undefined {
  if (typeof action.cluster === 'string') return context.cluster(action.cluster);
  if (!isObject(action.weighted_clusters)) return undefined;
  const { clusters, ...others } = action.weighted_clusters;
  if (Object.keys(others).length > 0 || !Array.isArray(clusters)) return undefined;
  const shares = clusters.map((one: unknown) => {
    if (!isObject(one) || Object.keys(one).sort().join() !== 'name,weight') return undefined;
    const cluster = context.cluster(String(one.name));
    return cluster === undefined ? undefined : list([cluster, scalar(one.weight)]);
  });
  if (shares.includes(undefined)) return undefined;
  return call('weighted', dsl.weighted, list(shares as Expression[]));
}

function toCluster(value: Fields, match: Expression, context: ImportContext): Expression | undefined {
  const action = value.route as Fields;
  const to = target(action, context);
  if (to === undefined) return undefined;
  const taken = ['cluster', 'weighted_clusters', 'timeout', 'prefix_rewrite', 'host_rewrite_literal'];
  const retry = retryInput(action.retry_policy);
  if (retry !== undefined) taken.push('retry_policy');
  const { members, rawRoute } = outerOptions(value, context, 'route', true);
  const options = object([
    ...members,
    ['timeout', action.timeout === undefined ? undefined : durationInput(action.timeout)],
    ['prefixRewrite', action.prefix_rewrite === undefined ? undefined : scalar(action.prefix_rewrite)],
    [
      'hostRewrite',
      action.host_rewrite_literal === undefined ? undefined : scalar(action.host_rewrite_literal),
    ],
    ['retry', retry],
    ['raw', context.rest(actionType, action, taken)],
    ['rawRoute', rawRoute],
  ]);
  return call('route', dsl.route, match, to, options);
}

const redirectCodes: Readonly<Record<string, number>> = {
  MOVED_PERMANENTLY: 301,
  FOUND: 302,
  SEE_OTHER: 303,
  TEMPORARY_REDIRECT: 307,
  PERMANENT_REDIRECT: 308,
};

const redirectFields = {
  https_redirect: 'https',
  host_redirect: 'host',
  port_redirect: 'port',
  path_redirect: 'path',
  prefix_rewrite: 'prefix',
  strip_query: 'stripQuery',
} as const;

function toRedirect(value: Fields, match: Expression, context: ImportContext): Expression | undefined {
  const { response_code: code, ...action } = value.redirect as Fields;
  if (Object.keys(action).some((field) => !(field in redirectFields))) return undefined;
  const { members, rawRoute } = outerOptions(value, context, 'redirect', false);
  const options = object([
    ...Object.entries(redirectFields).map(
      ([field, option]) => [option, action[field] === undefined ? undefined : scalar(action[field])] as const,
    ),
    ['code', code === undefined ? undefined : scalar(redirectCodes[String(code)])],
    ...members,
    ['rawRoute', rawRoute],
  ]);
  return call('redirect', dsl.redirect, match, options);
}

function toDirectResponse(value: Fields, match: Expression, context: ImportContext): Expression | undefined {
  const { status, body, ...others } = value.direct_response as Fields;
  const text = isObject(body) ? body.inline_string : undefined;
  if (Object.keys(others).length > 0 || (body !== undefined && typeof text !== 'string')) return undefined;
  const { members, rawRoute } = outerOptions(value, context, 'direct_response', false);
  const options = object([...members, ['rawRoute', rawRoute]]);
  return call(
    'directResponse',
    dsl.directResponse,
    match,
    scalar(status),
    text === undefined ? undefined : scalar(text),
    options,
  );
}

/** `route`, `redirect`, `directResponse`. */
export const recogniseRoute: Recogniser = (value, context) => {
  const match = isObject(value.match) ? matchInput(value.match, context) : undefined;
  if (match === undefined) return undefined;
  if (isObject(value.route)) return toCluster(value, match, context);
  if (isObject(value.redirect)) return toRedirect(value, match, context);
  if (isObject(value.direct_response)) return toDirectResponse(value, match, context);
  return undefined;
};

/** `virtualHost`. */
export const recogniseVirtualHost: Recogniser = (value, context) => {
  const { domains, name, require_tls: tls, routes } = value;
  if (!Array.isArray(domains)) return undefined;
  const [first] = domains as readonly string[];
  const byDefault = first === '*' ? 'all' : first;
  const taken = ['domains', 'name', 'routes', ...(tls === 'ALL' ? ['require_tls'] : [])];
  const options = object([
    ['name', name === byDefault ? undefined : scalar(name)],
    ['requireTls', tls === 'ALL' ? scalar(true) : undefined],
    ['raw', context.rest('envoy.config.route.v3.VirtualHost', value, taken)],
  ]);
  const items = ((routes ?? []) as readonly unknown[]).map((one) => context.message(routeType, one));
  return call('virtualHost', dsl.virtualHost, list(domains.map(scalar)), list(items), options);
};
