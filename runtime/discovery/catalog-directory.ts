/**
 * The catalog as the directory that DNS asks.
 */
import type { Catalog, CheckedService } from './catalog/catalog.js';
import { weightOf } from './catalog/health.js';
import type { Directory, ServiceEndpoint } from './dns/directory.js';
import { findInstances } from './find-instances.js';

function endpointOf(instance: CheckedService): ServiceEndpoint {
  const { address, port, taggedAddresses } = instance.service;
  return {
    address: address || instance.node.address,
    addressV4: taggedAddresses.lan_ipv4?.address || undefined,
    addressV6: taggedAddresses.lan_ipv6?.address || undefined,
    ownAddress: address !== '',
    node: instance.node.name,
    port,
    weight: weightOf(instance),
  };
}

/** @param onlyPassing leave out instances with a warning (Consul's `dns_config.only_passing`) */
export function catalogDirectory(catalog: Catalog, onlyPassing: boolean): Directory {
  const { node } = catalog;
  return {
    datacenter: node.datacenter,
    self: { name: node.name, address: node.address },
    service: (service, tag) =>
      findInstances(catalog, { service, tag, onlyPassing }).map((instance) => endpointOf(instance)),
    node: (name) =>
      name === node.name.toLowerCase() || name === node.id
        ? { name: node.name, address: node.address }
        : undefined,
    reverse(address) {
      if (address === node.address) return { kind: 'node', name: node.name };
      const found = catalog.services().find(({ service }) => service.address === address);
      return found === undefined ? undefined : { kind: 'service', name: found.service.name };
    },
  };
}
