/**
 * The balancer that a cluster's `lb_policy` asks for.
 */
import { messageOf, numberOf, textOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';
import type { LoadBalancerFactory } from './load-balancer.js';
import { createLeastRequest } from './least-request.js';
import { createRandom } from './random.js';
import { createRoundRobin } from './round-robin.js';
import { defaultPanicThreshold, usableHosts } from './usable-hosts.js';

/** @throws ConfigError for a policy that is not built */
export function createLoadBalancerFactory(cluster: unknown, random: () => number): LoadBalancerFactory {
  const config = messageOf(cluster);
  const common = messageOf(config.common_lb_config);
  const panic = numberOf(messageOf(common.healthy_panic_threshold).value, defaultPanicThreshold);
  const policy = textOf(config.lb_policy, 'ROUND_ROBIN');
  switch (policy) {
    case 'ROUND_ROBIN':
      return (set, previous) => createRoundRobin(usableHosts(set, panic), random, previous);
    case 'RANDOM':
      return (set) => createRandom(usableHosts(set, panic), random);
    case 'LEAST_REQUEST': {
      const choices = numberOf(messageOf(config.least_request_lb_config).choice_count, 2);
      return (set, previous) => {
        const hosts = usableHosts(set, panic);
        // With unequal weights Envoy schedules by weight first.
        return hosts.some(({ weight }) => weight !== hosts[0]?.weight)
          ? createRoundRobin(hosts, random, previous)
          : createLeastRequest(hosts, choices, random);
      };
    }
    default:
      throw new ConfigError(`the load balancing policy ${policy} needs real Envoy`, ['lb_policy'], true);
  }
}
