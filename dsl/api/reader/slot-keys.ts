/**
 * Which fields are slots of extensions.
 */
import type { FieldModel } from '../model/api-model.js';

/**
 * The `action` of a matcher. Its factories stand in no table, but they are few, and named alike; only a name that none of
 * them has is refused.
 */
export const actionSlots: ReadonlySet<string> = new Set([
  'xds.type.matcher.v3.Matcher.OnMatch.action',
  'envoy.config.common.matcher.v3.Matcher.OnMatch.action',
]);

/**
 * Slots that Envoy does not look up by category when it loads a bootstrap: protocol options go by their key, unknown
 * load-balancing policies are skipped, the others are looked at when they are used.
 */
const unchecked: ReadonlySet<string> = new Set([
  'envoy.config.bootstrap.v3.Bootstrap.typed_dns_resolver_config',
  'envoy.config.cluster.v3.Cluster.typed_extension_protocol_options',
  'envoy.config.cluster.v3.Cluster.upstream_config',
  'envoy.config.cluster.v3.LoadBalancingPolicy.Policy.typed_extension_config',
]);

/** @param key `message.field` */
export function isSlot(field: FieldModel, key: string): boolean {
  return actionSlots.has(key) || (field.category !== undefined && !unchecked.has(key));
}
