/** Which names the clusters of a configuration ask for. */
import { isIP } from 'node:net';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';

/** A cluster whose hosts DNS tells. */
export interface DnsCluster {
  readonly name: string;
  /** As the configuration has them, without ports. */
  readonly names: readonly string[];
}

/** @param bootstrap canonical; undefined: there is none, and no clusters */
export function dnsClustersOf(bootstrap: unknown): DnsCluster[] {
  const found: DnsCluster[] = [];
  for (const cluster of messagesOf(messageOf(messageOf(bootstrap).static_resources).clusters)) {
    const names = new Set<string>();
    for (const { lb_endpoints } of messagesOf(messageOf(cluster.load_assignment).endpoints)) {
      for (const { endpoint } of messagesOf(lb_endpoints)) {
        const address = messageOf(messageOf(messageOf(endpoint).address).socket_address);
        const name = textOf(address.address);
        if (name !== '' && isIP(name) === 0) names.add(name);
      }
    }
    if (names.size > 0) found.push({ name: textOf(cluster.name), names: [...names] });
  }
  return found;
}
