import { numberAt } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';

/**
 * # no-large-hash-ring
 *
 * The ring is built anew, by every worker, whenever a host changes. Entries by the million are seconds of CPU time and
 * hundreds of megabytes at each of these moments.
 *
 * Wrong:
 *
 * ```yaml cluster
 * name: cache
 * type: STATIC
 * lb_policy: RING_HASH
 * ring_hash_lb_config: { minimum_ring_size: 4000000 }
 * ```
 *
 * Right:
 *
 * ```yaml cluster
 * name: cache
 * type: STATIC
 * lb_policy: RING_HASH
 * ring_hash_lb_config: { minimum_ring_size: 4096 }
 * ```
 *
 * Source: envoy.config.cluster.v3.Cluster.RingHashLbConfig.minimum_ring_size.
 */
export const noLargeHashRing: LintRule<'no-large-hash-ring'> = {
  name: 'no-large-hash-ring',
  pack: 'cost',
  summary: 'a hash ring has a moderate size',
  severity: 'off',
  options: { maxSize: 262_144 },
  *check(view, { maxSize }) {
    for (const cluster of view.clusters) {
      const ring = cluster.at('ring_hash_lb_config');
      const size = numberAt(ring.value.minimum_ring_size) ?? 0;
      if (size <= maxSize) continue;
      yield {
        path: [...ring.path, 'minimum_ring_size'],
        message: `every change of a host of '${nameOf(cluster)}' builds a ring of ${size} entries in every worker`,
        fix: `at most ${maxSize}`,
      };
    }
  },
};
