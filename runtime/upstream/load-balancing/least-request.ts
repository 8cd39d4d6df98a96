import type { Host } from '../host/host.js';
import { EdfScheduler } from './edf-scheduler.js';
import type { LoadBalancer } from './load-balancer.js';
import { haveEqualWeights } from './weights.js';

/**
 * `LEAST_REQUEST`. Equal weights: of `choices` hosts drawn at random (with repetition) the one with the fewest requests
 * under way. Unequal weights: a schedule in which a host counts the less the more it has to do,
 * `weight / (requests + 1) ^ bias` (`least_request_lb_config.active_request_bias`).
 */
export function createLeastRequest(
  hosts: readonly Host[],
  choices: number,
  bias: number,
  random: () => number,
): LoadBalancer {
  if (!haveEqualWeights(hosts)) {
    const weightNow = ({ weight, stats }: Host) => Math.max(1e-9, weight / (stats.rqActive + 1) ** bias);
    const schedule = new EdfScheduler(hosts, weightNow);
    for (let skipped = Math.floor(random() * hosts.length); skipped > 0; skipped--) schedule.pick();
    return { chooseHost: () => schedule.pick() };
  }
  return {
    chooseHost() {
      let best = hosts[Math.floor(random() * hosts.length)];
      for (let draw = 1; draw < choices; draw++) {
        const host = hosts[Math.floor(random() * hosts.length)];
        if (host !== undefined && best !== undefined && host.stats.rqActive < best.stats.rqActive)
          best = host;
      }
      return best;
    },
  };
}
