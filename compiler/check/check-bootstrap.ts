/**
 * What real Envoy refuses although every message by itself is valid. Each check is a file of its own; the order is that
 * of the list.
 */
import { bindAddresses, listenerAddressClashes, staticClusterAddresses } from './addresses.js';
import { loadBalancingPolicies, logicalDnsEndpoints } from './clusters.js';
import { duplicateClusters, duplicateDomains } from './duplicates.js';
import { httpFilterOrder, networkFilterOrder } from './filter-order.js';
import type { Check, Finding } from './finding.js';
import { duplicateFilterChains, incompleteListeners } from './listeners.js';
import { regexes } from './regexes.js';
import { emptySecrets } from './secrets.js';
import { unknownClusters } from './unknown-clusters.js';

const checks: readonly Check[] = [
  bindAddresses,
  staticClusterAddresses,
  duplicateClusters,
  logicalDnsEndpoints,
  loadBalancingPolicies,
  emptySecrets,
  incompleteListeners,
  duplicateFilterChains,
  listenerAddressClashes,
  networkFilterOrder,
  httpFilterOrder,
  duplicateDomains,
  unknownClusters,
  regexes,
];

/** @param bootstrap canonical, as `readMessage` returns it */
export function checkBootstrap(bootstrap: unknown): Finding[] {
  return checks.flatMap((check) => check(bootstrap));
}
