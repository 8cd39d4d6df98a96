/**
 * Where requests can go.
 */
import type { ClusterOptions } from 'envoy3';
import {
  consulServicesOf,
  env,
  envNumber,
  httpHealthCheck,
  staticCluster,
  strictDns,
  upstreamTls,
} from 'envoy3';
import { practices } from './practices.js';
import services from './sidecar.services.js';

/** Of the listener and of the backends; it is its own authority. */
export const certificate = env('CERTIFICATE', 'certificate.pem');

/** As often while there are no requests: Envoy would then ask once a minute. */
const healthCheck = httpHealthCheck('/healthz', {
  interval: '5s',
  timeout: '1s',
  raw: { no_traffic_interval: '5s' },
});

const options: ClusterOptions = {
  connectTimeout: '0.25s',
  ...(practices.healthChecks ? { healthChecks: [healthCheck] } : {}),
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

const known = consulServicesOf(services);

/** By a fixed address, or by the answers of discovery. */
function service<const Name extends 'backend_service' | 'backend_canary'>(name: Name, port: number) {
  if (!practices.discovery) return strictDns(name, [`127.0.0.1:${port}`], options);
  return known(name, {
    ...options,
    port,
    resolvers: [env('DISCOVERY_DNS', '127.0.0.1:8600')],
    agent: env('DISCOVERY_HTTP', '127.0.0.1:8500'),
  });
}

export const backend = service('backend_service', envNumber('BACKEND_PORT', 9090));
export const canary = service('backend_canary', envNumber('CANARY_PORT', 9091));

/** Speaks gRPC. */
export const rateLimitService = staticCluster(
  'rate_limit_service',
  [`127.0.0.1:${envNumber('RATE_LIMIT_PORT', 8081)}`],
  { connectTimeout: '0.25s', protocol: 'http2' },
);

export const collector = staticCluster('collector', [`127.0.0.1:${envNumber('COLLECTOR_PORT', 9411)}`]);
