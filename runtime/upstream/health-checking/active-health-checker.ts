/**
 * All checks of a cluster. With several of them, a host is healthy when it passes each; what each of them thinks stays its
 * own, and the host's flags are what they think together.
 */
import type { Host } from '../host/host.js';
import type { HostHealth } from '../host/host-health.js';
import { activeFlags, DEGRADED_ACTIVE_HC, FAILED_ACTIVE_HC, PENDING_ACTIVE_HC } from '../host/host-health.js';
import { GroupMemberFlags } from './group-member-flags.js';
import type { SessionOptions } from './health-check-session.js';
import { HealthCheckSession } from './health-check-session.js';
import type { HealthCheckGauges } from './health-check-stats.js';
import type {
  HealthChecker,
  HealthCheckerCallbacks,
  HealthTransition,
  SessionState,
} from './health-checker.js';

/** One entry of `health_checks`. */
export type CheckOptions = Omit<SessionOptions, 'onCheck'>;

export interface ActiveHealthCheckerOptions {
  /** Not empty. */
  readonly checks: readonly CheckOptions[];
  /** Of all checks together, where there are several. */
  readonly groupGauges: HealthCheckGauges | undefined;
  /** `ignore_new_hosts_until_first_hc`. */
  readonly ignoreNewHosts: boolean;
  readonly callbacks: HealthCheckerCallbacks;
}

/** A host with its sessions; none while it waits. */
class CheckedHost {
  host: Host;
  sessions: readonly HealthCheckSession[] = [];
  /** What the generation before knew, for when its sessions begin. */
  states: readonly SessionState[] | undefined = undefined;
  /** Sessions that have not had a result; of several. */
  readonly unheard = new Set<HealthCheckSession>();
  /** What the gauges of the group have of it. */
  countedHealthy = false;
  countedDegraded = false;

  constructor(host: Host) {
    this.host = host;
  }
}

export class ActiveHealthChecker implements HealthChecker {
  private readonly options: ActiveHealthCheckerOptions;
  private readonly hosts = new Map<HostHealth, CheckedHost>();
  /** Hosts of which no check has ended. */
  private readonly unchecked = new Set<HostHealth>();
  private waiters: (() => void)[] = [];
  private over = false;

  constructor(options: ActiveHealthCheckerOptions) {
    this.options = options;
  }

  get firstRound(): Promise<void> {
    if (this.unchecked.size === 0) return Promise.resolve();
    return new Promise((done) => this.waiters.push(done));
  }

  update(hosts: readonly Host[], waits: (host: Host) => boolean): void {
    const now = new Set<HostHealth>();
    for (const host of hosts) {
      const { health, healthCheck } = host;
      if (healthCheck.disabled) continue;
      now.add(health);
      const known = this.hosts.get(health);
      if (known !== undefined) {
        known.host = host;
        for (const session of known.sessions) session.host = host;
        continue;
      }
      const checked = new CheckedHost(host);
      this.hosts.set(health, checked);
      if (waits(host)) continue;
      health.set(FAILED_ACTIVE_HC);
      if (this.options.ignoreNewHosts) health.set(PENDING_ACTIVE_HC);
      this.unchecked.add(health);
      this.begin(checked);
    }
    for (const [health, checked] of this.hosts) {
      if (now.has(health)) continue;
      this.hosts.delete(health);
      this.end(checked);
    }
  }

  takeOver(health: HostHealth, before: HealthChecker | undefined, beforeHealth: HostHealth): void {
    const checked = this.hosts.get(health);
    if (checked === undefined) return;
    checked.states = before?.stateOf(beforeHealth);
    // A host that was not checked before is as good as it was, until a check says otherwise.
    if (checked.states !== undefined) health.copy(beforeHealth, activeFlags);
  }

  start(): void {
    for (const checked of this.hosts.values()) if (checked.sessions.length === 0) this.begin(checked);
  }

  stateOf(health: HostHealth): readonly SessionState[] | undefined {
    const checked = this.hosts.get(health);
    return checked === undefined || checked.sessions.length === 0
      ? undefined
      : checked.sessions.map(({ state }) => state);
  }

  stop(): void {
    this.over = true;
    for (const checked of this.hosts.values()) this.end(checked);
    this.hosts.clear();
  }

  private begin(checked: CheckedHost): void {
    const { checks, groupGauges } = this.options;
    const { health } = checked.host;
    checked.sessions = checks.map((check) => {
      const flags = groupGauges === undefined ? health : new GroupMemberFlags(health);
      const onCheck = (session: HealthCheckSession, transition: HealthTransition, passed: boolean) =>
        this.onCheck(checked, session, transition, passed);
      return new HealthCheckSession(checked.host, flags, { ...check, onCheck });
    });
    health.healthCheckMonitor = {
      setUnhealthy: () => {
        for (const session of checked.sessions) session.failPassively();
      },
    };
    for (const [at, session] of checked.sessions.entries()) {
      const state = checked.states?.[at] ?? checked.states?.[0];
      if (state === undefined) checked.unheard.add(session);
      else session.goOnFrom(state);
      session.start();
    }
    this.countInGroup(checked);
  }

  private end(checked: CheckedHost): void {
    const { health } = checked.host;
    for (const session of checked.sessions) session.stop();
    const { groupGauges } = this.options;
    if (groupGauges !== undefined) {
      if (checked.countedHealthy) groupGauges.healthy.dec();
      if (checked.countedDegraded) groupGauges.degraded.dec();
    }
    if (checked.sessions.length > 0) health.healthCheckMonitor = undefined;
    this.heard(health);
  }

  /** The host was checked, or will not be any more. */
  private heard(health: HostHealth): void {
    if (!this.unchecked.delete(health) || this.unchecked.size > 0) return;
    const { waiters } = this;
    this.waiters = [];
    for (const done of waiters) done();
  }

  private onCheck(
    checked: CheckedHost,
    session: HealthCheckSession,
    transition: HealthTransition,
    passed: boolean,
  ): void {
    if (this.over) return;
    const { callbacks, groupGauges } = this.options;
    const { host } = checked;
    if (groupGauges === undefined) {
      this.heard(host.health);
      callbacks.onCheck(host, transition, passed);
      return;
    }
    const { health } = host;
    const before = health.has(FAILED_ACTIVE_HC);
    const beforeDegraded = health.has(DEGRADED_ACTIVE_HC);
    const wasPending = checked.unheard.size > 0;
    checked.unheard.delete(session);
    const isPending = checked.unheard.size > 0;
    const isFailed = this.together(checked, FAILED_ACTIVE_HC);
    const isDegraded = this.together(checked, DEGRADED_ACTIVE_HC);
    if (isPending) health.set(PENDING_ACTIVE_HC);
    else health.clear(PENDING_ACTIVE_HC);
    this.countInGroup(checked);
    if (isPending) return;
    this.heard(health);
    const isChange = before !== isFailed || beforeDegraded !== isDegraded || wasPending;
    const own = transition === 'change pending' ? transition : 'unchanged';
    callbacks.onCheck(host, isChange ? 'changed' : own, !isFailed);
  }

  /** Sets the host's flag when any of the checks has it. */
  private together({ host: { health }, sessions }: CheckedHost, flag: number): boolean {
    const isSet = sessions.some(({ flags }) => flags.has(flag));
    if (isSet) health.set(flag);
    else health.clear(flag);
    return isSet;
  }

  private countInGroup(checked: CheckedHost): void {
    const { groupGauges } = this.options;
    if (groupGauges === undefined) return;
    const { health } = checked.host;
    const isHealthy = !health.has(FAILED_ACTIVE_HC);
    const isDegraded = health.has(DEGRADED_ACTIVE_HC);
    const { countedDegraded, countedHealthy } = checked;
    if (isHealthy !== countedHealthy) isHealthy ? groupGauges.healthy.inc() : groupGauges.healthy.dec();
    if (isDegraded !== countedDegraded) isDegraded ? groupGauges.degraded.inc() : groupGauges.degraded.dec();
    checked.countedHealthy = isHealthy;
    checked.countedDegraded = isDegraded;
  }
}
