import { FAILED_ACTIVE_HC, FAILED_EDS_HEALTH, PENDING_DYNAMIC_REMOVAL } from './host-health.js';
import type { HostsByIdentity } from './merge-hosts.js';

/**
 * As Envoy keeps hosts that are gone from the DNS, but pass their checks: they leave at a later answer, when they do not
 * (`ignore_health_on_host_removal` is not set).
 * @param described what the DNS says now. @param before what there is
 */
export function keepHealthyHosts(described: HostsByIdentity, before: HostsByIdentity): HostsByIdentity {
  const kept = new Map(described);
  for (const { health } of described.values()) health.clear(PENDING_DYNAMIC_REMOVAL);
  for (const [identity, host] of before) {
    const { health, healthCheck } = host;
    if (kept.has(identity) || healthCheck.disabled) continue;
    if (health.has(FAILED_ACTIVE_HC | FAILED_EDS_HEALTH)) continue;
    health.set(PENDING_DYNAMIC_REMOVAL);
    kept.set(identity, host);
  }
  return kept;
}
