/**
 * A route configuration prepared for the runtime's matcher so that the answer tells where the route stands: every route
 * gets its position as its name. Conditions that the matcher does not know are dropped and remembered: a route that wins
 * without them is no answer.
 */
import type { Fields } from '../../runtime/common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../runtime/common/message-fields.js';
import { matchesMetadata } from './match-metadata.js';
import { readDataSource } from '../../runtime/network/data-source.js';
import { routeSupportedFields } from '../../runtime/route/supported-fields.js';

const known = routeSupportedFields['envoy.config.route.v3.RouteMatch'] ?? {};
const pathKinds: ReadonlySet<string> = new Set(['prefix', 'path', 'path_separated_prefix', 'safe_regex']);

/** A route configuration for the matcher, and what the matcher does not know of it. */
export interface TaggedRoutes {
  /** For `compileRouteTable`. */
  readonly config: Fields;
  /** Name of a route in `config` -> what the matcher does not know about it. */
  readonly unknown: ReadonlyMap<string, string>;
}

/** The name by which `placeOf` knows the route. */
export function tagOf(virtualHost: number, route: number): string {
  return `${virtualHost}/${route}`;
}

/** @returns undefined when the name is not one of `tagOf` */
export function placeOf(tag: string): { readonly virtualHost: number; readonly route: number } | undefined {
  const match = /^(\d+)\/(\d+)$/.exec(tag);
  return match === null ? undefined : { virtualHost: Number(match[1]), route: Number(match[2]) };
}

/** What a request of router_check_tool brings along, and a request of a client does not. */
export interface KnownFacts {
  /** Routes with this runtime key match, all others with one do not; undefined: by their own fraction. */
  readonly runtime: string | undefined;
  /** By namespace; undefined: not known. */
  readonly dynamicMetadata: Readonly<Record<string, unknown>> | undefined;
}

/** No request is in it. */
const nothing = { default_value: { numerator: 0, denominator: 'HUNDRED' } };

/** Conditions on metadata are decided here, since the matcher does not know them. */
function withMetadata(match: Fields, { dynamicMetadata }: KnownFacts): Fields {
  if (match.dynamic_metadata === undefined || dynamicMetadata === undefined) return match;
  const { dynamic_metadata: matchers, ...rest } = match;
  const holds = messagesOf(matchers).every((matcher) => matchesMetadata(matcher, dynamicMetadata));
  return holds ? rest : { ...rest, runtime_fraction: nothing };
}

/** `runtime` as in router_check_tool: the fraction of that key is everything, of any other key nothing. */
function withRuntime(match: Fields, { runtime }: KnownFacts): Fields {
  const fraction = messageOf(match.runtime_fraction);
  if (runtime === undefined || match.runtime_fraction === undefined) return match;
  const numerator = textOf(fraction.runtime_key) === runtime ? 100 : 0;
  return { ...match, runtime_fraction: { default_value: { numerator, denominator: 'HUNDRED' } } };
}

/** A body that lies in a file of another machine is empty here. */
function withReadableBody(response: Fields): Fields {
  try {
    if (response.body !== undefined) readDataSource(response.body);
    return response;
  } catch {
    return { ...response, body: undefined };
  }
}

function action(route: Fields): { readonly action: Fields; readonly unknown: string | undefined } {
  if (route.redirect !== undefined) return { action: { redirect: route.redirect }, unknown: undefined };
  if (route.direct_response !== undefined) {
    const response = withReadableBody(messageOf(route.direct_response));
    return { action: { direct_response: response }, unknown: undefined };
  }
  const target = messageOf(route.route);
  if (
    target.cluster !== undefined ||
    target.cluster_header !== undefined ||
    target.weighted_clusters !== undefined
  )
    return { action: { route: target }, unknown: undefined };
  const kind =
    route.route === undefined
      ? Object.keys(route).find((key) => /_action$/.test(key))
      : Object.keys(target).find((key) => key.includes('cluster_specifier'));
  return { action: { direct_response: { status: 200 } }, unknown: kind ?? 'its action' };
}

/** @param config canonical `RouteConfiguration` */
export function tagRoutes(config: Fields, facts: KnownFacts): TaggedRoutes {
  const unknown = new Map<string, string>();
  const virtualHosts = messagesOf(config.virtual_hosts).map((virtualHost, host) => ({
    ...virtualHost,
    routes: messagesOf(virtualHost.routes).map((route, index) => {
      const tag = tagOf(host, index);
      const given = withMetadata(withRuntime(messageOf(route.match), facts), facts);
      const match: Record<string, unknown> = {};
      const odd: string[] = [];
      for (const [field, value] of Object.entries(given)) {
        if (field in known) match[field] = value;
        else odd.push(field);
      }
      if (!Object.keys(match).some((field) => pathKinds.has(field))) match.prefix = '';
      const made = action(route);
      if (made.unknown !== undefined) odd.push(made.unknown);
      if (odd.length > 0) unknown.set(tag, odd.join(', '));
      const { route: _route, redirect: _redirect, direct_response: _direct, ...rest } = route;
      return { ...rest, ...made.action, match, name: tag };
    }),
  }));
  return { config: { ...config, virtual_hosts: virtualHosts }, unknown };
}
