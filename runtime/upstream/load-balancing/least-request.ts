import type { Host } from '../host/host.js';
import type { LoadBalancer } from './load-balancer.js';

/**
 * `LEAST_REQUEST` of hosts with equal weights: of `choices` hosts drawn at random (default 2) the one with the fewest
 * requests under way.
 */
export function createLeastRequest(
  hosts: readonly Host[],
  choices: number,
  random: () => number,
): LoadBalancer {
  return {
    chooseHost() {
      let best: Host | undefined;
      for (let draw = 0; draw < choices; draw++) {
        const host = hosts[Math.floor(random() * hosts.length)];
        if (best === undefined || (host !== undefined && host.stats.rqActive < best.stats.rqActive))
          best = host;
      }
      return best;
    },
  };
}
