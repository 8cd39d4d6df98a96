/**
 * What real Envoy refuses beyond the shape of the messages: references, uniqueness, order, addresses, regexes. One check
 * a file, in the order below; each was derived from what Envoy 1.40 answers, and says nothing where Envoy accepts.
 */
import type { Check } from './bootstrap-view.js';
import { BootstrapView } from './bootstrap-view.js';
import { clusterEndpoints } from './cluster-endpoints.js';
import { duplicateNames } from './duplicate-names.js';
import { filterOrder } from './filter-order.js';
import type { Finding } from './finding.js';
import { ipAddresses } from './ip-addresses.js';
import { listenerAddresses } from './listener-addresses.js';
import { listeners } from './listeners.js';
import { loadBalancing } from './load-balancing.js';
import { regexes } from './regexes.js';
import { routeClusters } from './route-clusters.js';
import { virtualHostDomains } from './virtual-host-domains.js';

const checks: readonly Check[] = [
  duplicateNames,
  clusterEndpoints,
  loadBalancing,
  ipAddresses,
  listeners,
  listenerAddresses,
  filterOrder,
  virtualHostDomains,
  routeClusters,
  regexes,
];

/** @param bootstrap canonical, as `readMessage` returns it, without issues */
export function checkBootstrap(bootstrap: unknown): Finding[] {
  const view = new BootstrapView(bootstrap);
  return checks.flatMap((check) => [...check(view)]);
}
