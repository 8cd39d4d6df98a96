/**
 * The contract of what chooses one of a fixed list of hosts: round robin, random, least request. A balancer has one for each
 * list that it may choose from: all hosts of a level, the healthy ones, those of a locality.
 */
import type { Host } from '../host/host.js';

export interface HostPicker {
  /** @returns undefined when the list is empty */
  pick(): Host | undefined;
}

/**
 * @param hosts the list; it does not change
 * @param before the picker of the list that this one takes the place of
 */
export type CreateHostPicker = (hosts: readonly Host[], before: HostPicker | undefined) => HostPicker;
