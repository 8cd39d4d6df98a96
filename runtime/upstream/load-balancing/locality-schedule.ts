import { EdfScheduler } from './edf-scheduler.js';
import type { LevelHosts, LocalityHosts } from './level-hosts.js';

/**
 * Which locality of a level is next when localities have weights (`locality_weighted_lb_config`): a locality counts by its
 * weight, and by the less the fewer of its hosts are able to serve.
 * @param kind the hosts that are to be chosen from
 * @returns undefined when no locality may be chosen: none has a weight, or no host is able
 */
export function scheduleLocalities(
  { localities }: LevelHosts,
  kind: 'healthyHosts' | 'degradedHosts',
  overprovisioningFactor: number,
  random: () => number,
): EdfScheduler<number> | undefined {
  const weightOf = (locality: LocalityHosts): number => {
    const able = locality[kind].length / locality.hosts.length;
    return locality.weight * Math.min(1, (overprovisioningFactor / 100) * able);
  };
  const weights = localities.map(weightOf);
  const eligible = weights.flatMap((weight, at) => (weight > 0 ? [at] : []));
  if (eligible.length === 0) return undefined;
  const schedule = new EdfScheduler(eligible, (at) => weights[at] as number);
  for (let skipped = Math.floor(random() * eligible.length); skipped > 0; skipped--) schedule.pick();
  return schedule;
}
