/**
 * `Route`: its match, and what happens to a request that fits.
 */
import type { Fields } from '../common/message-fields.js';
import { messageOf, numberOf, textOf } from '../common/message-fields.js';
import { lbMetadataOf } from '../common/metadata-criteria.js';
import { toOctets } from '../common/octet-text.js';
import { readDataSource } from '../network/data-source.js';
import { ConfigError } from '../network/filter.js';
import type { WeightedCluster } from './compile-cluster-choice.js';
import { compileChoosingNumber, weightedClusters } from './compile-cluster-choice.js';
import { joinMutations } from './compile-header-mutation.js';
import type { Level } from './compile-level.js';
import { compileLevel, joinFilterConfigs, joinOlderCors } from './compile-level.js';
import { compileRateLimits } from './compile-rate-limits.js';
import { compileRedirect } from './compile-redirect.js';
import { compileRouteAction } from './compile-route-action.js';
import type { CompiledMatch } from './compile-route-match.js';
import { compileRouteMatch } from './compile-route-match.js';
import { under } from '../network/config-path.js';
import { compileDecorator, compileRouteTracing } from '../tracing/http-tracing.js';
import type { TracedRoute } from '../tracing/request-trace.js';
import type {
  CompileFilterConfig,
  RateLimitPolicy,
  Route,
  RouteCommon,
  RouteRequest,
  RouteToDirectResponse,
} from './route-table.js';

/** What a route inherits from. */
export interface RouteLevels {
  readonly virtualHost: Level;
  readonly configuration: Level;
  /** `rate_limits` of the virtual host. */
  readonly rateLimits: readonly RateLimitPolicy[];
  readonly compileFilterConfig: CompileFilterConfig;
}

/** What the index of a virtual host finds. */
export interface RouteTarget {
  /** undefined: one of `weighted`. */
  readonly route: Route | undefined;
  readonly weighted: readonly WeightedRoute[];
  /** Sum of all weights. */
  readonly totalWeight: number;
  /** A number of the request that chooses among `weighted`; undefined: the request's random one does. */
  readonly choosingNumber: ((request: RouteRequest) => bigint | undefined) | undefined;
}

/** The same route with the cluster chosen; it takes the random numbers of [end of the one before, end). */
export interface WeightedRoute {
  readonly end: number;
  readonly route: Route;
}

function readBody(response: Fields, configuration: Fields): Buffer {
  if (response.body === undefined) return Buffer.alloc(0);
  const body = readDataSource(response.body);
  const limit = numberOf(configuration.max_direct_response_body_size_bytes, 4096);
  if (body.length <= limit) return body;
  const filename = textOf(messageOf(response.body).filename);
  throw new ConfigError(
    filename === ''
      ? `response body size is ${body.length} bytes; maximum is ${limit}`
      : `file ${filename} size is ${body.length} bytes; maximum is ${limit}`,
  );
}

/** What a weighted cluster says of the subset goes before what the route says. */
function mergeMetadata(route: unknown, weighted: unknown): unknown {
  if (route === undefined || weighted === undefined) return weighted ?? route;
  return { filter_metadata: { 'envoy.lb': { ...lbMetadataOf(route), ...lbMetadataOf(weighted) } } };
}

/** @throws ConfigError with the path inside the route */
function compileTraced({ decorator, tracing }: Fields): TracedRoute | undefined {
  if (decorator === undefined && tracing === undefined) return undefined;
  return {
    decorator: compileDecorator(decorator),
    tracing: under(() => compileRouteTracing(tracing), 'tracing'),
  };
}

class RouteCompiler {
  private readonly config: Fields;
  private readonly match: CompiledMatch;
  private readonly virtualHost: Fields;
  private readonly configuration: Fields;
  /** From the route outwards, so that the outer level has the last word, unless the most specific one is to win. */
  private readonly levels: readonly Level[];
  /** From the route outwards, always. */
  private readonly outwards: readonly Level[];
  private readonly inherited: RouteLevels;
  private readonly metadata: Fields | undefined;
  private readonly traced: TracedRoute | undefined;

  /** @throws ConfigError with the path inside the route */
  constructor(config: Fields, match: CompiledMatch, inherited: RouteLevels) {
    const { configuration, virtualHost } = inherited;
    this.config = config;
    this.match = match;
    this.inherited = inherited;
    this.virtualHost = virtualHost.config;
    this.configuration = configuration.config;
    this.outwards = [compileLevel(config, inherited.compileFilterConfig), virtualHost, configuration];
    const levels = [...this.outwards];
    const inwards = this.configuration.most_specific_header_mutations_wins === true;
    this.levels = inwards ? levels.reverse() : levels;
    const { metadata } = config;
    this.metadata = metadata === undefined ? undefined : messageOf(messageOf(metadata).filter_metadata);
    this.traced = compileTraced(config);
  }

  /** @param weighted the chosen cluster: its mutations come first */
  private common(weighted?: Level): RouteCommon {
    const levels = weighted === undefined ? this.levels : [weighted, ...this.levels];
    const outwards = weighted === undefined ? this.outwards : [weighted, ...this.outwards];
    const action = messageOf(this.config.route);
    return {
      name: textOf(this.config.name),
      virtualHostName: textOf(this.virtualHost.name),
      requestHeaders: joinMutations(levels.map(({ request }) => request)),
      responseHeaders: joinMutations(levels.map(({ response }) => response)),
      filterConfigs: joinFilterConfigs(outwards),
      olderCors: joinOlderCors(outwards),
      rateLimits: {
        route: under(() => compileRateLimits(action.rate_limits), 'route', 'rate_limits'),
        virtualHost: this.inherited.rateLimits,
        includeVirtualHost: action.include_vh_rate_limits === true,
      },
      metadata: this.metadata,
      traced: this.traced,
    };
  }

  private routeToCluster(action: Fields, weighted?: WeightedCluster): Route {
    const { config: route, configuration, match, virtualHost } = this;
    const levels = { match, route, virtualHost, configuration };
    if (weighted === undefined) return compileRouteAction(action, this.common(), levels);
    const { compileFilterConfig } = this.inherited;
    const level = under(() => compileLevel(weighted.config, compileFilterConfig), ...weighted.path);
    const metadata_match = mergeMetadata(action.metadata_match, weighted.config.metadata_match);
    const { cluster_header, host_rewrite_literal } = weighted.config;
    const named =
      textOf(cluster_header) === '' ? { cluster: weighted.cluster } : { cluster: undefined, cluster_header };
    const chosen = { ...action, ...named, metadata_match };
    const compiled = compileRouteAction(chosen, this.common(level), levels);
    return { ...compiled, ownAuthority: toOctets(textOf(host_rewrite_literal)) };
  }

  private directResponse(response: Fields): RouteToDirectResponse {
    return {
      kind: 'direct_response',
      ...this.common(),
      code: numberOf(response.status, 200),
      body: under(() => readBody(response, this.configuration), 'body'),
    };
  }

  target(): RouteTarget {
    const { config, match } = this;
    const single = (route: Route): RouteTarget => ({
      route,
      weighted: [],
      totalWeight: 0,
      choosingNumber: undefined,
    });
    if (config.redirect !== undefined) {
      const redirect = under(() => compileRedirect(messageOf(config.redirect), match), 'redirect');
      return single({ kind: 'redirect', ...this.common(), ...redirect });
    }
    if (config.direct_response !== undefined) {
      return single(under(() => this.directResponse(messageOf(config.direct_response)), 'direct_response'));
    }
    if (config.route === undefined) throw new ConfigError('this kind of route needs real Envoy', [], true);
    const action = messageOf(config.route);
    return under(() => {
      const clusters = weightedClusters(action);
      if (clusters === undefined) return single(this.routeToCluster(action));
      const weighted = clusters.map((one) => ({
        end: one.end,
        route: this.routeToCluster(action, one),
      }));
      const totalWeight = clusters.at(-1)?.end ?? 0;
      return { route: undefined, weighted, totalWeight, choosingNumber: compileChoosingNumber(action) };
    }, 'route');
  }
}

/** @throws ConfigError with the path inside the route */
export function compileRoute(
  config: Fields,
  levels: RouteLevels,
): { readonly match: CompiledMatch; readonly route: RouteTarget } {
  const match = under(() => compileRouteMatch(messageOf(config.match)), 'match');
  return { match, route: new RouteCompiler(config, match, levels).target() };
}

/** The route for one request. */
export function chooseRoute(target: RouteTarget, request: RouteRequest): Route {
  const { choosingNumber, route, totalWeight, weighted } = target;
  if (route !== undefined) return route;
  const chosen = choosingNumber?.(request);
  const number = chosen === undefined ? request.random % totalWeight : Number(chosen % BigInt(totalWeight));
  let at = 0;
  while (at < weighted.length - 1 && number >= (weighted[at] as WeightedRoute).end) at++;
  return (weighted[at] as WeightedRoute).route;
}
