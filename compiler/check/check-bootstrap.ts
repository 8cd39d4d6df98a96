/**
 * What real Envoy refuses beyond the shape of the messages: references, uniqueness, order, addresses, regexes. One check
 * a file, in the order below; each was derived from what Envoy 1.40 answers, and says nothing where Envoy accepts.
 */
import { BootstrapView } from './bootstrap-view.js';
import type { Check, NodeDefaults } from './bootstrap-view.js';
import { bootstrapSettings } from './bootstrap-settings.js';
import { clusterEndpoints } from './cluster-endpoints.js';
import { configSources } from './config-sources.js';
import { connectionManagers } from './connection-managers.js';
import { dnsCaches } from './dns-caches.js';
import { discoveredFilters } from './discovered-filters.js';
import { duplicateNames } from './duplicate-names.js';
import { durations } from './durations.js';
import { extensionClusters } from './extension-clusters.js';
import { extensionSettings } from './extension-settings.js';
import { filterOrder } from './filter-order.js';
import { filterSlots } from './filter-slots.js';
import type { Finding } from './finding.js';
import { formatStrings } from './format-strings.js';
import { healthChecks } from './health-checks.js';
import { inlineCertificates } from './inline-certificates.js';
import { ipAddresses } from './ip-addresses.js';
import { jwtAuthentication } from './jwt-authentication.js';
import { listenerAddresses } from './listener-addresses.js';
import { listeners } from './listeners.js';
import { loadBalancing } from './load-balancing.js';
import { luaPrograms } from './lua-programs.js';
import { machineFiles } from './machine-files.js';
import { overloadManager } from './overload-manager.js';
import { perRouteFilters } from './per-route-filters.js';
import { protocolOptions } from './protocol-options.js';
import { regexes } from './regexes.js';
import { removedApi } from './removed-api.js';
import { reservedHeaders } from './reserved-headers.js';
import { reverseConnections } from './reverse-connections.js';
import { routeClusters } from './route-clusters.js';
import { routeRules } from './route-rules.js';
import { tlsContexts } from './tls-contexts.js';
import { tlsNames } from './tls-names.js';
import { virtualHostDomains } from './virtual-host-domains.js';

const checks: readonly Check[] = [
  duplicateNames,
  clusterEndpoints,
  healthChecks,
  loadBalancing,
  ipAddresses,
  reverseConnections,
  listeners,
  listenerAddresses,
  tlsContexts,
  tlsNames,
  inlineCertificates,
  filterOrder,
  connectionManagers,
  virtualHostDomains,
  routeClusters,
  routeRules,
  reservedHeaders,
  formatStrings,
  regexes,
  durations,
  removedApi,
  extensionClusters,
  configSources,
  overloadManager,
  jwtAuthentication,
  protocolOptions,
  perRouteFilters,
  filterSlots,
  extensionSettings,
  dnsCaches,
  luaPrograms,
  discoveredFilters,
  bootstrapSettings,
  machineFiles,
];

/** Everything that the checks have to say, in their order. */
export function checkView(view: BootstrapView): Finding[] {
  return checks.flatMap((check) => [...check(view)]);
}

/**
 * @param bootstrap canonical, as `readMessage` returns it, without issues
 * @param node who the proxy will be told that it is
 */
export function checkBootstrap(bootstrap: unknown, node: NodeDefaults = {}): Finding[] {
  return checkView(new BootstrapView(bootstrap, node));
}
