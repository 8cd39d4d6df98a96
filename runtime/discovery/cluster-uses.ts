/** Clusters by the services that they ask for. */
import type { DnsConfig } from './dns/dns-config.js';
import { readConsulName } from './dns/consul-name.js';
import type { DnsCluster } from './dns-clusters.js';
import type { QueryStore } from './state/query-store.js';

export interface ClusterUse {
  readonly cluster: string;
  /** The name that it asks for. */
  readonly name: string;
  /** In lower case; '' when the name leads to none: a prepared query that is not there. */
  readonly service: string;
}

export interface ClusterUsesOptions {
  readonly clusters: readonly DnsCluster[];
  readonly config: Pick<DnsConfig, 'domain' | 'altDomain'>;
  readonly datacenter: string;
  readonly queries: Pick<QueryStore, 'resolve'>;
}

/** Names of other zones, and of what is no service, are left out. */
export function clusterUses({ clusters, config, datacenter, queries }: ClusterUsesOptions): ClusterUse[] {
  const read = (name: string): string | undefined => {
    for (const domain of [config.domain, config.altDomain]) {
      if (domain === undefined) continue;
      const found = readConsulName(name, domain, datacenter, true);
      if (found?.kind === 'service') return found.service;
      if (found?.kind === 'query') return queries.resolve(found.query)?.service.toLowerCase() ?? '';
    }
    return undefined;
  };
  const uses: ClusterUse[] = [];
  for (const { name: cluster, names } of clusters) {
    for (const name of names) {
      let service: string | undefined;
      try {
        service = read(name);
      } catch {
        // No name that DNS could carry, so no service either.
      }
      if (service !== undefined) uses.push({ cluster, name, service });
    }
  }
  return uses;
}
