/**
 * `load_assignment` -> the endpoints in the order of the configuration.
 */
import { messageOf, messagesOf, numberOf, textOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';
import type { HostAttributes } from '../host/create-host.js';

export interface ConfiguredEndpoint {
  /** IP or name; the path of a pipe. */
  readonly address: string;
  readonly port: number;
  readonly pipe: boolean;
  readonly attributes: HostAttributes;
}

/** @throws ConfigError with the path inside the cluster */
export function configuredEndpoints(cluster: unknown): ConfiguredEndpoint[] {
  const assignment = messageOf(messageOf(cluster).load_assignment);
  return messagesOf(assignment.endpoints).flatMap((group, groupIndex) => {
    const locality = messageOf(group.locality);
    const priority = numberOf(group.priority, 0);
    if (priority !== 0) {
      const path = ['load_assignment', 'endpoints', groupIndex, 'priority'];
      throw new ConfigError('hosts of a lower priority need real Envoy', path, true);
    }
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
          priority,
          zone: textOf(locality.zone),
          region: textOf(locality.region),
          subZone: textOf(locality.sub_zone),
        },
      };
    });
  });
}
