/**
 * A `RouteConfiguration` -> its table. Everything that depends on the configuration alone happens here.
 */
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { readDataSource } from '../network/data-source.js';
import { ConfigError } from '../network/filter.js';
import { compileHeaderMutation, joinMutations } from './compile-header-mutation.js';
import { compileRedirect } from './compile-redirect.js';
import { compileRouteAction } from './compile-route-action.js';
import type { CompiledMatch } from './compile-route-match.js';
import { compileRouteMatch } from './compile-route-match.js';
import { indexDomains } from './host-index.js';
import { splitQuery } from './rewrite-path.js';
import { indexRoutes } from './route-index.js';
import type {
  CompileRouteTable,
  HeaderMutation,
  Route,
  RouteCommon,
  RouteRequest,
  RouteToDirectResponse,
  RouteToRedirect,
} from './route-table.js';

type Reference = { readonly cluster: string; readonly path: readonly (string | number)[] };

function at<T>(make: () => T, ...path: (string | number)[]): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof ConfigError ? error.under(...path) : error;
  }
}

class RouteCompiler {
  readonly references: Reference[] = [];
  private readonly config: Fields;
  private readonly mostSpecificWins: boolean;

  constructor(config: Fields) {
    this.config = config;
    this.mostSpecificWins = config.most_specific_header_mutations_wins === true;
  }

  /** From the route outwards, so that the outer level has the last word, unless the most specific is to win. */
  private mutations(
    direction: 'request' | 'response',
    levels: readonly Fields[],
  ): HeaderMutation | undefined {
    const compiled = levels.map((level) => compileHeaderMutation(level, direction));
    return joinMutations(this.mostSpecificWins ? compiled.reverse() : compiled);
  }

  route(
    config: Fields,
    virtualHost: Fields,
    path: readonly (string | number)[],
  ): { match: CompiledMatch; route: Route } {
    const match = at(() => compileRouteMatch(messageOf(config.match)), 'match');
    const levels = [config, virtualHost, this.config];
    const perFilter = [config, virtualHost, this.config].map((level) =>
      messageOf(level.typed_per_filter_config),
    );
    const common: RouteCommon = {
      name: textOf(config.name),
      virtualHostName: textOf(virtualHost.name),
      requestHeaders: this.mutations('request', levels),
      responseHeaders: this.mutations('response', levels),
      typedPerFilterConfig: (name) => perFilter.find((one) => one[name] !== undefined)?.[name],
    };
    return { match, route: this.action(config, match, virtualHost, common, path) };
  }

  private action(
    config: Fields,
    match: CompiledMatch,
    virtualHost: Fields,
    common: RouteCommon,
    path: readonly (string | number)[],
  ): Route {
    if (config.redirect !== undefined) {
      const redirect = at(() => compileRedirect(messageOf(config.redirect), match), 'redirect');
      return { kind: 'redirect', ...common, ...redirect } satisfies RouteToRedirect;
    }
    if (config.direct_response !== undefined) {
      const response = messageOf(config.direct_response);
      return {
        kind: 'direct_response',
        ...common,
        code: numberOf(response.status, 200),
        body: at(() => this.directBody(response.body), 'direct_response', 'body'),
      } satisfies RouteToDirectResponse;
    }
    if (config.route === undefined) throw new ConfigError('this kind of route needs real Envoy', [], true);
    const action = messageOf(config.route);
    this.refer(action, [...path, 'route']);
    return {
      ...common,
      ...at(() => compileRouteAction(action, match, virtualHost.retry_policy), 'route'),
      includeRequestAttemptCount: virtualHost.include_request_attempt_count === true,
      includeAttemptCountInResponse: virtualHost.include_attempt_count_in_response === true,
    };
  }

  private directBody(source: unknown): Buffer {
    if (source === undefined) return Buffer.alloc(0);
    const body = readDataSource(source);
    const limit = numberOf(this.config.max_direct_response_body_size_bytes, 4096);
    if (body.length > limit) {
      throw new ConfigError(`response body size is ${body.length} bytes; maximum is ${limit}`);
    }
    return body;
  }

  private refer(action: Fields, path: readonly (string | number)[]): void {
    if (typeof action.cluster === 'string') {
      this.references.push({ cluster: action.cluster, path: [...path, 'cluster'] });
    }
    for (const [index, one] of messagesOf(messageOf(action.weighted_clusters).clusters).entries()) {
      const name = textOf(one.name);
      if (name !== '') {
        this.references.push({
          cluster: name,
          path: [...path, 'weighted_clusters', 'clusters', index, 'name'],
        });
      }
    }
  }
}

interface VirtualHostTable {
  readonly requireTls: 'NONE' | 'EXTERNAL_ONLY' | 'ALL';
  readonly find: (request: RouteRequest, path: string) => Route | undefined;
  readonly toTls: RouteToRedirect;
}

/** The answer of `require_tls` to plain text. */
function tlsRedirect(virtualHostName: string): RouteToRedirect {
  return {
    kind: 'redirect',
    name: '',
    virtualHostName,
    requestHeaders: undefined,
    responseHeaders: undefined,
    typedPerFilterConfig: () => undefined,
    code: 301,
    location: (request) => `https://${request.authority}${request.path}`,
  };
}

export const compileRouteTable: CompileRouteTable = (given) => {
  const config = messageOf(given);
  const compiler = new RouteCompiler(config);
  const domains: [string, VirtualHostTable][] = [];
  for (const [hostIndex, virtualHost] of messagesOf(config.virtual_hosts).entries()) {
    const hostPath = ['virtual_hosts', hostIndex];
    const routes = messagesOf(virtualHost.routes).map((route, index) => {
      const path = [...hostPath, 'routes', index];
      return at(() => compiler.route(route, virtualHost, path), ...path);
    });
    const table: VirtualHostTable = {
      requireTls: textOf(virtualHost.require_tls, 'NONE') as VirtualHostTable['requireTls'],
      find: indexRoutes(routes),
      toTls: tlsRedirect(textOf(virtualHost.name)),
    };
    for (const domain of (virtualHost.domains ?? []) as readonly string[]) domains.push([domain, table]);
  }
  const findHost = indexDomains(domains);
  const ignorePort = config.ignore_port_in_host_matching === true;
  return {
    name: textOf(config.name),
    clusterReferences: compiler.references,
    match(request) {
      const host = ignorePort ? request.authority.replace(/:\d+$/, '') : request.authority;
      const virtualHost = findHost(host);
      if (virtualHost === undefined) return undefined;
      if (virtualHost.requireTls === 'ALL' && request.scheme !== 'https') return virtualHost.toTls;
      return virtualHost.find(request, splitQuery(request.path)[0]);
    },
  };
};
