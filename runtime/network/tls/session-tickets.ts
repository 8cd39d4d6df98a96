/**
 * `TlsSessionTicketKeys`: the first key makes tickets, the others only open those that were made before. Node takes one
 * key of 48 octets where Envoy has 80 of them, so what Node gets is derived; tickets of a real Envoy are not opened, they
 * only cost a full handshake.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import type { Fields } from '../../common/message-fields.js';
import { messagesOf } from '../../common/message-fields.js';
import { under } from '../config-path.js';
import { dataSourceName, readDataSource } from '../data-source.js';
import { ConfigError } from '../filter.js';

type Path = readonly (string | number)[];

/** Octets of a key in Envoy: a name of 16, a key for HMAC of 32, a key for AES of 32. */
const keyLength = 80;
const nameLength = 16;

/** 48 octets as Node takes them; the first 16 are the name that stands at the beginning of a ticket. */
export type TicketKey = Buffer;

export const ticketKeyName = (key: Buffer): string => key.toString('hex', 0, nameLength);

function derive(key: Buffer): TicketKey {
  const secret = createHash('sha256').update(key.subarray(nameLength)).digest();
  return Buffer.concat([key.subarray(0, nameLength), secret]);
}

/** Set in a worker: a ticket that one worker makes must be opened by the others. */
let commonSeed: Buffer | undefined;

/** From now on keys that nobody has configured are derived from a seed, which all workers of one proxy have. */
export function deriveTicketKeysFrom(seed: Buffer): void {
  commonSeed = seed;
}

/**
 * Keys for tickets that nobody outside of this proxy opens.
 * @param purpose tickets of another one are not opened
 */
export function ownTicketKeys(purpose: string): readonly TicketKey[] {
  if (commonSeed === undefined) return [randomBytes(48)];
  return [createHmac('sha384', commonSeed).update(purpose).digest()];
}

/** @param path of the message. @throws ConfigError in Envoy's words */
export function readTicketKeys(config: Fields, path: Path): readonly TicketKey[] {
  const keys = messagesOf(config.keys).map((source, at) => {
    const where = [...path, 'keys', at];
    const key = under(() => readDataSource(source), ...where);
    if (key.length === keyLength) return derive(key);
    throw new ConfigError(
      `Incorrect TLS session ticket key length. Length ${key.length}, expected length ${keyLength}. (${dataSourceName(source)})`,
      where,
    );
  });
  return keys.length === 0 ? ownTicketKeys(path.join('.')) : keys;
}
