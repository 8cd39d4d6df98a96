import type { HealthFlags } from '../host/host-health.js';
import { DEGRADED_ACTIVE_HC, FAILED_ACTIVE_HC, PENDING_ACTIVE_HC } from '../host/host-health.js';

/** What each of several checkers has an opinion of its own about. */
export const memberFlags = FAILED_ACTIVE_HC | DEGRADED_ACTIVE_HC | PENDING_ACTIVE_HC;

/** The flags of a host as one of several checkers sees them: its own opinion, and the host's for the rest. */
export class GroupMemberFlags implements HealthFlags {
  private readonly host: HealthFlags;
  private own: number;

  /** Begins with what the host has. */
  constructor(host: HealthFlags) {
    this.host = host;
    this.own = 0;
    for (const flag of [FAILED_ACTIVE_HC, DEGRADED_ACTIVE_HC, PENDING_ACTIVE_HC]) {
      if (host.has(flag)) this.own |= flag;
    }
  }

  has(flag: number): boolean {
    return (this.own & flag) !== 0 || this.host.has(flag & ~memberFlags);
  }

  set(flag: number): void {
    this.own |= flag & memberFlags;
    this.host.set(flag & ~memberFlags);
  }

  clear(flag: number): void {
    this.own &= ~flag;
    this.host.clear(flag & ~memberFlags);
  }
}
