/**
 * The active checks of a cluster in a worker: the primary checks, and what it knows of a host is taken over.
 */
import type { Fact, SharedFacts } from '../../common/shared-facts.js';
import { factKey } from '../../common/shared-facts.js';
import type { Host } from '../host/host.js';
import type { HostHealth } from '../host/host-health.js';
import { activeFlags, FAILED_ACTIVE_HC } from '../host/host-health.js';
import type { HealthChecker, HealthCheckerCallbacks } from './health-checker.js';

/** Flags of a host as its active checks have them. */
export const checkedHealthKey = (cluster: string, host: Host): string =>
  factKey('active health', cluster, host.addressText);

/** Changes whenever a response of a host asked for its removal (`x-envoy-immediate-health-check-fail`). */
export const immediateFailureKey = (cluster: string, host: Host): string =>
  factKey('immediate failure', cluster, host.addressText);

interface FollowedHost {
  host: Host;
  readonly end: () => void;
}

export class FollowingHealthChecker implements HealthChecker {
  readonly firstRound = Promise.resolve();
  private readonly cluster: string;
  private readonly facts: SharedFacts;
  private readonly callbacks: HealthCheckerCallbacks;
  private readonly hosts = new Map<HostHealth, FollowedHost>();
  private failures = 0;

  constructor(cluster: string, facts: SharedFacts, callbacks: HealthCheckerCallbacks) {
    this.cluster = cluster;
    this.facts = facts;
    this.callbacks = callbacks;
  }

  update(hosts: readonly Host[]): void {
    const now = new Set<HostHealth>();
    for (const host of hosts) {
      const { health, healthCheck } = host;
      if (healthCheck.disabled) continue;
      now.add(health);
      const known = this.hosts.get(health);
      if (known === undefined) this.begin(host);
      else known.host = host;
    }
    for (const [health, { end }] of this.hosts) {
      if (now.has(health)) continue;
      this.hosts.delete(health);
      end();
    }
  }

  private begin(host: Host): void {
    const { health } = host;
    const key = checkedHealthKey(this.cluster, host);
    const take = (fact: Fact | undefined): void => {
      // A host of which nothing is known has not passed a check.
      health.assign(activeFlags, typeof fact === 'number' ? fact : FAILED_ACTIVE_HC);
    };
    take(this.facts.get(key));
    const end = this.facts.follow(key, (fact) => {
      take(fact);
      const current = this.hosts.get(health)?.host ?? host;
      this.callbacks.onCheck(current, 'changed', !health.has(FAILED_ACTIVE_HC));
    });
    this.hosts.set(health, { host, end });
    const failureKey = immediateFailureKey(this.cluster, host);
    health.healthCheckMonitor = {
      setUnhealthy: () => this.facts.set(failureKey, `${process.pid} ${++this.failures}`),
    };
  }

  takeOver(): void {
    // The facts are the same for each generation.
  }

  start(): void {
    // The primary has.
  }

  stateOf(): undefined {
    return undefined;
  }

  stop(): void {
    for (const { end } of this.hosts.values()) end();
    this.hosts.clear();
  }
}
