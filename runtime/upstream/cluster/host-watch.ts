/**
 * Who watches the hosts of a cluster: its active checks and its outlier detector, and how the next generation of the
 * configuration takes over what they know.
 */
import type { AccessLogFiles } from '../../access-log/create-access-loggers.js';
import type { Clock } from '../../common/clock.js';
import { messageOf, messagesOf, textOf } from '../../common/message-fields.js';
import type { SharedFacts } from '../../common/shared-facts.js';
import type { Http1ClientOptions } from '../../http/http1/http1-options.js';
import type { StatsScope } from '../../stats/stat.js';
import { createCheckConnector } from '../health-checking/check-connector.js';
import { createHealthChecker } from '../health-checking/create-health-checker.js';
import type {
  HealthChecker,
  HealthCheckerCallbacks,
  HealthProbeFactory,
} from '../health-checking/health-checker.js';
import { checkedHealthKey, FollowingHealthChecker } from '../health-checking/following-health-checker.js';
import type { Host } from '../host/host.js';
import type { HostHealth } from '../host/host-health.js';
import { activeFlags, FAILED_ACTIVE_HC, FAILED_OUTLIER_CHECK } from '../host/host-health.js';
import { under } from '../../network/config-path.js';
import { createOutlierDetector } from '../outlier/create-outlier-detector.js';
import type { OutlierAverages, OutlierDetector } from '../outlier/outlier-detector.js';
import type { EventLog } from '../outlier/outlier-event-log.js';
import { readOutlierSettings } from '../outlier/outlier-settings.js';
import { SharedHostNews } from './shared-host-news.js';
import type { UpstreamTls } from './upstream-tls.js';

/** What a server gives to all clusters for it. */
export interface HostWatchDependencies {
  readonly clock: Clock;
  readonly stats: StatsScope;
  /** Of [0, 1). */
  readonly random: () => number;
  /** Where logs of health events go; without it, none is written. */
  readonly accessLogFiles?: AccessLogFiles;
  /** `cluster_manager.outlier_detection.event_log_path`, opened; asked at each event. */
  readonly outlierEventLog?: () => EventLog | undefined;
  /** What the processes of one proxy share; absent: there is one process. */
  readonly sharedFacts?: SharedFacts;
  /** Instead of the health checks that the configuration asks for. */
  readonly createHealthProbe?: HealthProbeFactory;
}

export interface HostWatchOptions {
  /** `cluster.<name>.` */
  readonly statPrefix: string;
  readonly http1: Http1ClientOptions;
  /** How the cluster connects; undefined: plain text. */
  readonly tls: (() => Pick<UpstreamTls, 'connect'>) | undefined;
  /** The cluster has had a connection, ever. */
  readonly hasTraffic: () => boolean;
  /** What is known of a host's health has changed. @param isFailure it has begun to fail its checks, or was ejected */
  readonly onChange: (host: Host, isFailure: boolean) => void;
}

/** A host in two generations. */
export interface HostPair {
  readonly now: Host;
  readonly before: Host;
}

export class HostWatch {
  /** With active checks, a host that has left the DNS stays while it passes them. */
  readonly keepsHealthyHosts: boolean;
  private readonly checker: HealthChecker | undefined;
  private readonly detector: OutlierDetector | undefined;
  private readonly news: SharedHostNews | undefined;

  /** @throws ConfigError with the path inside the cluster; nothing was counted then */
  constructor(cluster: unknown, dependencies: HostWatchDependencies, options: HostWatchOptions) {
    const config = messageOf(cluster);
    const { onChange, statPrefix, tls } = options;
    // Before the checks make their statistics.
    under(() => readOutlierSettings(config.outlier_detection), 'outlier_detection');
    const name = textOf(config.name);
    const { sharedFacts } = dependencies;
    const callbacks: HealthCheckerCallbacks = {
      onCheck: (host, transition, passed) => {
        sharedFacts?.set(checkedHealthKey(name, host), host.health.bits(activeFlags));
        if (transition === 'changed') onChange(host, host.health.has(FAILED_ACTIVE_HC));
        if (passed) this.detector?.onHealthCheckPassed(host);
      },
    };
    this.checker =
      sharedFacts?.isFollower === true
        ? messagesOf(config.health_checks).length === 0
          ? undefined
          : new FollowingHealthChecker(name, sharedFacts, callbacks)
        : createHealthChecker(config, {
            ...dependencies,
            ...options,
            logFiles: dependencies.accessLogFiles,
            createProbe: dependencies.createHealthProbe,
            connect: createCheckConnector(tls),
            isTls: tls !== undefined,
            callbacks,
          });
    this.detector = createOutlierDetector(config, {
      ...dependencies,
      statPrefix,
      onChange: (host) => {
        this.news?.tellOutlierFlags(host);
        onChange(host, host.health.has(FAILED_OUTLIER_CHECK));
      },
    });
    this.news =
      sharedFacts === undefined
        ? undefined
        : new SharedHostNews(name, sharedFacts, {
            onOutlierFlags: (host, flags) => {
              this.detector?.adopt(host, flags);
              onChange(host, host.health.has(FAILED_OUTLIER_CHECK));
            },
          });
    this.keepsHealthyHosts = this.checker !== undefined && config.ignore_health_on_host_removal !== true;
  }

  /** Whether anything may change what is known of a host. */
  get isWatching(): boolean {
    return this.checker !== undefined || this.detector !== undefined;
  }

  /** Resolves when each new host was checked once; never rejects. */
  get firstRound(): Promise<void> {
    return this.checker?.firstRound ?? Promise.resolve();
  }

  get outlierAverages(): OutlierAverages | undefined {
    return this.detector?.averages;
  }

  /** The hosts that there are now. @param known what the generation before goes on to check until this one is in force */
  update(hosts: readonly Host[], known: readonly HostPair[]): void {
    const waiting = new Set<HostHealth>(known.map(({ now }) => now.health));
    this.checker?.update(hosts, ({ health }) => waiting.has(health));
    this.detector?.update(hosts);
    this.news?.update(hosts);
  }

  /** Comes into force. @param previous who watched the hosts until now */
  start(pairs: readonly HostPair[], previous: HostWatch | undefined): void {
    for (const { before, now } of pairs) {
      this.checker?.takeOver(now.health, previous?.checker, before.health);
      this.detector?.takeOver(now.health, before.health);
    }
    this.checker?.start();
    this.detector?.start();
  }

  stop(): void {
    this.checker?.stop();
    this.detector?.stop();
    this.news?.stop();
  }
}
