/**
 * `load_assignment` -> the endpoints in the order of the configuration.
 */
import { isIP } from 'node:net';
import type { Fields } from '../../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';
import type { HealthCheckConfig, HostAttributes } from '../host/create-host.js';
import type { UpstreamAddress } from '../host/host.js';
import { lbMetadataOf } from '../../common/metadata-criteria.js';

export interface ConfiguredEndpoint {
  /** IP or name; the path of a pipe. */
  readonly address: string;
  readonly port: number;
  readonly pipe: boolean;
  readonly attributes: HostAttributes;
}

const place = (...steps: (string | number)[]) => ['load_assignment', 'endpoints', ...steps];

function healthCheckOf(
  { endpoint, metadata }: Fields,
  pipe: boolean,
  path: readonly (string | number)[],
  isNamed: boolean,
): HealthCheckConfig {
  const config = messageOf(messageOf(endpoint).health_check_config);
  const port = numberOf(config.port_value, 0);
  const { pipe: otherPipe, socket_address: socket } = messageOf(config.address);
  if (port !== 0 && (otherPipe !== undefined || pipe)) {
    throw new ConfigError('Invalid host configuration: non-zero port for non-IP address', [
      ...path,
      'health_check_config',
      'port_value',
    ]);
  }
  let address: UpstreamAddress | undefined;
  if (otherPipe !== undefined) address = { kind: 'pipe', path: textOf(messageOf(otherPipe).path) };
  else if (socket !== undefined) {
    const { address: ip, port_value: portValue } = messageOf(socket);
    if (isIP(textOf(ip)) === 0) {
      throw new ConfigError(`malformed IP address: ${textOf(ip)}`, [
        ...path,
        'health_check_config',
        'address',
      ]);
    }
    address = { kind: 'ip', ip: textOf(ip), port: numberOf(portValue, 0) };
  }
  return {
    port,
    address,
    hostname: textOf(config.hostname),
    disabled: config.disable_active_health_check === true,
    metadata: metadata ?? (isNamed ? {} : undefined),
  };
}

/** Envoy gives hosts that it has by name metadata in any case: its health events tell them, empty as they are. */
function isByName(cluster: Fields): boolean {
  return (
    cluster.type === 'STRICT_DNS' || cluster.type === 'LOGICAL_DNS' || cluster.cluster_type !== undefined
  );
}

/** @throws ConfigError with the path inside the cluster */
export function configuredEndpoints(cluster: unknown): ConfiguredEndpoint[] {
  const isNamed = isByName(messageOf(cluster));
  const assignment = messageOf(messageOf(cluster).load_assignment);
  return messagesOf(assignment.endpoints).flatMap((group, groupAt) => {
    const locality = messageOf(group.locality);
    return messagesOf(group.lb_endpoints).map((one, at) => {
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
          healthStatus: textOf(one.health_status, 'UNKNOWN'),
          healthCheck: healthCheckOf(one, pipe, place(groupAt, 'lb_endpoints', at, 'endpoint'), isNamed),
          localityWeight: numberOf(group.load_balancing_weight, 0),
          lbMetadata: lbMetadataOf(one.metadata),
        },
      };
    });
  });
}
