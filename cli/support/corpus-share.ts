/**
 * How many of the configurations that real Envoy accepts, of its own documentation and examples, the bundled runtime serves as
 * a whole. `npm run conformance -- corpus-served` counts them, and fails when these figures are not true.
 */
export interface CorpusShare {
  readonly tier: string;
  /** What the configurations of the tier are about. */
  readonly about: string;
  readonly served: number;
  readonly accepted: number;
}

export const corpusShares: readonly CorpusShare[] = [
  { tier: 'core', about: 'HTTP and TCP proxies, TLS, clusters, routes', served: 26, accepted: 28 },
  { tier: '1', about: 'what most set-ups add: common filters, tracing, sinks', served: 25, accepted: 29 },
  { tier: '2', about: 'further filters, xDS servers, UDP, HTTP/3', served: 3, accepted: 36 },
  { tier: '3', about: 'the rest: one file for each rare extension', served: 1, accepted: 41 },
];
