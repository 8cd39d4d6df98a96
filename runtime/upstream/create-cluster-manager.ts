/**
 * The clusters of a server, generation after generation.
 */
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../dsl/api/generated/types.js';
import { openFile } from '../access-log/create-access-loggers.js';
import { messageOf, textOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import type { RotatingTls } from '../network/tls/material.js';
import type { StaticSecrets } from '../network/tls/secrets.js';
import type { StatsScope } from '../stats/stat.js';
import type { Cluster } from './cluster/cluster.js';
import type { OwnedCluster } from './cluster/create-cluster.js';
import { createCluster } from './cluster/create-cluster.js';
import type { ClusterDependencies } from './cluster/host-changing-cluster.js';
import type { ClusterUpdate, ReloadableClusterManager } from './cluster-manager.js';
import type { EventLog } from './outlier/outlier-event-log.js';

/** A cluster with the text of its configuration, which tells whether a new one differs. */
interface Member {
  readonly owned: OwnedCluster;
  readonly configText: string;
}

/** What a cluster is without the hosts that it has from a file: `cluster_modified` does not count those. */
function ownConfig(cluster: Cluster): string {
  const { load_assignment, type, ...others } = messageOf(cluster.config);
  return JSON.stringify(type === 'EDS' ? { ...others, type } : { ...others, type, load_assignment });
}

function managerStats(stats: StatsScope) {
  const counter = (name: string) => stats.counter(`cluster_manager.${name}`);
  for (const name of [
    'cluster_updated',
    'cluster_updated_via_merge',
    'update_merge_cancelled',
    'update_out_of_merge_window',
  ]) {
    counter(name);
  }
  return {
    active: stats.gauge('cluster_manager.active_clusters'),
    warming: stats.gauge('cluster_manager.warming_clusters'),
    added: counter('cluster_added'),
    modified: counter('cluster_modified'),
    removed: counter('cluster_removed'),
  };
}

class Clusters implements ReloadableClusterManager {
  private readonly dependencies: ClusterDependencies;
  private readonly stats: ReturnType<typeof managerStats>;
  private members: ReadonlyMap<string, Member> = new Map();
  private list: readonly Cluster[] = [];
  /** Prepared and neither committed nor discarded. */
  private readonly warming = new Set<Member>();

  /** Of outlier detection, in force for all clusters, whichever generation they are from. */
  private outlierLog: EventLog | undefined = undefined;

  constructor(dependencies: ClusterDependencies) {
    this.dependencies = { outlierEventLog: () => this.outlierLog, ...dependencies };
    this.stats = managerStats(dependencies.stats);
  }

  get(name: string): Cluster | undefined {
    return this.members.get(name)?.owned.cluster;
  }

  all(): readonly Cluster[] {
    return this.list;
  }

  /** @throws ConfigError when the file cannot be opened */
  private openOutlierLog(settings: unknown): EventLog | undefined {
    const { accessLogFiles } = this.dependencies;
    const path = textOf(messageOf(messageOf(settings).outlier_detection).event_log_path);
    if (path === '' || accessLogFiles === undefined) return undefined;
    const steps = ['cluster_manager', 'outlier_detection', 'event_log_path'];
    const file = under(() => openFile(accessLogFiles, path), ...steps);
    return (line) => file.write(line);
  }

  prepare(configs: readonly ClusterConfig[], settings?: unknown, secrets: StaticSecrets = []): ClusterUpdate {
    const outlierLog = this.openOutlierLog(settings);
    const next = new Map<string, Member>();
    const fresh: Member[] = [];
    const rotations: (() => void)[] = [];
    for (const [index, config] of configs.entries()) {
      try {
        const { name } = config;
        if (next.has(name)) throw new ConfigError(`cluster manager: duplicate cluster '${name}'`, ['name']);
        const before = this.members.get(name);
        const configText = JSON.stringify(config);
        if (before?.configText === configText) {
          // What its files and secrets hold may differ.
          const rotate = before.owned.cluster.prepareTls(secrets);
          if (rotate !== undefined) rotations.push(rotate);
          next.set(name, before);
          continue;
        }
        const member = {
          owned: createCluster(config, { ...this.dependencies, secrets }, before?.owned),
          configText,
        };
        next.set(name, member);
        fresh.push(member);
        this.warming.add(member);
      } catch (error) {
        this.forget(fresh);
        throw error instanceof ConfigError ? error.under('static_resources', 'clusters', index) : error;
      }
    }
    this.stats.warming.set(this.warming.size);
    return {
      warmed: Promise.all(fresh.map(({ owned }) => owned.warmed)).then(() => undefined),
      commit: () => {
        this.outlierLog = outlierLog;
        for (const rotate of rotations) rotate();
        this.commit(next, fresh);
      },
      discard: () => this.forget(fresh),
    };
  }

  rotatingTls(): readonly RotatingTls[] {
    const all = [...this.members.values()].map(({ owned }) => owned.cluster.rotatingTls);
    return all.filter((one) => one !== undefined);
  }

  private commit(next: ReadonlyMap<string, Member>, fresh: readonly Member[]): void {
    const before = this.members;
    this.members = next;
    this.list = [...next.values()].map(({ owned }) => owned.cluster);
    for (const member of fresh) {
      this.warming.delete(member);
      const { cluster } = member.owned;
      cluster.activate();
      const old = before.get(cluster.name)?.owned.cluster;
      if (old === undefined) this.stats.added.inc();
      else if (ownConfig(old) !== ownConfig(cluster)) this.stats.modified.inc();
    }
    // After the new ones have taken over what they go on with.
    for (const [name, member] of before) {
      const now = next.get(name);
      if (now === member) continue;
      member.owned.stop();
      if (now !== undefined) member.owned.cluster.drain();
      else {
        member.owned.cluster.retire();
        this.forgetStats(member.owned.cluster.statPrefix);
        this.stats.removed.inc();
      }
    }
    this.stats.active.set(next.size);
    this.stats.warming.set(this.warming.size);
  }

  /** Statistics of a cluster go with it, but not those of one whose name begins alike. */
  private forgetStats(statPrefix: string): void {
    const others = [...this.members.values()]
      .map(({ owned }) => owned.cluster.statPrefix)
      .filter((prefix) => prefix.startsWith(statPrefix));
    this.dependencies.removeStats?.(
      (name) => name.startsWith(statPrefix) && !others.some((prefix) => name.startsWith(prefix)),
    );
  }

  private forget(fresh: readonly Member[]): void {
    for (const member of fresh) {
      this.warming.delete(member);
      member.owned.stop();
      member.owned.cluster.close();
    }
    this.stats.warming.set(this.warming.size);
  }

  close(): void {
    this.forget([...this.warming]);
    for (const { owned } of this.members.values()) {
      owned.stop();
      owned.cluster.close();
    }
  }
}

/** @param dependencies what every cluster needs */
export function createClusterManager(dependencies: ClusterDependencies): ReloadableClusterManager {
  return new Clusters(dependencies);
}
