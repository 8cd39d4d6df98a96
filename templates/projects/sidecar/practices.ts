/**
 * The production practices, each switched on by its variable: `CIRCUIT_BREAKERS=on npm start`. ALL=on is every one of
 * them.
 */
import { envBoolean } from 'envoy3';

const all = envBoolean('ALL', false);

export const practices = {
  healthChecks: envBoolean('HEALTH_CHECKS', all),
  /** Takes TLS on the port of the sidecar; plain text is not taken there any more. */
  tlsTermination: envBoolean('TLS_TERMINATION', all),
  /** Speaks TLS to the backend. */
  tlsOrigination: envBoolean('TLS_ORIGINATION', all),
  accessLog: envBoolean('ACCESS_LOG', all),
  /** Spans to a Zipkin collector. */
  tracing: envBoolean('TRACING', all),
  circuitBreakers: envBoolean('CIRCUIT_BREAKERS', all),
  /** A token bucket in the sidecar itself. */
  rateLimit: envBoolean('RATE_LIMIT', all),
  /** A service that counts for all sidecars. */
  globalRateLimit: envBoolean('GLOBAL_RATE_LIMIT', all),
  /** The backends are asked for by name, in discovery. */
  discovery: envBoolean('DISCOVERY', all),
  /** One request in ten goes to the canary. */
  canary: envBoolean('CANARY', all),
  /** A header or a cookie chooses the canary. */
  abTest: envBoolean('AB_TEST', all),
} as const;
