import type { Host } from '../host/host.js';
import { EdfScheduler } from './edf-scheduler.js';
import type { HostPicker } from './host-picker.js';

/** True when no host is to be preferred, so that no schedule is needed. */
export function haveEqualWeights(hosts: readonly Host[]): boolean {
  return hosts.every(({ weight }) => weight === hosts[0]?.weight);
}

/** Hosts by a schedule that begins at a random place, so that many proxies do not begin at one host. */
export function scheduledPicker(
  hosts: readonly Host[],
  weightOf: (host: Host) => number,
  random: () => number,
): HostPicker {
  // A weight of 0 would never fall due, and no other one either.
  const schedule = new EdfScheduler(hosts, (host) => Math.max(1e-9, weightOf(host)));
  for (let skipped = Math.floor(random() * hosts.length); skipped > 0; skipped--) schedule.pick();
  return schedule;
}
