/**
 * The catalog as the directory that DNS asks.
 */
import type { Catalog, CatalogNode, CheckedService } from './catalog/catalog.js';
import { weightOf } from './catalog/health.js';
import { parseGoDuration } from './definition/go-duration.js';
import type { Directory, DirectoryNode, ServiceEndpoint } from './dns/directory.js';
import { findByQuery, findInstances } from './find-instances.js';
import type { QueryStore } from './state/query-store.js';

function nodeOf({ name, address, taggedAddresses, meta }: CatalogNode): DirectoryNode {
  return {
    name,
    address,
    addressV4: taggedAddresses?.lan_ipv4 || undefined,
    addressV6: taggedAddresses?.lan_ipv6 || undefined,
    ...(meta === null ? {} : { meta }),
  };
}

function endpointOf(instance: CheckedService): ServiceEndpoint {
  const { address, port, taggedAddresses } = instance.service;
  return {
    address,
    addressV4: taggedAddresses.lan_ipv4?.address || undefined,
    addressV6: taggedAddresses.lan_ipv6?.address || undefined,
    node: nodeOf(instance.node),
    port,
    weight: weightOf(instance),
  };
}

/** @param onlyPassing leave out instances with a warning (Consul's `dns_config.only_passing`) */
export function catalogDirectory(
  catalog: Catalog,
  queries: QueryStore,
  onlyPassing: () => boolean,
): Directory {
  return {
    datacenter: catalog.node.datacenter,
    get self() {
      return nodeOf(catalog.node);
    },
    service: (service, tag) =>
      findInstances(catalog, { service, tag, onlyPassing: onlyPassing() }).map(endpointOf),
    node(name) {
      const node = catalog.findNode(name);
      return node === undefined ? undefined : nodeOf(node);
    },
    reverse: (address) => catalog.at(address),
    query(name) {
      const query = queries.resolve(name);
      if (query === undefined) return undefined;
      const ttlMs = query.dnsTtl === '' ? undefined : parseGoDuration(query.dnsTtl);
      return {
        service: query.service,
        ttl: ttlMs === undefined ? undefined : Math.floor(ttlMs / 1000),
        endpoints: findByQuery(catalog, query).map(endpointOf),
      };
    },
    serviceVersion: (name) => catalog.indexOf(name),
    nodeVersion: () => catalog.nodesIndex,
  };
}
