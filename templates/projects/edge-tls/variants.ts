/**
 * What can be switched by the environment, for `npm start` and for each `node build.mjs` while it runs.
 */
import { env, envBoolean, envOneOf } from 'envoy3';

export const variants = {
  /** Protocols that clients may agree upon (ALPN), best first. */
  clientAlpn: env('CLIENT_ALPN', 'h2,http/1.1').split(','),
  /** Clients that offer none of these are turned away. Off is for tests alone. */
  requireAlpn: envBoolean('REQUIRE_ALPN', true),
  /** What is offered to the gRPC API. Anything but h2 is a mistake. */
  apiAlpn: env('API_ALPN', 'h2').split(','),
  /** Clients show a certificate, and so does the edge to its backends. */
  mtls: envBoolean('MTLS', false),
  /** HTTP/2 without TLS, on a port of its own. Never in production. */
  h2c: envBoolean('H2C', false),
  /** Where workers register: with discovery, or in files (file xDS). */
  workers: envOneOf('WORKERS', ['discovery', 'files'], 'discovery'),
  oldestTls: envOneOf('OLDEST_TLS', ['TLSv1_2', 'TLSv1_3'], 'TLSv1_2'),
  /** Told in each answer, so that one sees which configuration is in force. */
  release: env('RELEASE', '1'),
} as const;
