/**
 * Route tests: which request goes where. `envoy3 test` runs them on the matcher of the runtime, without a proxy.
 */
import type { DurationInput } from './builders/duration.js';

/** `'GET https://example.com/a?b'`, or the URL alone for a GET. */
export type RequestLine =
  | `http://${string}`
  | `https://${string}`
  | `${Uppercase<string>} http://${string}`
  | `${Uppercase<string>} https://${string}`;

/** A request that needs more than its line. */
export interface RouteRequestInput {
  /** With the method in front of it, when that is not GET: `'POST http://example.com/a'`. */
  readonly url: RequestLine;
  readonly method?: string;
  /** `host` takes the place of the URL's host. Several values of one header as a list. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Chooses among weighted clusters, and decides on fractions: any whole number; default 0. */
  readonly random?: number;
  /** As if a proxy before this one had set `x-envoy-internal`. */
  readonly internal?: boolean;
  /** Name of the listener; default: the one at the port of the URL. */
  readonly listener?: string;
  /** Server name of the TLS handshake; default: the host of the URL. */
  readonly serverName?: string;
  /** IP address of the client, default 203.0.113.1. */
  readonly sourceAddress?: string;
  /** Protocols that the client offers in the TLS handshake, default `http/1.1`. */
  readonly alpn?: readonly string[];
}

/** Header values by name; null: the header must be absent. */
export type HeaderExpectation = Readonly<Record<string, string | null>>;

/** Only what is named is compared; null stands for "none". */
export interface RouteExpectationInput {
  readonly listener?: string;
  readonly filterChain?: string;
  readonly virtualHost?: string | null;
  readonly virtualCluster?: string | null;
  /** Name of the route. */
  readonly route?: string | null;
  readonly cluster?: string | null;
  /** Path that the upstream gets, with query. */
  readonly path?: string;
  /** Host header that the upstream gets. */
  readonly host?: string;
  /** Of an answer by Envoy itself: of a redirect, a direct response, or 404 when no route takes the request. */
  readonly status?: number;
  /** `location` of a redirect. */
  readonly location?: string | null;
  /** Of a direct response. */
  readonly body?: string;
  readonly timeout?: DurationInput;
  readonly idleTimeout?: DurationInput;
  /** What the upstream gets. */
  readonly requestHeaders?: HeaderExpectation;
  /** What routes add to an answer. */
  readonly responseHeaders?: HeaderExpectation;
}

/** One test. */
export interface RouteTestInput {
  /** Default: the request line. */
  readonly name?: string;
  readonly request: RequestLine | RouteRequestInput;
  readonly expect: RouteExpectationInput;
}

/** A file of tests. */
export interface RouteTestsInput {
  /** The configuration under test, relative to this file. Default: what `envoy3 test --config` says. */
  readonly config?: string;
  readonly tests: readonly RouteTestInput[];
}

/**
 * The default export of a `*.routes.ts`:
 * `export default defineRouteTests({ tests: [{ request: 'http://example.com/', expect: { cluster: 'web' } }] });`
 */
export function defineRouteTests(tests: RouteTestsInput): RouteTestsInput {
  return tests;
}
