/**
 * The sidecar of the frontend: what the frontend sends to port 10000 goes to the backend on 9090. The practices of
 * `practices.ts` are added where they are switched on.
 */
import {
  accessLog,
  admin,
  bootstrap,
  env,
  envNumber,
  filterChain,
  httpConnectionManager,
  httpListener,
  listener,
  localRateLimit,
  rateLimit,
  tlsFromPem,
  tlsInspector,
  zipkinTracing,
} from 'envoy3';
import { certificate, collector, rateLimitService } from './clusters.js';
import { practices } from './practices.js';
import { everything } from './routes.js';

/** In the order in which a request meets them: what costs least says no first. */
const filters = [
  ...(practices.rateLimit
    ? [
        localRateLimit({
          requests: envNumber('RATE_LIMIT_REQUESTS', 100),
          per: `${envNumber('RATE_LIMIT_SECONDS', 1)}s`,
        }),
      ]
    : []),
  ...(practices.globalRateLimit
    ? [rateLimit({ domain: 'sidecar', service: rateLimitService, timeout: '0.25s' })]
    : []),
];

const port = envNumber('SIDECAR_PORT', 10000);
const name = 'listener_0';
const address = '127.0.0.1';
const manager = {
  virtualHosts: [everything],
  filters,
  ...(practices.accessLog ? { accessLog: accessLog({ path: env('ACCESS_LOG_FILE', 'access.log') }) } : {}),
  ...(practices.tracing ? { raw: { tracing: zipkinTracing(collector) } } : {}),
};

/** Takes what `tls_inspector` found to be TLS, and nothing else. */
function tlsChain() {
  return filterChain([httpConnectionManager('ingress_http', manager)], {
    tls: tlsFromPem(certificate),
    raw: { filter_chain_match: { transport_protocol: 'tls' } },
  });
}

export default bootstrap({
  node: { id: 'sidecar', cluster: 'frontend' },
  admin: admin({ port: envNumber('ADMIN_PORT', 9901) }),
  listeners: [
    practices.tlsTermination
      ? listener(port, { name, address, listenerFilters: [tlsInspector()], filterChains: [tlsChain()] })
      : httpListener(port, { name, address, statPrefix: 'ingress_http', ...manager }),
  ],
});
