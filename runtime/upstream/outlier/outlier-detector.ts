/**
 * Passive health checking (`OutlierDetection`): ejects hosts that answer worse than they should, and lets them in again
 * after a while that grows with each ejection. The detectors, their order and their arithmetic are those of Envoy 1.40.
 */
import type { Clock, Timer } from '../../common/clock.js';
import type { Host } from '../host/host.js';
import type { HostHealth } from '../host/host-health.js';
import {
  DEGRADED_OUTLIER_DETECTION,
  FAILED_ACTIVE_HC,
  FAILED_OUTLIER_CHECK,
  outlierFlags,
} from '../host/host-health.js';
import { noOutlierMonitor } from '../host/host-monitors.js';
import type { HostOutlierOwner } from './host-outlier-monitor.js';
import { HostOutlierMonitor } from './host-outlier-monitor.js';
import type { EventLog, OutlierEvent } from './outlier-event-log.js';
import { outlierEventText } from './outlier-event-log.js';
import type { EnforcedType, OutlierSettings } from './outlier-settings.js';
import type { OutlierStats } from './outlier-stats.js';
import type { EjectionThreshold } from './success-rate.js';
import { ejectionThreshold } from './success-rate.js';

/** What `/clusters` tells of a cluster; -1 where there was too little to say. */
export interface OutlierAverages {
  readonly external: EjectionThreshold;
  readonly localOrigin: EjectionThreshold;
}

export interface OutlierDetectorOptions {
  readonly clusterName: string;
  readonly clock: Clock;
  /** Of [0, 1). */
  readonly random: () => number;
  readonly stats: OutlierStats;
  /** The log that is in force; undefined: none. */
  readonly eventLog: () => EventLog | undefined;
  /** A host was ejected or let in again, or began or ceased to be degraded. */
  readonly onChange: (host: Host) => void;
}

const unknown: EjectionThreshold = { average: -1, threshold: -1 };

export class OutlierDetector implements HostOutlierOwner {
  averages: OutlierAverages = { external: unknown, localOrigin: unknown };
  private readonly settings: OutlierSettings;
  private readonly options: OutlierDetectorOptions;
  private readonly monitors = new Map<HostHealth, HostOutlierMonitor>();
  private timer: Timer | undefined = undefined;
  private running = false;
  /** Of this detector; the gauge is shared with the one of the generation before while both are there. */
  private ejected = 0;
  /** Hosts that another process has ejected: that one counts them, and lets them in again. */
  private readonly elsewhere = new Set<HostHealth>();

  constructor(settings: OutlierSettings, options: OutlierDetectorOptions) {
    this.settings = settings;
    this.options = options;
  }

  /** The hosts that there are now. Newer snapshots of one endpoint are one host. */
  update(hosts: readonly Host[]): void {
    const now = new Set<HostHealth>();
    for (const host of hosts) {
      const { health } = host;
      now.add(health);
      const known = this.monitors.get(health);
      if (known !== undefined) {
        known.host = host;
        continue;
      }
      const monitor = new HostOutlierMonitor(host, this.settings, this);
      this.monitors.set(health, monitor);
      health.outlierMonitor = monitor;
    }
    for (const health of this.monitors.keys()) {
      if (now.has(health)) continue;
      if (health.has(FAILED_OUTLIER_CHECK) && !this.elsewhere.delete(health)) this.countEjected(-1);
      this.monitors.delete(health);
      health.outlierMonitor = noOutlierMonitor;
    }
  }

  /**
   * A host goes on with what the detector of the generation before knows of it; that one hears nothing more of it, requests
   * under way included.
   */
  takeOver(health: HostHealth, before: HostHealth): void {
    const monitor = this.monitors.get(health);
    if (monitor === undefined) return;
    health.copy(before, outlierFlags);
    if (before.outlierMonitor instanceof HostOutlierMonitor) monitor.goOnFrom(before.outlierMonitor);
    before.outlierMonitor = monitor;
    if (health.has(FAILED_OUTLIER_CHECK) && !this.elsewhere.has(health)) this.countEjected(1);
  }

  /** Another process has ejected the host, or let it in again. @param flags what it has set of `outlierFlags` */
  adopt({ health }: Host, flags: number): void {
    if (!this.monitors.has(health)) return;
    const isEjected = (flags & FAILED_OUTLIER_CHECK) !== 0;
    const wasElsewhere = this.elsewhere.delete(health);
    if (health.has(FAILED_OUTLIER_CHECK) && !wasElsewhere) this.countEjected(-1);
    if (isEjected) this.elsewhere.add(health);
    health.assign(outlierFlags, flags);
  }

  start(): void {
    this.running = true;
    this.arm();
  }

  stop(): void {
    this.running = false;
    this.timer?.cancel();
    this.timer = undefined;
    this.countEjected(-this.ejected);
  }

  private arm(): void {
    this.timer = this.options.clock.setTimer(this.settings.intervalMs, () => {
      this.sweep();
      if (this.running) this.arm();
    });
  }

  private countEjected(change: number): void {
    const { active } = this.options.stats;
    this.ejected += change;
    active.set(active.value + change);
  }

  // ---- what requests tell

  onConsecutiveFailures(monitor: HostOutlierMonitor, type: EnforcedType): void {
    const { health } = monitor.host;
    if (!this.running || !this.monitors.has(health) || health.has(FAILED_OUTLIER_CHECK)) return;
    const { stats } = this.options;
    stats.detected[type].inc();
    this.eject(monitor, type);
    if (type === 'CONSECUTIVE_5XX') stats.consecutive5xx.inc();
    monitor.forget(type);
  }

  onDegraded(monitor: HostOutlierMonitor): void {
    const { clock, onChange, stats } = this.options;
    const { host } = monitor;
    if (!this.running || !this.monitors.has(host.health)) return;
    if (host.health.has(FAILED_OUTLIER_CHECK | DEGRADED_OUTLIER_DETECTION)) return;
    stats.detected.DEGRADED.inc();
    host.health.set(DEGRADED_OUTLIER_DETECTION);
    monitor.degradedAt = clock.now();
    onChange(host);
    this.log(monitor, { type: 'DEGRADED', action: 'EJECT', enforced: true, sinceLastActionMs: undefined });
  }

  /** An active check has passed (`successful_active_health_check_uneject_host`). */
  onHealthCheckPassed({ health }: Host): void {
    if (!this.settings.successfulActiveHealthCheckUnejectHost) return;
    const monitor = this.monitors.get(health);
    if (monitor === undefined || health.has(FAILED_ACTIVE_HC) || !health.has(FAILED_OUTLIER_CHECK)) return;
    if (this.elsewhere.has(health)) return;
    this.uneject(monitor);
  }

  // ---- ejection

  private eject(monitor: HostOutlierMonitor, type: EnforcedType): void {
    const { settings } = this;
    const { clock, onChange, random, stats } = this.options;
    const ejected = this.ejected + this.elsewhere.size;
    const percent = (100 * (ejected + 1)) / this.monitors.size;
    const isAllowed =
      percent <= settings.maxEjectionPercent || (settings.alwaysEjectOneHost && ejected === 0);
    if (!isAllowed) {
      stats.overflow.inc();
      return;
    }
    if (type === 'CONSECUTIVE_5XX' || type === 'SUCCESS_RATE') stats.total.inc();
    const sinceLastActionMs =
      monitor.unejectedAt === undefined ? undefined : clock.now() - monitor.unejectedAt;
    if (random() * 100 >= settings.enforcing[type]) {
      this.log(monitor, { type, action: 'EJECT', enforced: false, sinceLastActionMs });
      return;
    }
    this.countEjected(1);
    stats.enforcedTotal.inc();
    stats.enforced[type].inc();
    monitor.host.health.set(FAILED_OUTLIER_CHECK);
    monitor.ejections++;
    monitor.ejectedAt = clock.now();
    monitor.jitterMs = Math.floor(random() * (settings.maxEjectionTimeJitterMs + 1));
    const { baseEjectionTimeMs, maxEjectionTimeMs } = settings;
    if (monitor.backOff * baseEjectionTimeMs < maxEjectionTimeMs + baseEjectionTimeMs) monitor.backOff++;
    onChange(monitor.host);
    this.log(monitor, { type, action: 'EJECT', enforced: true, sinceLastActionMs });
  }

  private uneject(monitor: HostOutlierMonitor): void {
    const { clock, onChange } = this.options;
    this.countEjected(-1);
    monitor.host.health.clear(FAILED_OUTLIER_CHECK);
    // A count that is nearly full would eject it again for very little.
    monitor.forgetAll();
    monitor.unejectedAt = clock.now();
    onChange(monitor.host);
    this.logUneject(monitor);
  }

  private logUneject(monitor: HostOutlierMonitor): void {
    const { ejectedAt } = monitor;
    const sinceLastActionMs = ejectedAt === undefined ? undefined : this.options.clock.now() - ejectedAt;
    // The message has no type then, and its first one stands in the text.
    this.log(monitor, { type: 'CONSECUTIVE_5XX', action: 'UNEJECT', enforced: false, sinceLastActionMs });
  }

  private log(
    monitor: HostOutlierMonitor,
    event: Pick<OutlierEvent, 'type' | 'action' | 'enforced' | 'sinceLastActionMs'>,
  ): void {
    const log = this.options.eventLog();
    if (log === undefined) return;
    const isLocal = event.type.endsWith('LOCAL_ORIGIN');
    const { average, threshold } = isLocal ? this.averages.localOrigin : this.averages.external;
    const text = outlierEventText({
      ...event,
      wallTime: this.options.clock.wallTime(),
      clusterName: this.options.clusterName,
      upstreamUrl: monitor.host.addressText,
      numEjections: monitor.ejections,
      hostSuccessRate: isLocal ? monitor.localOriginSuccessRate : monitor.successRate,
      averageSuccessRate: average,
      ejectionThreshold: threshold,
    });
    log(`${text}\n`);
  }

  // ---- the sweep at the end of each interval

  private sweep(): void {
    const now = this.options.clock.now();
    for (const monitor of this.monitors.values()) {
      this.letInAgain(monitor, now);
      monitor.external.turn();
      monitor.localOrigin.turn();
      monitor.successRate = -1;
      monitor.localOriginSuccessRate = -1;
    }
    this.averages = { external: unknown, localOrigin: unknown };
    this.judge('external');
    this.judge('localOrigin');
    for (const monitor of this.monitors.values()) {
      const { unejectedAt } = monitor;
      if (monitor.host.health.has(FAILED_OUTLIER_CHECK) || unejectedAt === undefined) continue;
      if (now - unejectedAt >= this.settings.intervalMs && monitor.backOff > 0) monitor.backOff--;
    }
  }

  private letInAgain(monitor: HostOutlierMonitor, now: number): void {
    const { baseEjectionTimeMs, maxEjectionTimeMs } = this.settings;
    const { health } = monitor.host;
    if (this.elsewhere.has(health)) return;
    if (health.has(DEGRADED_OUTLIER_DETECTION) && now - monitor.degradedAt >= baseEjectionTimeMs) {
      health.clear(DEGRADED_OUTLIER_DETECTION);
      this.options.onChange(monitor.host);
      this.logUneject(monitor);
    }
    if (!health.has(FAILED_OUTLIER_CHECK)) return;
    const timeMs = Math.min(baseEjectionTimeMs * monitor.backOff, maxEjectionTimeMs) + monitor.jitterMs;
    if (timeMs <= now - (monitor.ejectedAt ?? 0)) this.uneject(monitor);
  }

  private judge(origin: 'external' | 'localOrigin'): void {
    const { settings } = this;
    const { stats } = this.options;
    const { successRateMinimumHosts, failurePercentageMinimumHosts } = settings;
    const isEnough =
      this.monitors.size >= successRateMinimumHosts || this.monitors.size >= failurePercentageMinimumHosts;
    if (!isEnough) return;
    const busy = [...this.monitors.values()].filter(
      (monitor) => !monitor.host.health.has(FAILED_OUTLIER_CHECK) && monitor[origin].volume > 0,
    );
    const { successRateRequestVolume, failurePercentageRequestVolume } = settings;
    for (const monitor of busy) {
      const { percent, volume } = monitor[origin];
      if (volume < Math.min(successRateRequestVolume, failurePercentageRequestVolume)) continue;
      if (origin === 'external') monitor.successRate = percent;
      else monitor.localOriginSuccessRate = percent;
    }
    // Who is judged is decided before anybody is ejected.
    const rated = busy.filter((monitor) => monitor[origin].volume >= successRateRequestVolume);
    const measured = busy.filter((monitor) => monitor[origin].volume >= failurePercentageRequestVolume);
    if (rated.length > 0 && rated.length >= successRateMinimumHosts) {
      const found = ejectionThreshold(
        rated.map((monitor) => monitor[origin].percent),
        settings.successRateStdevFactor,
      );
      this.averages = { ...this.averages, [origin]: found };
      for (const monitor of rated) {
        if (monitor[origin].percent >= found.threshold) continue;
        stats.successRate.inc();
        this.detect(monitor, origin === 'external' ? 'SUCCESS_RATE' : 'SUCCESS_RATE_LOCAL_ORIGIN');
      }
    }
    if (measured.length > 0 && measured.length >= failurePercentageMinimumHosts) {
      for (const monitor of measured) {
        if (100 - monitor[origin].percent < settings.failurePercentageThreshold) continue;
        this.detect(
          monitor,
          origin === 'external' ? 'FAILURE_PERCENTAGE' : 'FAILURE_PERCENTAGE_LOCAL_ORIGIN',
        );
      }
    }
  }

  private detect(monitor: HostOutlierMonitor, type: EnforcedType): void {
    this.options.stats.detected[type].inc();
    if (monitor.host.health.has(FAILED_OUTLIER_CHECK)) return;
    this.eject(monitor, type);
  }
}
