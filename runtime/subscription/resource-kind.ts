/**
 * The kinds of resources that a configuration may have from files instead of in itself.
 */
export type ResourceKind = 'cds' | 'lds' | 'rds' | 'eds';

/** Message of the resources of each kind. */
export const resourceTypes: Readonly<Record<ResourceKind, string>> = {
  cds: 'envoy.config.cluster.v3.Cluster',
  lds: 'envoy.config.listener.v3.Listener',
  rds: 'envoy.config.route.v3.RouteConfiguration',
  eds: 'envoy.config.endpoint.v3.ClusterLoadAssignment',
};
