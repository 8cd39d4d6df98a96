import type { Host } from '../host/host.js';
import type { CreateHostPicker, HostPicker } from './host-picker.js';
import type { SlowStart } from './slow-start.js';
import { haveEqualWeights, scheduledPicker } from './weights.js';

export interface LeastRequestOptions {
  /** `choice_count`: hosts that are drawn, with repetition, and compared. */
  readonly choices: number;
  /** `active_request_bias`: how much requests under way count where weights differ. */
  readonly bias: number;
  /** `selection_method: FULL_SCAN`: all hosts are compared. */
  readonly scansAll: boolean;
  readonly slowStart: SlowStart | undefined;
}

function drawn(hosts: readonly Host[], choices: number, random: () => number): Host | undefined {
  let best = hosts[Math.floor(random() * hosts.length)];
  for (let draw = 1; draw < choices; draw++) {
    const host = hosts[Math.floor(random() * hosts.length)];
    if (host !== undefined && best !== undefined && host.stats.rqActive < best.stats.rqActive) best = host;
  }
  return best;
}

/** Of those that have equally few, each is as likely. */
function scanned(hosts: readonly Host[], random: () => number): Host | undefined {
  let best = hosts[0];
  let equal = 1;
  for (let at = 1; at < hosts.length; at++) {
    const host = hosts[at] as Host;
    const difference = host.stats.rqActive - (best as Host).stats.rqActive;
    if (difference > 0) continue;
    equal = difference < 0 ? 1 : equal + 1;
    if (difference < 0 || Math.floor(random() * equal) === 0) best = host;
  }
  return best;
}

/**
 * `LEAST_REQUEST`. Equal weights: of `choices` hosts drawn at random the one with the fewest requests under way. Unequal
 * weights: a schedule in which a host counts the less the more it has to do, `weight / (requests + 1) ^ bias`.
 */
export function leastRequestPicker(options: LeastRequestOptions, random: () => number): CreateHostPicker {
  const { bias, choices, scansAll, slowStart } = options;
  const weightNow = (host: Host): number => {
    const plain = host.weight / (host.stats.rqActive + 1) ** bias;
    return slowStart === undefined ? plain : plain * slowStart.factor(host);
  };
  return (hosts): HostPicker => {
    const isOver = slowStart?.isOver ?? true;
    if (hosts.length > 1 && !(isOver && haveEqualWeights(hosts)))
      return scheduledPicker(hosts, weightNow, random);
    return { pick: scansAll ? () => scanned(hosts, random) : () => drawn(hosts, choices, random) };
  };
}
