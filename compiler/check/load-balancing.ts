/**
 * E3011: load-balancing policies that do not fit the type of the cluster, or lack what they need.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { BootstrapView, Fields, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, listAt, numberAt, typeOf } from './bootstrap-view.js';
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
function* ringSize(cluster: Message, field: string, ring: Fields): Generator<Finding> {
  const smallest = numberAt(ring.minimum_ring_size) ?? 1024;
  const largest = numberAt(ring.maximum_ring_size) ?? 8 * 1024 * 1024;
  if (smallest <= largest) return;
  const message = `minimum_ring_size ${smallest} is more than maximum_ring_size ${largest}`;
  yield finding(cluster, field, message, 'lower the minimum');
}

function* tableSize(cluster: Message, field: string, maglev: Fields): Generator<Finding> {
  const size = numberAt(maglev.table_size) ?? 65537;
  if (!isPrime(size)) {
    yield finding(cluster, field, `the table size ${size} is not a prime number`, 'take 65537');
  }
}

function* sizes(cluster: Message, policy: unknown): Generator<Finding> {
  const { ring_hash_lb_config: ring, maglev_lb_config: maglev } = cluster.value;
  if (policy === 'RING_HASH') yield* ringSize(cluster, 'ring_hash_lb_config', fieldsAt(ring));
  else if (policy === 'MAGLEV') yield* tableSize(cluster, 'maglev_lb_config', fieldsAt(maglev));
}

/** Types without a policy of their own. */
const plainTypes: ReadonlySet<unknown> = new Set([
  'STATIC',
  'STRICT_DNS',
  'LOGICAL_DNS',
  'EDS',
  'envoy.extensions.clusters.dns.v3.DnsCluster',
]);

/** Types that bring one, and take no other. */
const providers: ReadonlySet<unknown> = new Set([
  'ORIGINAL_DST',
  ...['aggregate', 'composite', 'dynamic_forward_proxy'].map(
    (name) => `envoy.extensions.clusters.${name}.v3.ClusterConfig`,
  ),
  'envoy.extensions.clusters.original_dst.v3.OriginalDstCluster',
  'envoy.extensions.clusters.redis.v3.RedisClusterConfig',
  'envoy.extensions.clusters.reverse_connection.v3.ReverseConnectionClusterConfig',
]);

function typeOfCluster(cluster: Message): string {
  if (!isSet(cluster.value.cluster_type)) return String(cluster.value.type ?? 'STATIC');
  return typeOf(cluster.at('cluster_type').value.typed_config) || 'custom';
}

const policies = 'envoy.extensions.load_balancing_policies.';

/** `load_balancing_policy` goes before `lb_policy`: Envoy takes the first policy that it has. */
function* typedPolicy(cluster: Message, type: string): Generator<Finding> {
  const field = 'load_balancing_policy';
  const known = table.extensions.filter(({ category }) => category === 'envoy.load_balancing_policies');
  const chosen = cluster
    .at(field)
    .list('policies')
    .map((policy) => policy.at('typed_extension_config').at('typed_config'))
    .find(({ value }) => known.some(({ types }) => types.includes(typeOf(value))));
  if (chosen === undefined) {
    yield finding(
      cluster,
      field,
      'Envoy has none of these load-balancing policies',
      'name one, e.g. round_robin',
    );
    return;
  }
  const provided = typeOf(chosen.value) === `${policies}cluster_provided.v3.ClusterProvided`;
  if (provided && plainTypes.has(type)) {
    yield finding(cluster, field, `a ${type} cluster provides no load-balancing policy`, 'use round_robin');
  } else if (!provided && providers.has(type)) {
    yield finding(
      cluster,
      field,
      `a ${type} cluster has a load-balancing policy of its own`,
      'use cluster_provided',
    );
  } else if (typeOf(chosen.value) === `${policies}maglev.v3.Maglev`)
    yield* tableSize(cluster, field, chosen.value);
  else if (typeOf(chosen.value) === `${policies}ring_hash.v3.RingHash`)
    yield* ringSize(cluster, field, chosen.value);
}

/** A selector may fall back to some of its own keys, and has to say which. */
function* selectors(holder: Message): Generator<Finding> {
  for (const selector of holder.list('subset_selectors')) {
    const fallback = new Set(listAt(selector.value.fallback_keys_subset).map(String));
    const keys = new Set(listAt(selector.value.keys).map(String));
    const wanted = selector.value.fallback_policy === 'KEYS_SUBSET';
    const good = wanted
      ? fallback.size > 0 && fallback.size < keys.size && [...fallback].every((key) => keys.has(key))
      : fallback.size === 0;
    if (good) continue;
    yield {
      code: 'E3011',
      severity: 'error',
      path: fallback.size === 0 ? selector.path : [...selector.path, 'fallback_keys_subset'],
      message: wanted
        ? 'fallback_keys_subset must be some, not all, of the keys'
        : 'fallback_keys_subset is for the fallback_policy KEYS_SUBSET',
      fix: wanted ? 'set fallback_keys_subset' : 'set fallback_policy: KEYS_SUBSET, or remove it',
    };
  }
}

export function* loadBalancing(view: BootstrapView): Generator<Finding> {
  for (const cluster of view.clusters) {
    const { value } = cluster;
    const policy = value.lb_policy ?? 'ROUND_ROBIN';
    const type = typeOfCluster(cluster);
    yield* selectors(cluster.at('lb_subset_config'));
    if (isSet(value.load_balancing_policy) && isSet(value.lb_subset_config)) {
      const message = 'load_balancing_policy and lb_subset_config exclude each other';
      yield finding(
        cluster,
        'lb_subset_config',
        message,
        'use the policy envoy.load_balancing_policies.subset',
      );
    } else if (isSet(value.load_balancing_policy)) yield* typedPolicy(cluster, type);
    else if (policy === 'LOAD_BALANCING_POLICY_CONFIG') {
      const message = 'lb_policy LOAD_BALANCING_POLICY_CONFIG needs the field load_balancing_policy';
      yield finding(cluster, 'lb_policy', message, 'set load_balancing_policy, or another lb_policy');
    } else if (providers.has(type) && policy !== 'CLUSTER_PROVIDED') {
      const message = `a cluster of type ${type} cannot have the load-balancing policy ${policy}`;
      yield finding(cluster, 'lb_policy', message, 'set lb_policy: CLUSTER_PROVIDED');
    } else if (policy === 'CLUSTER_PROVIDED' && isSet(value.lb_subset_config)) {
      const message = 'lb_subset_config cannot be combined with lb_policy CLUSTER_PROVIDED';
      yield finding(cluster, 'lb_subset_config', message, 'remove it');
    } else if (policy === 'CLUSTER_PROVIDED' && plainTypes.has(type)) {
      const message = `a ${type} cluster provides no load-balancing policy`;
      yield finding(cluster, 'lb_policy', message, 'set lb_policy: ROUND_ROBIN');
    } else yield* sizes(cluster, policy);
  }
  for (const policy of view.all(`${policies}subset.v3.Subset`)) yield* selectors(policy);
}
