/**
 * `Cluster.cluster_type` -> the same in the older fields: the extension for DNS (`envoy.extensions.clusters.dns.v3.DnsCluster`),
 * and the built-in types by their names.
 */
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../../dsl/api/generated/types.js';
import { messageOf, textOf, typeNameOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';

export const dnsClusterType = 'envoy.extensions.clusters.dns.v3.DnsCluster';

const byName: Readonly<Record<string, string>> = {
  'envoy.cluster.static': 'STATIC',
  'envoy.cluster.strict_dns': 'STRICT_DNS',
  'envoy.cluster.logical_dns': 'LOGICAL_DNS',
};

const families: Readonly<Record<string, string>> = { UNSPECIFIED: 'AUTO' };

/** @throws ConfigError for a type that is not served */
export function plainCluster(config: ClusterConfig): ClusterConfig {
  const { cluster_type, ...others } = messageOf(config);
  if (cluster_type === undefined) return config;
  const { name, typed_config } = messageOf(cluster_type);
  if (typeNameOf(typed_config) === dnsClusterType) {
    const {
      '@type': _type,
      all_addresses_in_single_endpoint,
      dns_lookup_family,
      ...dns
    } = messageOf(typed_config);
    const family = textOf(dns_lookup_family, 'UNSPECIFIED');
    return {
      ...others,
      ...dns,
      type: all_addresses_in_single_endpoint === true ? 'LOGICAL_DNS' : 'STRICT_DNS',
      dns_lookup_family: families[family] ?? family,
    } as unknown as ClusterConfig;
  }
  const type = typed_config === undefined ? byName[textOf(name)] : undefined;
  if (type === undefined) {
    throw new ConfigError(
      `clusters of the type ${typeNameOf(typed_config) || textOf(name)} need real Envoy`,
      ['cluster_type'],
      true,
    );
  }
  return { ...others, type } as unknown as ClusterConfig;
}
