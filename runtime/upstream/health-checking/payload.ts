/**
 * `HealthCheck.Payload`: octets that are sent, or that an answer has to contain.
 */
import type { Fields } from '../../common/message-fields.js';
import { messagesOf, textOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';

/** @throws ConfigError in Envoy's words */
export function readPayload(payload: Fields): Buffer {
  if (payload.binary !== undefined) return Buffer.from(textOf(payload.binary), 'base64');
  const text = textOf(payload.text);
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]+$/.test(text)) {
    throw new ConfigError(`invalid hex string '${text}'`, ['text']);
  }
  return Buffer.from(text, 'hex');
}

/** @throws ConfigError with the path from the list on */
export function readPayloads(payloads: unknown): Buffer[] {
  return messagesOf(payloads).map((payload, at) => {
    try {
      return readPayload(payload);
    } catch (error) {
      throw error instanceof ConfigError ? error.under(at) : error;
    }
  });
}

/** True when the parts stand in the octets one after the other, with anything before, between and behind them. */
export function containsInOrder(octets: Buffer, parts: readonly Buffer[]): boolean {
  let from = 0;
  for (const part of parts) {
    const at = octets.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}
