import type { Cluster } from 'envoy3';

/** The hosts of a cluster, for an overlay: a service on this machine in the place of the real ones. */
export function loopbackHosts(cluster: string, port: number): Partial<Cluster> {
  return {
    load_assignment: {
      cluster_name: cluster,
      endpoints: [
        {
          lb_endpoints: [
            { endpoint: { address: { socket_address: { address: '127.0.0.1', port_value: port } } } },
          ],
        },
      ],
    },
  };
}
