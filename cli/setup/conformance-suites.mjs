/**
 * The suites of `npm run conformance`, and what each cannot do without: `envoy` real Envoy, `shared` the corpus and the
 * recorded answers, `older` the older releases of Envoy, `h2spec`, `nodes` other releases of Node.
 *
 * The order is that of the start: those that take longest come first, so that the last does not run alone.
 */
export const suites = {
  // These take a minute or more.
  package: {},
  deploy: {},
  'discovery-fuzz': {},
  'filters-parity': { envoy: true },
  hermetic: { nodes: true },
  targets: { shared: true, older: true },
  'edge-tls-parity': { envoy: true },
  'http-parity': { envoy: true },
  projects: { envoy: true },
  import: { shared: true },
  'live-mutations': { shared: true, envoy: true },
  'sidecar-parity': { envoy: true },
  // And these less.
  'api-facts': { envoy: true },
  verdicts: { shared: true },
  fmt: { shared: true },
  migrate: { envoy: true },
  'split-layout': { envoy: true },
  tools: { shared: true },
  builders: { envoy: true },
  'route-tests': { shared: true, envoy: true },
  'cross-checks': { shared: true },
  'corpus-served': { shared: true },
  secrets: { envoy: true, older: true },
  'tcp-parity': { envoy: true },
  'http1-parity': { shared: true, envoy: true },
  'http2-parity': { envoy: true },
  h2spec: { h2spec: true },
  'headers-parity': { shared: true, envoy: true },
  'front-proxy-parity': { envoy: true },
  'consul-mesh-parity': { envoy: true },
  'tls-parity': { envoy: true },
  'xds-parity': { envoy: true },
  'runtime-parity': { envoy: true },
  'ext-authz-tls': { envoy: true },
  'health-parity': { envoy: true },
  'balance-parity': { envoy: true },
  'tracing-parity': { envoy: true },
  'access-log-parity': { envoy: true },
  'consul-http': { shared: true },
  'consul-dns': { shared: true },
  'consul-clients': {},
  'consul-live': {},
  'service-manager': {},
  'discovery-envoy': { envoy: true },
};
