/**
 * Where the bootstrap says that this proxy is, for zone aware routing.
 */
import { messageOf, textOf } from '../common/message-fields.js';
import type { HostSet } from './host/host.js';
import type { LocalCluster, Locality } from './load-balancing/load-balancer.js';

export interface OwnPlace {
  /** `node.locality`; undefined when it is not set. */
  readonly locality: Locality | undefined;
  /** `cluster_manager.local_cluster_name`; undefined when it is not set. */
  readonly cluster: LocalCluster | undefined;
}

/** @param hostSet of a cluster that is in force */
export function readOwnPlace(bootstrap: unknown, hostSet: (name: string) => HostSet | undefined): OwnPlace {
  const { cluster_manager, node } = messageOf(bootstrap);
  const { locality } = messageOf(node);
  const { region, sub_zone, zone } = messageOf(locality);
  const name = textOf(messageOf(cluster_manager).local_cluster_name);
  return {
    locality:
      locality === undefined
        ? undefined
        : { region: textOf(region), zone: textOf(zone), subZone: textOf(sub_zone) },
    cluster:
      name === ''
        ? undefined
        : {
            get hostSet() {
              return hostSet(name);
            },
          },
  };
}
