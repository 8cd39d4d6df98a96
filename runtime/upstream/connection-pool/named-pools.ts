/**
 * Pools of a cluster whose requests ask for names of their own in the TLS handshake (`auto_sni`): a connection serves
 * requests for its name only.
 */
import type { RequestedNames } from '../cluster/upstream-tls.js';
import type { Host } from '../host/host.js';
import type { HostPools } from './host-pools.js';

/** The name is the client's to choose: beyond so many, those that were used least recently drain. */
const maxNames = 256;

export class NamedPools {
  private readonly create: (names: RequestedNames) => HostPools;
  /** The one that was used last comes last. */
  private readonly pools = new Map<string, HostPools>();

  constructor(create: (names: RequestedNames) => HostPools) {
    this.create = create;
  }

  get(names: RequestedNames): HostPools {
    const key = `${names.serverName ?? ''}\n${names.expectedNames?.join() ?? ''}`;
    let found = this.pools.get(key);
    if (found === undefined) found = this.create(names);
    else this.pools.delete(key);
    this.pools.set(key, found);
    if (this.pools.size > maxNames) {
      const [oldest] = this.pools;
      if (oldest !== undefined) {
        this.pools.delete(oldest[0]);
        oldest[1].drain();
      }
    }
    return found;
  }

  /** As {@link HostPools.retain}. */
  retain(hosts: readonly Host[]): void {
    for (const pools of this.pools.values()) pools.retain(hosts);
  }

  /** As {@link HostPools.renew}. */
  renew(host: Host): void {
    for (const pools of this.pools.values()) pools.renew(host);
  }

  drain(): void {
    for (const pools of this.pools.values()) pools.drain();
  }

  close(): void {
    for (const pools of this.pools.values()) pools.close();
  }
}
