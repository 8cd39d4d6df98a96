/**
 * The balancer that a cluster's `lb_policy` asks for.
 */
import { messageOf, numberOf, textOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';
import { createLeastRequest } from './least-request.js';
import type { LoadBalancerFactory } from './load-balancer.js';
import { byPriority } from './priority-balancer.js';
import { createRandom } from './random.js';
import { createRoundRobin } from './round-robin.js';
import { defaultPanicThreshold, usableHosts } from './usable-hosts.js';

/** @throws ConfigError for a policy that is not built */
function ofOneLevel(cluster: unknown, random: () => number): LoadBalancerFactory {
  const config = messageOf(cluster);
  const common = messageOf(config.common_lb_config);
  // `{}` is a threshold of 0: the wrapper is set, its number has the default of its type.
  const threshold = common.healthy_panic_threshold;
  const panic = threshold === undefined ? defaultPanicThreshold : numberOf(messageOf(threshold).value, 0);
  const policy = textOf(config.lb_policy, 'ROUND_ROBIN');
  switch (policy) {
    case 'ROUND_ROBIN':
      return (set, previous) => createRoundRobin(usableHosts(set, panic), random, previous);
    case 'RANDOM':
      return (set) => createRandom(usableHosts(set, panic), random);
    case 'LEAST_REQUEST': {
      const options = messageOf(config.least_request_lb_config);
      const choices = numberOf(options.choice_count, 2);
      const bias = numberOf(messageOf(options.active_request_bias).default_value, 1);
      return (set) => createLeastRequest(usableHosts(set, panic), choices, bias, random);
    }
    default:
      throw new ConfigError(`the load balancing policy ${policy} needs real Envoy`, ['lb_policy'], true);
  }
}

/**
 * @param random of [0, 1)
 * @throws ConfigError for a policy that is not built
 */
export function createLoadBalancerFactory(cluster: unknown, random: () => number): LoadBalancerFactory {
  return byPriority(ofOneLevel(cluster, random), random);
}
