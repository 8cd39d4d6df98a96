/**
 * Discovery: a catalog of services, registered over a part of Consul's HTTP API or from a file, whose names are answered
 * over DNS. Whoever looks services up comes over the wire, so real Envoy and the bundled runtime are served alike.
 * Nothing here is kept on disk: after a restart services register again, or come from the file.
 */
export type { Catalog, Check, CheckedService, CheckStatus, Service } from './catalog/catalog.js';
export type { Discovery, DiscoveryLogger, DiscoveryOptions } from './discovery.js';
export { createDiscovery } from './discovery.js';
export type { DnsConfig, DnsOptions } from './dns/dns-config.js';
export { consulDnsDefaults } from './dns/dns-config.js';
