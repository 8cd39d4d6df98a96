/**
 * Routes. Envoy takes the first one that matches.
 */
import type {
  Cluster,
  HashPolicy,
  HeaderMatcher,
  HeaderValueOption,
  Route,
  RouteAction,
  RouteMatch,
} from '../types.js';
import { carry, nameOf, valuesOf } from './carried-clusters.js';
import type { DurationInput } from './duration.js';
import { duration } from './duration.js';
import type { RouteTo } from './names.js';

/**
 * What a route matches: a text is a prefix. A prefix is one of the text, not of path segments: `/a` takes `/ab` too,
 * `{ pathPrefix: '/a' }` does not.
 */
export type MatchInput =
  | string
  | {
      readonly prefix?: string;
      readonly path?: string;
      /** RE2, of the whole path. */
      readonly regex?: string;
      readonly pathPrefix?: string;
      /** Exact values by name; Envoy's `HeaderMatcher`s for anything else. */
      readonly headers?: Readonly<Record<string, string>> | readonly HeaderMatcher[];
      /** As in Envoy, case counts unless this is false. */
      readonly caseSensitive?: boolean;
      /** Only gRPC: requests whose content-type is `application/grpc`, alone or with a `+` and more. */
      readonly grpc?: true;
      /** Any other field of `RouteMatch`, such as `query_parameters`. */
      readonly raw?: Partial<RouteMatch>;
    };

function headerMatchers(
  headers: NonNullable<Exclude<MatchInput, string>['headers']>,
): readonly HeaderMatcher[] {
  if (Array.isArray(headers)) return headers as readonly HeaderMatcher[];
  return Object.entries(headers as Readonly<Record<string, string>>).map(([name, exact]) => ({
    name,
    string_match: { exact },
  }));
}

function matchOf(input: MatchInput): RouteMatch {
  if (typeof input === 'string') return { prefix: input };
  const { prefix, path, regex, pathPrefix, headers, caseSensitive, grpc } = input;
  const specifiers = {
    ...(prefix === undefined ? {} : { prefix }),
    ...(path === undefined ? {} : { path }),
    ...(regex === undefined ? {} : { safe_regex: { regex } }),
    ...(pathPrefix === undefined ? {} : { path_separated_prefix: pathPrefix }),
  };
  if (Object.keys(specifiers).length !== 1) {
    throw new TypeError('a route matches by one of prefix, path, regex, pathPrefix');
  }
  return {
    ...specifiers,
    ...(headers === undefined ? {} : { headers: headerMatchers(headers) }),
    ...(caseSensitive === undefined ? {} : { case_sensitive: caseSensitive }),
    ...(grpc === undefined ? {} : { grpc: {} }),
    ...input.raw,
  } as RouteMatch;
}

/** Headers to set (replacing those that are there), by name. */
export type HeaderInput = Readonly<Record<string, string>>;

function headerOptions(headers: HeaderInput): readonly HeaderValueOption[] {
  return Object.entries(headers).map(([key, value]) => ({
    header: { key, value },
    append_action: 'OVERWRITE_IF_EXISTS_OR_ADD',
  }));
}

export interface RetryInput {
  /** Default `connect-failure,refused-stream,reset-before-request`: what is safe for every method. */
  readonly on?: string;
  /** `num_retries`, default 2. */
  readonly attempts?: number;
  readonly perTryTimeout?: DurationInput;
}

/** Fields of `Route` besides its match and its action. */
export type OtherRouteFields = Pick<
  Route,
  | 'metadata'
  | 'decorator'
  | 'typed_per_filter_config'
  | 'request_headers_to_add'
  | 'request_headers_to_remove'
  | 'response_headers_to_add'
  | 'response_headers_to_remove'
  | 'tracing'
  | 'stat_prefix'
>;

export interface RouteOptions {
  /** For statistics and logs. */
  readonly name?: string;
  /** Of the whole request with its retries; Envoy's default is 15 s. 0 = none. */
  readonly timeout?: DurationInput;
  /** What the matched prefix is replaced by. */
  readonly prefixRewrite?: string;
  /** Host header that the upstream gets. */
  readonly hostRewrite?: string;
  readonly retry?: RetryInput;
  /** From `hashBy`: what load balancers by hash go by. */
  readonly hashPolicy?: readonly HashPolicy[];
  /** Upgrades that the route lets through, e.g. `websocket`. */
  readonly upgrades?: readonly string[];
  /** Of the stream, without any data; Envoy's default is that of the listener. 0 = none. */
  readonly idleTimeout?: DurationInput;
  readonly requestHeaders?: HeaderInput;
  readonly responseHeaders?: HeaderInput;
  /** Any other field of `RouteAction`; it wins over what the builder sets. */
  readonly raw?: Partial<RouteAction>;
  /** Any other field of `Route` besides its match and action; it wins over what the builder sets. */
  readonly rawRoute?: OtherRouteFields;
}

function outerFields(
  options: Pick<RouteOptions, 'name' | 'requestHeaders' | 'responseHeaders' | 'rawRoute'>,
): Partial<Route> {
  const { name, requestHeaders, responseHeaders } = options;
  return {
    ...(name === undefined ? {} : { name }),
    ...(requestHeaders === undefined ? {} : { request_headers_to_add: headerOptions(requestHeaders) }),
    ...(responseHeaders === undefined ? {} : { response_headers_to_add: headerOptions(responseHeaders) }),
    ...options.rawRoute,
  };
}

function retryPolicy({ on, attempts, perTryTimeout }: RetryInput) {
  return {
    retry_on: on ?? 'connect-failure,refused-stream,reset-before-request',
    num_retries: attempts ?? 2,
    ...(perTryTimeout === undefined ? {} : { per_try_timeout: duration(perTryTimeout) }),
  };
}

export type Share = readonly [target: Cluster | string, weight: number];

/** Shares of a route: `weighted([[stable, 95], [canary, 5]])`. */
export interface WeightedTarget<Names extends string> {
  readonly weighted: readonly Share[];
  readonly names?: Names;
}

/** The cluster names in a target; clusters by value are known anyway. */
export type NamesIn<Target> = Target extends string
  ? Target
  : Target extends WeightedTarget<infer Names>
    ? Names
    : never;

/** Splits the requests of a route by weight. A weight is any share; only their ratio counts. */
export function weighted<const Shares extends readonly Share[]>(
  shares: Shares,
): WeightedTarget<Extract<Shares[number][0], string>> {
  return { weighted: shares };
}

/**
 * A route to a cluster (by value or by name), or to several by weight:
 * `route('/api', api, { timeout: '5s' })`.
 */
export function route<const Target extends Cluster | string | WeightedTarget<string>>(
  match: MatchInput,
  target: Target,
  options: RouteOptions = {},
): RouteTo<NamesIn<Target>> {
  const split =
    typeof target === 'object' && 'weighted' in target ? (target.weighted as readonly Share[]) : undefined;
  const targets = split === undefined ? [target as Cluster | string] : split.map(([one]) => one);
  const { hashPolicy, hostRewrite, idleTimeout, prefixRewrite, raw, retry, timeout, upgrades } = options;
  const action = {
    ...(split === undefined
      ? { cluster: nameOf(target as Cluster | string) }
      : { weighted_clusters: { clusters: split.map(([one, weight]) => ({ name: nameOf(one), weight })) } }),
    ...(timeout === undefined ? {} : { timeout: duration(timeout) }),
    ...(prefixRewrite === undefined ? {} : { prefix_rewrite: prefixRewrite }),
    ...(hostRewrite === undefined ? {} : { host_rewrite_literal: hostRewrite }),
    ...(idleTimeout === undefined ? {} : { idle_timeout: duration(idleTimeout) }),
    ...(retry === undefined ? {} : { retry_policy: retryPolicy(retry) }),
    ...(hashPolicy === undefined ? {} : { hash_policy: hashPolicy }),
    ...(upgrades === undefined
      ? {}
      : { upgrade_configs: upgrades.map((upgrade_type) => ({ upgrade_type })) }),
    ...raw,
  };
  const built = { ...outerFields(options), match: matchOf(match), route: action } as Route;
  return carry(built, valuesOf(targets)) as RouteTo<NamesIn<Target>>;
}

export interface RedirectOptions extends Pick<RouteOptions, 'name' | 'responseHeaders' | 'rawRoute'> {
  /** To `https`, on the same host. */
  readonly https?: boolean;
  readonly host?: string;
  readonly port?: number;
  /** Replaces the whole path. */
  readonly path?: string;
  /** Replaces the matched prefix. */
  readonly prefix?: string;
  /** Default 301. */
  readonly code?: 301 | 302 | 303 | 307 | 308;
  readonly stripQuery?: boolean;
}

const redirectCodes = {
  301: 'MOVED_PERMANENTLY',
  302: 'FOUND',
  303: 'SEE_OTHER',
  307: 'TEMPORARY_REDIRECT',
  308: 'PERMANENT_REDIRECT',
} as const;

/** A route that answers with a redirect. */
export function redirect(match: MatchInput, options: RedirectOptions): Route {
  const { https, host, port, path, prefix, code, stripQuery } = options;
  const action = {
    ...(https === true ? { https_redirect: true } : {}),
    ...(host === undefined ? {} : { host_redirect: host }),
    ...(port === undefined ? {} : { port_redirect: port }),
    ...(path === undefined ? {} : { path_redirect: path }),
    ...(prefix === undefined ? {} : { prefix_rewrite: prefix }),
    ...(code === undefined ? {} : { response_code: redirectCodes[code] }),
    ...(stripQuery === undefined ? {} : { strip_query: stripQuery }),
  };
  return { ...outerFields(options), match: matchOf(match), redirect: action } as Route;
}

/** A route that answers by itself. @param status 200 to 599 */
export function directResponse(
  match: MatchInput,
  status: number,
  body?: string,
  options: Pick<RouteOptions, 'name' | 'responseHeaders' | 'rawRoute'> = {},
): Route {
  const action = { status, ...(body === undefined ? {} : { body: { inline_string: body } }) };
  return { ...outerFields(options), match: matchOf(match), direct_response: action } as Route;
}

/** What a request is hashed by: `hashBy({ header: 'x-user' })`, `hashBy({ cookie: 'session' })`, `hashBy('source-ip')`. */
export function hashBy(
  key: 'source-ip' | { readonly header: string } | { readonly cookie: string } | { readonly query: string },
): HashPolicy {
  if (key === 'source-ip') return { connection_properties: { source_ip: true } };
  if ('header' in key) return { header: { header_name: key.header } };
  if ('cookie' in key) return { cookie: { name: key.cookie } };
  return { query_parameter: { name: key.query } };
}
