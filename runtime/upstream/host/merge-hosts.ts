/**
 * A new list of hosts that keeps the endpoints which stay.
 */
import type { HostDescription } from './create-host.js';
import { addressText, createHost, isDescribedBy } from './create-host.js';
import type { Host } from './host.js';

/** Hosts of one cluster by their identity; see `HostDescription.identity`. In the order of the host set. */
export type HostsByIdentity = ReadonlyMap<string, Host>;

/**
 * Servers of names give their answers in any order: endpoints that stay keep their places and new ones come last, so that
 * the turn of round robin goes on.
 * @param before the order to keep
 * @param known the host that an identity has now, in this or in an earlier generation of the configuration
 * @returns for each description the same object, a new snapshot of the same endpoint, or a new endpoint
 */
export function mergeHosts(
  descriptions: readonly HostDescription[],
  before: HostsByIdentity,
  known: (identity: string) => Host | undefined,
): HostsByIdentity {
  const occurrences = new Map<string, number>();
  const merged = new Map<string, Host>();
  for (const description of descriptions) {
    const { address, attributes } = description;
    const name = description.identity ?? addressText(address);
    const occurrence = occurrences.get(name) ?? 0;
    occurrences.set(name, occurrence + 1);
    const identity = occurrence === 0 ? name : `${name}#${occurrence}`;
    const current = known(identity);
    merged.set(
      identity,
      current !== undefined && isDescribedBy(current, description)
        ? current
        : createHost(address, attributes, current),
    );
  }
  const ordered = new Map<string, Host>();
  for (const identity of before.keys()) {
    const host = merged.get(identity);
    if (host !== undefined) ordered.set(identity, host);
  }
  for (const [identity, host] of merged) ordered.set(identity, host);
  return ordered;
}

/** Whether the same objects are in both. */
export function sameHosts(before: HostsByIdentity, after: HostsByIdentity): boolean {
  if (before.size !== after.size) return false;
  for (const [identity, host] of after) if (before.get(identity) !== host) return false;
  return true;
}

/**
 * Priority levels that an endpoint has joined or left, or where its locality is another one: Envoy counts a change of the
 * membership for each. Addresses and weights may differ without being one.
 */
export function changedPriorities(before: HostsByIdentity, after: HostsByIdentity): number {
  const changed = new Set<number>();
  const compare = (from: HostsByIdentity, to: HostsByIdentity): void => {
    for (const [identity, { priority, region, subZone, zone }] of from) {
      const other = to.get(identity);
      const isSame =
        other?.priority === priority &&
        other.zone === zone &&
        other.region === region &&
        other.subZone === subZone;
      if (!isSame) changed.add(priority);
    }
  };
  compare(before, after);
  compare(after, before);
  return changed.size;
}
