/**
 * One word out of many checks.
 */
import type { Check, CheckedService, CheckStatus } from './catalog.js';
import { checkStatuses } from './catalog.js';

/** Prefix of the check that takes a service out of service on purpose (`PUT /v1/agent/service/maintenance/ID`). */
export const serviceMaintenancePrefix = '_service_maintenance:';
/** The check that says that the node is there at all. Nobody but this service may touch it. */
export const aliveCheckId = 'serfHealth';
/** The same as `serviceMaintenancePrefix` for the whole node. */
export const nodeMaintenanceId = '_node_maintenance';

const rank: Readonly<Record<string, number>> = { passing: 0, warning: 1, critical: 2 };

/** The worst status; no checks: passing. A word that is no status, which only the catalog API lets in, does not count. */
export function worstStatus(checks: readonly Check[]): CheckStatus {
  let worst = 0;
  for (const { status } of checks) worst = Math.max(worst, rank[status] ?? 0);
  return checkStatuses[worst] as CheckStatus;
}

/** As `worstStatus`, with maintenance above critical (`AggregatedStatus` of `/v1/agent/health/service`). */
export function aggregatedStatus(checks: readonly Check[]): CheckStatus | 'maintenance' {
  const maintained = checks.some(
    ({ id }) => id === nodeMaintenanceId || id.startsWith(serviceMaintenancePrefix),
  );
  return maintained ? 'maintenance' : worstStatus(checks);
}

/** Whether a look-up by DNS may give this instance: everything but critical, or passing alone. */
export function isServed({ checks }: CheckedService, onlyPassing: boolean): boolean {
  return onlyPassing
    ? checks.every(({ status }) => status === 'passing')
    : checks.every(({ status }) => status !== 'critical');
}

/** Weight under its present status; 0 takes it out of DNS (`Weights`). */
export function weightOf({ service, checks }: CheckedService): number {
  return worstStatus(checks) === 'warning' ? service.weights.warning : service.weights.passing;
}
