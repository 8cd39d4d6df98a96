/**
 * What a cluster uses of its limits. Limits of the priority HIGH apply to routes that say so; they are not built yet, so
 * such a route is refused.
 */
import { messageOf, messagesOf, numberOf } from '../../common/message-fields.js';
import type { CircuitBreakerLimits } from './cluster.js';

/** Counted by pools and by the router, shared by all hosts of a cluster. */
export interface ResourceUsage {
  connections: number;
  pendingRequests: number;
  requests: number;
  retries: number;
}

/** `circuit_breakers.thresholds` of the DEFAULT priority; of several the first one counts. */
export function circuitBreakerLimits(cluster: unknown): CircuitBreakerLimits {
  const thresholds = messagesOf(messageOf(messageOf(cluster).circuit_breakers).thresholds);
  const found = thresholds.find(({ priority }) => priority === undefined || priority === 'DEFAULT') ?? {};
  return {
    maxConnections: numberOf(found.max_connections, 1024),
    maxPendingRequests: numberOf(found.max_pending_requests, 1024),
    maxRequests: numberOf(found.max_requests, 1024),
    maxRetries: numberOf(found.max_retries, 3),
  };
}
