/**
 * The checks of one host: when they are, what each of them means for the host, and who hears of it. What happens in which
 * order is as in Envoy 1.40, so that flags, counters and log lines are the same.
 */
import type { Clock, Timer } from '../../common/clock.js';
import type { Host } from '../host/host.js';
import type { HealthFlags } from '../host/host-health.js';
import {
  ACTIVE_HC_TIMEOUT,
  DEGRADED_ACTIVE_HC,
  EXCLUDED_VIA_IMMEDIATE_HC_FAIL,
  FAILED_ACTIVE_HC,
  PENDING_ACTIVE_HC,
} from '../host/host-health.js';
import type { HealthCheckSettings } from './health-check-settings.js';
import type { HealthCheckStats } from './health-check-stats.js';
import type {
  HealthCheckFailureType,
  HealthProbe,
  HealthProbeFactory,
  HealthTransition,
  ProbeCallbacks,
  SessionState,
} from './health-checker.js';
import type { HealthEvent } from './health-event-log.js';

export interface SessionOptions {
  readonly settings: HealthCheckSettings;
  readonly stats: HealthCheckStats;
  readonly clock: Clock;
  readonly createProbe: HealthProbeFactory;
  /** The cluster has had a connection, ever. */
  readonly hasTraffic: () => boolean;
  readonly log: (host: Host, event: HealthEvent) => void;
  readonly onCheck: (session: HealthCheckSession, transition: HealthTransition, passed: boolean) => void;
}

function isOfNetwork(type: HealthCheckFailureType): boolean {
  return type === 'NETWORK' || type === 'NETWORK_TIMEOUT';
}

export class HealthCheckSession implements ProbeCallbacks {
  /** The newest snapshot. */
  host: Host;
  readonly flags: HealthFlags;
  private readonly options: SessionOptions;
  private readonly probe: HealthProbe;
  private firstCheck = true;
  private numHealthy = 0;
  private numUnhealthy = 0;
  private dueAt = 0;
  private interval: Timer | undefined = undefined;
  private timeout: Timer | undefined = undefined;
  private started = false;
  private over = false;

  /** @param flags those of the host, or what one of several checkers thinks of it */
  constructor(host: Host, flags: HealthFlags, options: SessionOptions) {
    this.host = host;
    this.flags = flags;
    this.options = options;
    this.probe = options.createProbe(() => this.host, this);
  }

  get state(): SessionState {
    const { dueAt, firstCheck, numHealthy, numUnhealthy } = this;
    return { firstCheck, numHealthy, numUnhealthy, dueAt };
  }

  /** Goes on where the session of the generation before is. Before `start`. */
  goOnFrom({ dueAt, firstCheck, numHealthy, numUnhealthy }: SessionState): void {
    this.firstCheck = firstCheck;
    this.numHealthy = numHealthy;
    this.numUnhealthy = numUnhealthy;
    this.dueAt = dueAt;
  }

  start(): void {
    if (this.started || this.over) return;
    this.started = true;
    const { clock, settings, stats } = this.options;
    if (!this.flags.has(FAILED_ACTIVE_HC)) stats.gauges.healthy.inc();
    if (this.flags.has(DEGRADED_ACTIVE_HC)) stats.gauges.degraded.inc();
    const delayMs =
      this.dueAt === 0
        ? settings.intervals.first()
        : Math.min(Math.max(0, this.dueAt - clock.now()), settings.intervals.next(true, 'unchanged', true));
    this.schedule(delayMs);
  }

  stop(): void {
    if (this.over) return;
    this.over = true;
    this.interval?.cancel();
    this.timeout?.cancel();
    this.probe.close();
    if (!this.started) return;
    const { gauges } = this.options.stats;
    if (!this.flags.has(FAILED_ACTIVE_HC)) gauges.healthy.dec();
    if (this.flags.has(DEGRADED_ACTIVE_HC)) gauges.degraded.dec();
  }

  private schedule(delayMs: number): void {
    const { clock } = this.options;
    this.dueAt = clock.now() + delayMs;
    this.interval?.cancel();
    this.interval = clock.setTimer(delayMs, () => this.check());
  }

  private check(): void {
    const { clock, settings, stats } = this.options;
    this.interval = undefined;
    this.timeout = clock.setTimer(settings.timeoutMs, () => {
      // An answer that is here already counts: after a stop of the process (SIGSTOP, a machine that slept) all timers are
      // over before anything is read, and all hosts would fail at once.
      this.timeout = clock.setTimer(0, () => this.expire());
    });
    stats.attempt.inc();
    this.probe.check();
  }

  private expire(): void {
    this.timeout = undefined;
    this.probe.abandon();
    this.onFailure('NETWORK_TIMEOUT', false, 0);
  }

  /** The next one is scheduled when this one has been taken into account. */
  private end(passed: boolean, transition: HealthTransition): void {
    if (this.over) return;
    const { hasTraffic, settings } = this.options;
    this.timeout?.cancel();
    this.timeout = undefined;
    this.schedule(settings.intervals.next(passed, transition, hasTraffic()));
  }

  // ---- what the probe tells

  onSuccess(degraded: boolean): void {
    if (this.over) return;
    const { flags, host } = this;
    const { log, settings, stats } = this.options;
    this.numUnhealthy = 0;
    let transition: HealthTransition = 'unchanged';
    if (flags.has(FAILED_ACTIVE_HC)) {
      // The very first result counts at once, so that a start is not slowed down by the threshold.
      if (this.firstCheck || ++this.numHealthy === settings.healthyThreshold) {
        flags.clear(ACTIVE_HC_TIMEOUT | EXCLUDED_VIA_IMMEDIATE_HC_FAIL | FAILED_ACTIVE_HC);
        stats.gauges.healthy.inc();
        transition = 'changed';
        log(host, { kind: 'add_healthy_event', firstCheck: this.firstCheck });
      } else transition = 'change pending';
    }
    if (transition !== 'changed' && settings.alwaysLogSuccess) {
      log(host, { kind: 'successful_health_check_event' });
    }
    transition = this.clearPending(transition);
    if (degraded !== flags.has(DEGRADED_ACTIVE_HC)) {
      if (degraded) {
        flags.set(DEGRADED_ACTIVE_HC);
        // As in Envoy: the gauge is not taken back when the host is no longer degraded.
        stats.gauges.degraded.inc();
        log(host, { kind: 'degraded_healthy_host' });
      } else {
        log(host, { kind: 'no_longer_degraded_host' });
        flags.clear(DEGRADED_ACTIVE_HC);
      }
      if (transition === 'unchanged') transition = 'changed';
    }
    stats.success.inc();
    this.firstCheck = false;
    this.options.onCheck(this, transition, true);
    this.end(true, transition);
  }

  onFailure(type: HealthCheckFailureType, retriable: boolean, httpStatus: number): void {
    if (this.over) return;
    const transition = this.fail(type, retriable, httpStatus);
    this.end(false, transition);
  }

  onImmediateFail(): void {
    this.host.health.set(EXCLUDED_VIA_IMMEDIATE_HC_FAIL);
  }

  /** A response to a request said that the host is to fail at once. The next check stays where it is. */
  failPassively(): void {
    if (this.over) return;
    this.host.health.set(EXCLUDED_VIA_IMMEDIATE_HC_FAIL);
    this.fail('PASSIVE', false, 0);
  }

  private fail(type: HealthCheckFailureType, retriable: boolean, httpStatus: number): HealthTransition {
    const { firstCheck, flags, host } = this;
    const { log, settings, stats } = this.options;
    const failure = { type, firstCheck, httpStatus };
    this.numHealthy = 0;
    let transition: HealthTransition = 'unchanged';
    if (!flags.has(FAILED_ACTIVE_HC)) {
      const atOnce = !isOfNetwork(type) && !retriable;
      if (atOnce || ++this.numUnhealthy === settings.unhealthyThreshold) {
        flags.set(FAILED_ACTIVE_HC);
        stats.gauges.healthy.dec();
        transition = 'changed';
        log(host, { kind: 'eject_unhealthy_event', failure });
      } else transition = 'change pending';
    }
    if (type === 'NETWORK_TIMEOUT' && flags.has(FAILED_ACTIVE_HC)) flags.set(ACTIVE_HC_TIMEOUT);
    else flags.clear(ACTIVE_HC_TIMEOUT);
    transition = this.clearPending(transition);
    if (firstCheck || settings.alwaysLogFailures) log(host, { kind: 'health_check_failure_event', failure });
    stats.failure.inc();
    if (isOfNetwork(type)) stats.networkFailure.inc();
    else if (type === 'PASSIVE') stats.passiveFailure.inc();
    this.firstCheck = false;
    this.options.onCheck(this, transition, false);
    return transition;
  }

  /** The host counts from now on, which is a change whatever the check said. */
  private clearPending(transition: HealthTransition): HealthTransition {
    if (!this.flags.has(PENDING_ACTIVE_HC)) return transition;
    this.flags.clear(PENDING_ACTIVE_HC);
    return 'changed';
  }
}
