/** The contract of what gives each key its host: a ring, or a Maglev table. */
import { toOctets } from '../../common/octet-text.js';
import { textOf } from '../../common/message-fields.js';
import type { Host } from '../host/host.js';

export interface TableHost {
  readonly host: Host;
  /** What is hashed for it, in octets. */
  readonly key: string;
  /** Its part of all weights. */
  readonly weight: number;
}

export interface HashTable {
  /**
   * @param hash unsigned, of 64 bits
   * @param attempt 0 for the host of the key; further ones are for a retry that wants another host
   * @returns undefined when there is no host
   */
  choose(hash: bigint, attempt: number): Host | undefined;
}

/**
 * What is hashed for a host: `hash_key` of its metadata `envoy.lb`, otherwise its address with port.
 * @param useHostname the hostname instead of the address (`use_hostname_for_hashing`)
 */
export function hashKeyOf({ addressText, hostname, lbMetadata }: Host, useHostname: boolean): string {
  const given = textOf(lbMetadata?.hash_key);
  if (given !== '') return toOctets(given);
  return useHostname ? toOctets(hostname) : addressText;
}
