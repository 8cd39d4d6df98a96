/**
 * What the admin server sees of a running server.
 */
import type { AdminHost, ConfigurationInForce, ServerState } from '../admin/admin-host.js';
import type { LoggerRegistry } from '../common/logger.js';
import type { Listener } from '../listener/listener.js';
import type { ListenerManager } from '../listener/listener-manager.js';
import type { StatsStore } from '../stats/stats-store.js';
import { clustersJson, clustersText } from '../upstream/cluster/describe-clusters.js';
import type { ClusterManager } from '../upstream/cluster/cluster.js';
import type { ServerOptions } from './server-options.js';
import type { ServerStats } from './server-stats.js';

/** What the admin server may ask a server for, beyond its parts. */
export interface AdminActions
  extends Pick<
    AdminHost,
    | 'state'
    | 'quit'
    | 'healthcheckFail'
    | 'healthcheckOk'
    | 'drainListeners'
    | 'reopenLogs'
    | 'gather'
    | 'changed'
    | 'runtime'
    | 'modifyRuntime'
    | 'history'
  > {
  configuration(): ConfigurationInForce | undefined;
}

export interface AdminHostParts {
  readonly options: ServerOptions;
  readonly startedAtMs: number;
  readonly stats: StatsStore;
  readonly serverStats: ServerStats;
  readonly loggers: LoggerRegistry;
  readonly listeners: ListenerManager;
  readonly clusters: ClusterManager;
  readonly actions: AdminActions;
}

/** In the words of `envoy.admin.v3.CommandLineOptions`. */
function commandLine(options: ServerOptions): Readonly<Record<string, unknown>> {
  const levels = [...(options.componentLogLevels ?? [])].map((pair) => pair.join(':'));
  return {
    concurrency: options.concurrency ?? 1,
    config_path: options.configPath ?? '',
    config_yaml: options.configYaml ?? '',
    log_level: options.logLevel ?? 'info',
    component_log_level: levels.join(),
    ...(options.logFormat === undefined ? {} : { log_format: options.logFormat }),
    log_path: options.logPath ?? '',
    admin_address_path: options.adminAddressPath ?? '',
    service_cluster: options.serviceCluster ?? '',
    service_node: options.serviceNode ?? '',
    service_zone: options.serviceZone ?? '',
    drain_time: `${options.drainTimeS ?? 600}s`,
    file_flush_interval: `${(options.fileFlushIntervalMs ?? 10_000) / 1000}s`,
    restart_epoch: options.restartEpoch ?? 0,
    mode: 'Serve',
  };
}

function certificatesOf(listener: Listener): ReturnType<AdminHost['certificates']> {
  return listener.allChains.flatMap(({ tls }) =>
    tls === undefined
      ? []
      : [
          {
            trustedAuthorities: tls.trusted,
            certificates: tls.certificates.map(({ certificate, path, staple }) => ({
              path,
              certificate,
              ocsp: staple,
            })),
          },
        ],
  );
}

function clusterCertificates(clusters: ClusterManager): ReturnType<AdminHost['certificates']> {
  return clusters.all().flatMap(({ upstreamTls }) => {
    if (upstreamTls === undefined) return [];
    const { certificates, trusted } = upstreamTls.material;
    return [{ trustedAuthorities: trusted, certificates }];
  });
}

/** Gauges of the server that change by themselves. */
export function refreshServerStats(stats: ServerStats, listeners: ListenerManager, state: ServerState): void {
  stats.refresh({
    state,
    connections: listeners.activeConnections,
    certificates: listeners
      .all()
      .flatMap(certificatesOf)
      .flatMap((one) =>
        [...one.trustedAuthorities, ...one.certificates].map(({ certificate }) => certificate),
      ),
  });
}

export function createAdminHost(parts: AdminHostParts): AdminHost {
  const { actions, clusters, listeners, options, serverStats, stats } = parts;
  const isAddedViaApi = (name: string): boolean =>
    actions.configuration()?.dynamic?.clusters.resources.some((one) => one.name === name) === true;
  const certificates = () => [...listeners.all().flatMap(certificatesOf), ...clusterCertificates(clusters)];
  return {
    ...actions,
    stats,
    loggers: parts.loggers,
    facts: {
      version: options.version ?? '',
      startedAtMs: parts.startedAtMs,
      commandLineOptions: commandLine(options),
    },
    listeners: () => listeners.all().map(({ addressTexts, name }) => ({ name, addresses: addressTexts })),
    clustersText: (matches) => clustersText(clusters, matches, isAddedViaApi),
    clustersJson: (matches) => clustersJson(clusters, matches, isAddedViaApi),
    certificates,
    refreshStats() {
      refreshServerStats(serverStats, listeners, actions.state());
    },
  };
}

/** `traffic_direction: INBOUND` */
export function isInbound(listener: Listener): boolean {
  return listener.parts.config.traffic_direction === 'INBOUND';
}
