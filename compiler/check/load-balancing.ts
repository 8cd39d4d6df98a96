/**
 * E3011: load-balancing policies that do not fit the type of the cluster, or lack what they need.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, numberAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

function finding(cluster: Message, field: string, message: string, fix: string): Finding {
  const path = isSet(cluster.value[field]) ? [...cluster.path, field] : [...cluster.path, 'type'];
  return { code: 'E3011', severity: 'error', path, message, fix };
}

function isPrime(number: number): boolean {
  if (number < 2 || number % 2 === 0) return number === 2;
  for (let divisor = 3; divisor * divisor <= number; divisor += 2) if (number % divisor === 0) return false;
  return true;
}

/** Sizes of hash rings and tables, which Envoy looks at when the policy is in use. */
function* sizes(cluster: Message, policy: unknown): Generator<Finding> {
  if (policy === 'RING_HASH') {
    const ring = fieldsAt(cluster.value.ring_hash_lb_config);
    const smallest = numberAt(ring.minimum_ring_size) ?? 1024;
    const largest = numberAt(ring.maximum_ring_size) ?? 8 * 1024 * 1024;
    if (smallest > largest) {
      const message = `minimum_ring_size ${smallest} is more than maximum_ring_size ${largest}`;
      yield finding(cluster, 'ring_hash_lb_config', message, 'lower the minimum');
    }
  } else if (policy === 'MAGLEV') {
    const size = numberAt(fieldsAt(cluster.value.maglev_lb_config).table_size) ?? 65537;
    if (!isPrime(size)) {
      yield finding(
        cluster,
        'maglev_lb_config',
        `the table size ${size} is not a prime number`,
        'take 65537',
      );
    }
  }
}

/** Types without a policy of their own. */
const plainTypes: ReadonlySet<unknown> = new Set(['STATIC', 'STRICT_DNS', 'LOGICAL_DNS', 'EDS']);

export function* loadBalancing(view: BootstrapView): Generator<Finding> {
  for (const cluster of view.clusters) {
    const { value } = cluster;
    const policy = value.lb_policy ?? 'ROUND_ROBIN';
    const type = isSet(value.cluster_type) ? 'custom' : (value.type ?? 'STATIC');
    if (isSet(value.load_balancing_policy)) continue;
    if (policy === 'LOAD_BALANCING_POLICY_CONFIG') {
      const message = 'lb_policy LOAD_BALANCING_POLICY_CONFIG needs the field load_balancing_policy';
      yield finding(cluster, 'lb_policy', message, 'set load_balancing_policy, or another lb_policy');
    } else if (type === 'ORIGINAL_DST' && policy !== 'CLUSTER_PROVIDED') {
      const message = `an ORIGINAL_DST cluster cannot have the load-balancing policy ${policy}`;
      yield finding(cluster, 'lb_policy', message, 'set lb_policy: CLUSTER_PROVIDED');
    } else if (policy === 'CLUSTER_PROVIDED' && isSet(value.lb_subset_config)) {
      const message = 'lb_subset_config cannot be combined with lb_policy CLUSTER_PROVIDED';
      yield finding(cluster, 'lb_subset_config', message, 'remove it');
    } else if (policy === 'CLUSTER_PROVIDED' && plainTypes.has(type)) {
      const message = `a ${type} cluster provides no load-balancing policy`;
      yield finding(cluster, 'lb_policy', message, 'set lb_policy: ROUND_ROBIN');
    } else yield* sizes(cluster, policy);
  }
}
