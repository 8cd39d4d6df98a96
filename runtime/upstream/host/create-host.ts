/**
 * Hosts and host sets. A host is an immutable snapshot but for its health and its counters; what makes two snapshots the
 * same endpoint is that they share one `stats` object.
 */
import type { Fields } from '../../common/message-fields.js';
import { comparableJson } from '../../common/metadata-criteria.js';
import type { HealthCheckTarget, Host, HostSet, HostStats, UpstreamAddress } from './host.js';
import { HostHealth } from './host-health.js';

const none: Fields = {};

/** What the configuration says of a host besides its address. */
export interface HostAttributes {
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly zone: string;
  readonly region: string;
  readonly subZone: string;
  /** `load_balancing_weight` of the locality; 0 when absent. */
  readonly localityWeight?: number;
  /** Metadata of the namespace `envoy.lb`; `{}` when absent. */
  readonly lbMetadata?: Fields;
  /** `LbEndpoint.health_status`, default UNKNOWN, which is as good as HEALTHY. */
  readonly healthStatus?: string;
  /** `Endpoint.health_check_config`. Default: checks go where requests go. */
  readonly healthCheck?: HealthCheckConfig;
}

export interface HealthCheckConfig {
  /** 0: the port of `address`. */
  readonly port: number;
  /** undefined: the host's own. */
  readonly address: UpstreamAddress | undefined;
  readonly hostname: string;
  readonly disabled: boolean;
  /** `LbEndpoint.metadata`, for the log of health events. */
  readonly metadata?: unknown;
}

/** A host as the configuration or the DNS says it is. */
export interface HostDescription {
  readonly address: UpstreamAddress;
  readonly attributes: HostAttributes;
  /**
   * What stays the same when the address changes (the one host of a LOGICAL_DNS cluster). Default: the address, and the
   * how-manieth of that address it is, for Envoy takes an endpoint that is listed twice for two hosts.
   */
  readonly identity?: string;
}

/** `127.0.0.1:80`, `[::1]:80`, or the path of a pipe. */
export function addressText(address: UpstreamAddress): string {
  if (address.kind === 'pipe') return address.path;
  return address.ip.includes(':') ? `[${address.ip}]:${address.port}` : `${address.ip}:${address.port}`;
}

function freshStats(): HostStats {
  return {
    cxTotal: 0,
    cxActive: 0,
    cxConnectFail: 0,
    rqTotal: 0,
    rqActive: 0,
    rqSuccess: 0,
    rqError: 0,
    rqTimeout: 0,
    rqPendingActive: 0,
  };
}

function withPort(address: UpstreamAddress, port: number): UpstreamAddress {
  return address.kind === 'pipe' || port === 0 ? address : { ...address, port };
}

class HostSnapshot implements Host {
  readonly address: UpstreamAddress;
  readonly addressText: string;
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly zone: string;
  readonly region: string;
  readonly subZone: string;
  readonly localityWeight: number;
  readonly lbMetadata: Fields;
  readonly healthStatus: string;
  readonly healthCheck: HealthCheckTarget;
  readonly health: HostHealth;
  readonly stats: HostStats;

  constructor(address: UpstreamAddress, attributes: HostAttributes, health: HostHealth, stats: HostStats) {
    this.address = address;
    this.addressText = addressText(address);
    this.hostname = attributes.hostname;
    this.weight = attributes.weight;
    this.priority = attributes.priority;
    this.zone = attributes.zone;
    this.region = attributes.region;
    this.subZone = attributes.subZone;
    this.localityWeight = attributes.localityWeight ?? 0;
    this.lbMetadata = attributes.lbMetadata ?? none;
    this.healthStatus = attributes.healthStatus ?? 'UNKNOWN';
    const check = attributes.healthCheck;
    this.healthCheck = {
      address: withPort(check?.address ?? address, check?.port ?? 0),
      hostname: check?.hostname ?? '',
      disabled: check?.disabled ?? false,
      metadata: check?.metadata,
    };
    this.health = health;
    this.stats = stats;
    health.setStatus(this.healthStatus);
  }

  get healthy(): boolean {
    return this.health.isHealthy;
  }

  get degraded(): boolean {
    return this.health.isDegraded;
  }

  get excluded(): boolean {
    return this.health.isExcluded;
  }
}

/**
 * @param before the snapshot of the same endpoint that this one takes the place of: counters go on, and health, unless the
 *   configuration says something else of it now
 */
export function createHost(address: UpstreamAddress, attributes: HostAttributes, before?: Host): Host {
  const isAsBefore = before?.healthStatus === (attributes.healthStatus ?? 'UNKNOWN');
  const health = before !== undefined && isAsBefore ? before.health : new HostHealth();
  return new HostSnapshot(address, attributes, health, before?.stats ?? freshStats());
}

/** The same endpoint for a new generation of the configuration: its counters go on, its health is judged anew. */
export function renewHost(host: Host): Host {
  const attributes = { ...host, healthCheck: { ...host.healthCheck, port: 0 } };
  return new HostSnapshot(host.address, attributes, new HostHealth(), host.stats);
}

function sameHealthCheck(target: HealthCheckTarget, address: UpstreamAddress, config?: HealthCheckConfig) {
  const wanted = withPort(config?.address ?? address, config?.port ?? 0);
  return (
    addressText(target.address) === addressText(wanted) &&
    target.hostname === (config?.hostname ?? '') &&
    target.disabled === (config?.disabled ?? false) &&
    JSON.stringify(target.metadata) === JSON.stringify(config?.metadata)
  );
}

/** Mostly the same object: that of the configuration. */
function sameMetadata(left: Fields, right: Fields): boolean {
  return left === right || comparableJson(left) === comparableJson(right);
}

/** Whether a host already is what is described. */
export function isDescribedBy(host: Host, { address, attributes }: HostDescription): boolean {
  return (
    host.addressText === addressText(address) &&
    host.hostname === attributes.hostname &&
    host.weight === attributes.weight &&
    host.priority === attributes.priority &&
    host.zone === attributes.zone &&
    host.region === attributes.region &&
    host.subZone === attributes.subZone &&
    host.healthStatus === (attributes.healthStatus ?? 'UNKNOWN') &&
    sameHealthCheck(host.healthCheck, address, attributes.healthCheck) &&
    host.localityWeight === (attributes.localityWeight ?? 0) &&
    sameMetadata(host.lbMetadata ?? none, attributes.lbMetadata ?? none)
  );
}

/** In one pass: a set is made whenever the health of one of its hosts changes. */
export function createHostSet(hosts: readonly Host[]): HostSet {
  const healthyHosts: Host[] = [];
  const degradedHosts: Host[] = [];
  const excludedHosts: Host[] = [];
  for (let at = 0; at < hosts.length; at++) {
    const host = hosts[at] as Host;
    if (host.healthy) healthyHosts.push(host);
    else if (host.degraded) degradedHosts.push(host);
    if (host.excluded) excludedHosts.push(host);
  }
  return { hosts, healthyHosts, degradedHosts, excludedHosts };
}
