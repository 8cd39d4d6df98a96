/**
 * The sidecar of the frontend: what the frontend sends to port 10000 goes to the backend on 9090. The practices of
 * `practices.ts` are added where they are switched on.
 */
import type { DnsOptions } from 'envoy3';
import {
  accessLog,
  admin,
  bootstrap,
  env,
  envNumber,
  httpHealthCheck,
  httpListener,
  httpsListener,
  localRateLimit,
  route,
  strictDns,
  tlsInspector,
  tlsFromPem,
  upstreamTls,
  virtualHost,
  weighted,
} from 'envoy3';
import { practices } from './practices.js';

const certificate = env('CERTIFICATE', 'certificate.pem');

const options: DnsOptions = {
  connectTimeout: '0.25s',
  ...(practices.healthChecks
    ? { healthChecks: [httpHealthCheck('/healthz', { interval: '5s', timeout: '1s' })] }
    : {}),
  ...(practices.tlsOrigination ? { tls: upstreamTls({ sni: 'localhost', authority: certificate }) } : {}),
  ...(practices.circuitBreakers
    ? {
        raw: {
          circuit_breakers: {
            thresholds: [
              { priority: 'DEFAULT', max_connections: 100, max_pending_requests: 10, max_requests: 50 },
              { priority: 'HIGH', max_connections: 200, max_pending_requests: 20, max_requests: 100 },
            ],
          },
        },
      }
    : {}),
};

const backend = strictDns('backend_service', [`127.0.0.1:${envNumber('BACKEND_PORT', 9090)}`], options);
const canary = strictDns('backend_canary', [`127.0.0.1:${envNumber('CANARY_PORT', 9091)}`], options);

const routes = [
  ...(practices.circuitBreakers
    ? [route('/important', backend, { name: 'important', raw: { priority: 'HIGH' } })]
    : []),
  ...(practices.abTest
    ? [
        route({ prefix: '/', headers: { 'x-variant': 'b' } }, canary, { name: 'variant_header' }),
        route(
          {
            prefix: '/',
            headers: [
              {
                name: 'cookie',
                string_match: { safe_regex: { regex: '(?:.*; *)?variant=b(?:;.*)?' } },
              },
            ],
          },
          canary,
          { name: 'variant_cookie' },
        ),
      ]
    : []),
  practices.canary
    ? route(
        '/',
        weighted([
          [backend, 90],
          [canary, 10],
        ]),
        { name: 'canary' },
      )
    : route('/', backend, { name: 'backend' }),
];

const port = envNumber('SIDECAR_PORT', 10000);
const listenerOptions = {
  name: 'listener_0',
  address: '127.0.0.1',
  statPrefix: 'ingress_http',
  virtualHosts: [virtualHost(['*'], routes)],
  ...(practices.accessLog ? { accessLog: accessLog({ path: env('ACCESS_LOG_FILE', 'access.log') }) } : {}),
  ...(practices.rateLimit
    ? { filters: [localRateLimit({ requests: envNumber('RATE_LIMIT_REQUESTS', 100) })] }
    : {}),
};

export default bootstrap({
  node: { id: 'sidecar', cluster: 'frontend' },
  admin: admin({ port: envNumber('ADMIN_PORT', 9901) }),
  listeners: [
    practices.tlsTermination
      ? httpsListener(port, {
          ...listenerOptions,
          listenerFilters: [tlsInspector()],
          tls: tlsFromPem(certificate),
        })
      : httpListener(port, listenerOptions),
  ],
});
