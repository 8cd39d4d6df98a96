import type { Host, HostSet, HostStats, UpstreamAddress } from './host.js';

/** What the configuration says of a host besides its address. */
export interface HostAttributes {
  readonly hostname: string;
  readonly weight: number;
  readonly priority: number;
  readonly zone: string;
  readonly region: string;
  readonly subZone: string;
}

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

export function createHost(address: UpstreamAddress, attributes: HostAttributes): Host {
  return { address, addressText: addressText(address), ...attributes, healthy: true, stats: freshStats() };
}

/** The same host as the configuration says it is, for a host that stays: its object, when nothing but health differs. */
export function sameHost(host: Host, attributes: HostAttributes): boolean {
  return (Object.keys(attributes) as (keyof HostAttributes)[]).every(
    (name) => host[name] === attributes[name],
  );
}

export function createHostSet(hosts: readonly Host[]): HostSet {
  return { hosts, healthyHosts: hosts.filter(({ healthy }) => healthy) };
}
