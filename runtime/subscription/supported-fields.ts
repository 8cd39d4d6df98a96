/**
 * What is served of resources that come from files.
 */
import type { SupportedFields } from '../config/supported-fields.js';

export const subscriptionSupportedFields: SupportedFields = {
  'envoy.config.bootstrap.v3.Bootstrap.DynamicResources': { lds_config: true, cds_config: true },
  'envoy.config.cluster.v3.Cluster.EdsClusterConfig': { eds_config: true, service_name: true },
  'envoy.extensions.filters.network.http_connection_manager.v3.Rds': {
    config_source: true,
    route_config_name: true,
  },
};
