/**
 * What processes of one proxy tell each other of the hosts of a cluster, beside the results of active checks: ejections by
 * the outlier detector of a worker, and hosts that asked for their removal.
 */
import type { Fact, SharedFacts } from '../../common/shared-facts.js';
import { factKey } from '../../common/shared-facts.js';
import { immediateFailureKey } from '../health-checking/following-health-checker.js';
import type { Host } from '../host/host.js';
import type { HostHealth } from '../host/host-health.js';
import { outlierFlags } from '../host/host-health.js';

export interface HostNewsCallbacks {
  /** Another process has ejected the host or let it in again. */
  onOutlierFlags(host: Host, flags: number): void;
}

/** Who has ejected a host lets it in again: the process and the flags that it has set. */
const outlierFact = (flags: number): string => `${process.pid} ${flags}`;

function flagsOfOthers(fact: Fact | undefined): number {
  const [owner, flags] = String(fact ?? '').split(' ');
  return owner === String(process.pid) ? 0 : Number(flags ?? 0);
}

/** Flags of a host as the outlier detector of some process has them. */
const outlierKey = (cluster: string, host: Host): string => factKey('outlier', cluster, host.addressText);

export class SharedHostNews {
  private readonly cluster: string;
  private readonly facts: SharedFacts;
  private readonly callbacks: HostNewsCallbacks;
  private readonly hosts = new Map<HostHealth, { host: Host; readonly ends: readonly (() => void)[] }>();

  constructor(cluster: string, facts: SharedFacts, callbacks: HostNewsCallbacks) {
    this.cluster = cluster;
    this.facts = facts;
    this.callbacks = callbacks;
  }

  /** The hosts that there are now. */
  update(hosts: readonly Host[]): void {
    const now = new Set(hosts.map(({ health }) => health));
    for (const host of hosts) {
      const known = this.hosts.get(host.health);
      if (known === undefined) this.begin(host);
      else known.host = host;
    }
    for (const [health, { ends }] of this.hosts) {
      if (now.has(health)) continue;
      this.hosts.delete(health);
      for (const end of ends) end();
    }
  }

  private begin(host: Host): void {
    const { health } = host;
    const current = (): Host => this.hosts.get(health)?.host ?? host;
    const key = outlierKey(this.cluster, host);
    const flags = flagsOfOthers(this.facts.get(key));
    if (flags !== 0) this.callbacks.onOutlierFlags(host, flags);
    const ends = [
      this.facts.follow(key, (fact) => this.callbacks.onOutlierFlags(current(), flagsOfOthers(fact))),
    ];
    if (!this.facts.isFollower) {
      ends.push(
        this.facts.follow(immediateFailureKey(this.cluster, host), (fact) => {
          if (fact !== undefined) health.healthCheckMonitor?.setUnhealthy();
        }),
      );
    }
    this.hosts.set(health, { host, ends });
  }

  /** The outlier detector of this process has changed its mind about a host. */
  tellOutlierFlags(host: Host): void {
    const flags = host.health.bits(outlierFlags);
    this.facts.set(outlierKey(this.cluster, host), flags === 0 ? undefined : outlierFact(flags));
  }

  stop(): void {
    for (const { ends } of this.hosts.values()) for (const end of ends) end();
    this.hosts.clear();
  }
}
