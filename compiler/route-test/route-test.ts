/**
 * The contract of route tests: which request is put to a configuration, what is expected of it, and what came out.
 * Nothing is listened to and nothing is sent: the routes are matched by the runtime's own pure matcher.
 */
import type { Path } from '../../dsl/api/index.js';

/** A request as a client sends it. */
export interface RouteTestRequest {
  readonly method: string;
  readonly scheme: 'http' | 'https';
  /** The host header, with the port when there is one. */
  readonly authority: string;
  /** With query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Chooses among weighted clusters and decides on fractions; an integer of [0, 2^32). */
  readonly random: number;
  /** `x-envoy-internal: true`, as set by a proxy before this one. */
  readonly internal: boolean;
  /** `input.runtime` of router_check_tool: routes with this runtime key match, all others with one do not. */
  readonly runtime: string | undefined;
  /** What filters before the router have set, by namespace; undefined: not known. */
  readonly dynamicMetadata: Readonly<Record<string, unknown>> | undefined;
  /** Name of the listener; undefined: chosen by port and scheme. */
  readonly listener: string | undefined;
  /** Port that the client connects to; undefined: that of the scheme. */
  readonly port: number | undefined;
  /** Of the TLS handshake; undefined: the host of the URL. */
  readonly serverName: string | undefined;
  /** IP address of the client. */
  readonly sourceAddress: string;
  readonly alpn: readonly string[];
}

/** Header values by lower-case name; `null`: the header must be absent. */
export type ExpectedHeaders = Readonly<Record<string, string | null>>;

/** Only what is named is compared. An empty text stands for "none". */
export interface RouteExpectation {
  readonly listener?: string;
  readonly filterChain?: string;
  readonly virtualHost?: string;
  readonly virtualCluster?: string;
  readonly route?: string;
  readonly cluster?: string;
  /** Path that the upstream gets. */
  readonly path?: string;
  /** Host header that the upstream gets. */
  readonly host?: string;
  /** Status that Envoy answers by itself: of a redirect, a direct response, or 404 without a route. */
  readonly status?: number;
  /** `location` of a redirect. */
  readonly location?: string;
  readonly body?: string;
  /** Milliseconds. */
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly requestHeaders?: ExpectedHeaders;
  readonly responseHeaders?: ExpectedHeaders;
  /** Messages `HeaderMatcher`. */
  readonly requestHeaderMatches?: readonly Readonly<Record<string, unknown>>[];
  readonly responseHeaderMatches?: readonly Readonly<Record<string, unknown>>[];
}

/** A request and what is expected of it. */
export interface RouteTest {
  readonly name: string;
  readonly request: RouteTestRequest;
  readonly expect: RouteExpectation;
  /**
   * Judged as Envoy's router_check_tool does: a redirect or direct response has neither virtual host nor rewrites, and
   * `location` of a direct response is the URL of the request.
   */
  readonly asRouterCheck: boolean;
  /** Of the test in its file. */
  readonly path: Path;
}

/** Where a route stands. */
export interface RoutePlace {
  /** Of the route configuration in the bootstrap. */
  readonly configPath: Path;
  readonly virtualHost: number;
  readonly route: number;
  /** Index in `weighted_clusters.clusters`, undefined for other routes. */
  readonly weighted: number | undefined;
}

/** What Envoy would do with a request. */
export interface RouteOutcome {
  /** `unknown`: the reason is in `problem`. */
  readonly kind: 'cluster' | 'redirect' | 'direct_response' | 'no_route' | 'rejected' | 'unknown';
  readonly problem?: string;
  readonly listener: string;
  readonly filterChain: string;
  /** Of the connection manager in the bootstrap; empty for a route configuration alone. */
  readonly manager: Path;
  readonly routeConfiguration: string;
  /** `''` when no domain fits. */
  readonly virtualHost: string;
  readonly virtualCluster: string;
  /** Name of the route. */
  readonly route: string;
  readonly place?: RoutePlace;
  readonly cluster: string;
  /** What the upstream gets; of answers by Envoy itself, what came in. */
  readonly path: string;
  readonly host: string;
  /** 0 when an upstream answers. */
  readonly status: number;
  readonly location: string;
  readonly body: string;
  readonly timeoutMs?: number;
  readonly idleTimeoutMs?: number;
  readonly requestHeaders: readonly string[];
  /** Those that Envoy adds, to an answer without headers. */
  readonly responseHeaders: readonly string[];
  /** Every route that was looked at, in order: why it lost. */
  readonly trace: readonly string[];
}

/** One difference between what was expected and what came out. */
export interface RouteMismatch {
  readonly field: string;
  readonly expected: string;
  readonly actual: string;
}

/** A test that has run. */
export interface RouteTestResult {
  readonly test: RouteTest;
  readonly outcome: RouteOutcome;
  /** Empty: passed. */
  readonly mismatches: readonly RouteMismatch[];
}
