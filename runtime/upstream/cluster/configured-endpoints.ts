/**
 * `load_assignment` -> the endpoints in the order of the configuration.
 */
import { messageOf, messagesOf, numberOf, textOf } from '../../common/message-fields.js';
import { lbMetadataOf } from '../../common/metadata-criteria.js';
import type { HostAttributes } from '../host/create-host.js';

export interface ConfiguredEndpoint {
  /** IP or name; the path of a pipe. */
  readonly address: string;
  readonly port: number;
  readonly pipe: boolean;
  readonly attributes: HostAttributes;
}

export function configuredEndpoints(cluster: unknown): ConfiguredEndpoint[] {
  const assignment = messageOf(messageOf(cluster).load_assignment);
  return messagesOf(assignment.endpoints).flatMap((group) => {
    const locality = messageOf(group.locality);
    return messagesOf(group.lb_endpoints).map((one) => {
      const endpoint = messageOf(one.endpoint);
      const address = messageOf(endpoint.address);
      const socket = messageOf(address.socket_address);
      const pipe = address.pipe !== undefined;
      return {
        address: pipe ? textOf(messageOf(address.pipe).path) : textOf(socket.address),
        port: numberOf(socket.port_value, 0),
        pipe,
        attributes: {
          hostname: textOf(endpoint.hostname),
          weight: numberOf(one.load_balancing_weight, 1),
          priority: numberOf(group.priority, 0),
          zone: textOf(locality.zone),
          region: textOf(locality.region),
          subZone: textOf(locality.sub_zone),
          localityWeight: numberOf(group.load_balancing_weight, 0),
          lbMetadata: lbMetadataOf(one.metadata),
        },
      };
    });
  });
}
