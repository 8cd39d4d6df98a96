/**
 * Discovery: a catalog of services, registered over a part of Consul's HTTP API or from a file, whose names are answered
 * over DNS. Whoever looks services up comes over the wire, so real Envoy and the bundled runtime are served alike.
 * With a data folder a change is on the disk before it is answered; without one services register again after a restart.
 */
export type { Catalog, Check, CheckedService, CheckStatus, Service } from './catalog/catalog.js';
export type { Discovery } from './discovery.js';
export { createDiscovery } from './discovery.js';
export type { DiscoveryLogger, DiscoveryOptions } from './discovery-options.js';
export type { DnsCluster } from './dns-clusters.js';
export { dnsClustersOf } from './dns-clusters.js';
export type { DnsConfig, DnsOptions } from './dns/dns-config.js';
export { consulDnsDefaults } from './dns/dns-config.js';
