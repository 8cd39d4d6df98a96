/**
 * Hosts and host sets. A host is an immutable snapshot but for its health and its counters; what makes two snapshots the
 * same endpoint is that they share one `stats` object.
 */
import type { Fields } from '../../common/message-fields.js';
import { comparableJson } from '../../common/metadata-criteria.js';
import type { Host, HostSet, HostStats, UpstreamAddress } from './host.js';

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

/** @param before the snapshot of the same endpoint that this one takes the place of: counters and health go on */
export function createHost(address: UpstreamAddress, attributes: HostAttributes, before?: Host): Host {
  const {
    hostname,
    lbMetadata = none,
    localityWeight = 0,
    priority,
    region,
    subZone,
    weight,
    zone,
  } = attributes;
  return {
    address,
    addressText: addressText(address),
    hostname,
    weight,
    priority,
    zone,
    region,
    subZone,
    localityWeight,
    lbMetadata,
    healthy: before?.healthy ?? true,
    stats: before?.stats ?? freshStats(),
  };
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
    host.localityWeight === (attributes.localityWeight ?? 0) &&
    sameMetadata(host.lbMetadata ?? none, attributes.lbMetadata ?? none)
  );
}

export function createHostSet(hosts: readonly Host[]): HostSet {
  return { hosts, healthyHosts: hosts.filter(({ healthy }) => healthy) };
}
